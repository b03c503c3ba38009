"""Array types that the whole package shares; modules of kernels may import them too."""

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
ReturnArray = npt.NDArray[np.float32]
"""Daily returns that a sweep keeps; half the size of float64."""
