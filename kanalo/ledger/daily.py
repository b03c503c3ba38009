"""Daily returns that outcomes point to: ``daily_returns.npy`` with its ``days.npy`` beside it.

Sweeps keep one row for each set, single runs one row; both are read alike.
"""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import TYPE_CHECKING

from kanalo.files import write_file
from kanalo.ledger.records import Outcome

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

RETURNS, DAYS = "daily_returns.npy", "days.npy"


def save_daily(daily: pd.Series[float], folder: Path) -> Path:
    """Keep the daily returns of one run in a folder that is named after what they are.

    The same returns on the same days are kept once, however often a run is repeated.

    Parameters
    ----------
    daily : Series of shape (n_days,)
        Indexed by UTC days.
    folder : Path
        Made where it does not exist.

    Returns
    -------
    Path
        The file, whose row 0 they are.

    Raises
    ------
    WorkspaceError
        If the folder cannot be written.
    """
    import numpy as np
    import pandas as pd

    values = daily.to_numpy(np.float64)[None, :]
    index = pd.DatetimeIndex(daily.index)
    days = index.tz_localize(None).to_numpy().astype("datetime64[D]")
    name = hashlib.sha256(values.tobytes() + days.astype(np.int64).tobytes()).hexdigest()[:20]
    own = folder / name
    for file, array in ((DAYS, days), (RETURNS, values)):
        if not (own / file).exists():
            _save(own / file, array)
    return own / RETURNS


def load_daily(outcome: Outcome) -> pd.Series[float] | None:
    """Read the daily returns that an outcome points to.

    Returns
    -------
    Series of shape (n_days,) or None
        Indexed by UTC days; None where they were not kept, or are no longer there.
    """
    import numpy as np
    import pandas as pd

    path = Path(outcome.returns_path)
    if not str(outcome.returns_path) or not path.is_file():
        return None
    try:
        values = np.load(path, mmap_mode="r")[outcome.returns_row]
        days = np.load(path.with_name(DAYS))
    except (OSError, ValueError, IndexError):
        return None  # half-written by a process that was killed
    if len(days) != len(values):
        return None
    return pd.Series(np.array(values), index=pd.DatetimeIndex(days, tz="UTC"))


def _save(path: Path, array: npt.NDArray[np.generic]) -> None:
    import numpy as np

    buffer = io.BytesIO()
    np.save(buffer, array)
    write_file(path, buffer.getvalue())
