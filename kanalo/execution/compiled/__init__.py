"""The fill rules compiled with numba: the same fills, tens of thousands of times faster."""
