"""Columns of text that hold plain numbers, converted at once; other text is left as it is."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa

from kanalo.typing import FloatArray, IntArray


def parse_floats(cells: pd.Series) -> FloatArray | None:
    """Convert text to float64 where every cell is a plain number; None where one is not.

    Numbers are rounded correctly, as ``float`` does it.

    Examples
    --------
    >>> parse_floats(pd.Series(["1.5", "2"], dtype=str)).tolist()
    [1.5, 2.0]
    >>> parse_floats(pd.Series(["1.5", "two"], dtype=str)) is None
    True
    """
    parsed = _cast(cells, pa.float64())
    return None if parsed is None else np.asarray(parsed, dtype=np.float64)


def parse_integers(cells: pd.Series) -> IntArray | None:
    """Convert text to int64 where every cell is a whole number; None where one is not."""
    parsed = _cast(cells, pa.int64())
    return None if parsed is None else np.asarray(parsed, dtype=np.int64)


def _cast(cells: pd.Series, kind: pa.DataType) -> np.ndarray | None:
    try:
        column = pa.array(cells, from_pandas=True)
        if column.null_count or not (
            pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
        ):
            return None
        values: np.ndarray = column.cast(kind).to_numpy(zero_copy_only=False)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return None
    return values
