"""Measure whether what a signal claims is so, on data that it was not built with."""
