"""Join what came to what was there: nothing lost, nothing doubled, revisions listed."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from kanalo.market.liquidations import EVENTS_KIND, SUMS_KIND, Window, drop_repeats


@dataclass(frozen=True, eq=False)
class Merged:
    """A table after new rows have joined it.

    Attributes
    ----------
    frame : DataFrame
        All rows in order of time.
    added : int
        Rows that were not there before.
    revised : tuple of Timestamp
        Times of rows that the venue has changed; the new values are in the frame.
    """

    frame: pd.DataFrame
    added: int
    revised: tuple[pd.Timestamp, ...] = ()


def merge(kind: str, old: pd.DataFrame | None, new: pd.DataFrame) -> Merged:
    """Join rows to a table by what makes a row of its kind the same.

    Parameters
    ----------
    kind : str
        Kind of the table in the manifest.
    old : DataFrame or None
        Rows that are there, with a column ``time``.
    new : DataFrame
        Rows that came; may repeat old ones and themselves.

    Returns
    -------
    Merged
        Of two rows of one time the later one of ``new`` counts.
    """
    if kind == EVENTS_KIND:
        before = 0 if old is None else len(old)
        frames = [each for each in (old, new) if each is not None and len(each)]
        joined, _ = drop_repeats(pd.concat(frames, ignore_index=True)) if frames else (new, 0)
        return Merged(joined, len(joined) - before)
    keys = ["time", "exchange", "symbol"] if kind == SUMS_KIND else ["time"]
    new = new.drop_duplicates(keys, keep="last")
    if old is None or not len(old):
        return Merged(new.sort_values("time", ignore_index=True), len(new))
    return _replace_rows(old, new, keys)


def _replace_rows(old: pd.DataFrame, new: pd.DataFrame, keys: list[str]) -> Merged:
    """Put new rows in the place of old ones with the same keys."""
    columns = [*old.columns, *(name for name in new.columns if name not in old.columns)]
    before = old.reindex(columns=columns).set_index(keys)
    after = new.reindex(columns=columns).set_index(keys)
    both = after.index.intersection(before.index)
    changed = _differ(before.loc[both], after.loc[both])
    kept = before.loc[~before.index.isin(both)]
    joined = pd.concat([each for each in (kept, after) if len(each)]).reset_index()
    frame = joined.loc[:, columns].sort_values("time", kind="stable", ignore_index=True)
    times = both.get_level_values("time")[changed] if len(keys) > 1 else both[changed]
    return Merged(frame, len(after) - len(both), tuple(pd.DatetimeIndex(times).sort_values()))


def _differ(first: pd.DataFrame, second: pd.DataFrame) -> np.ndarray:
    same = np.ones(len(first), dtype=np.bool_)
    for name in first.columns:
        a, b = first[name], second[name]
        same &= ((a == b) | (a.isna() & b.isna())).to_numpy(np.bool_)
    return ~same


def merge_windows(windows: tuple[Window, ...]) -> tuple[Window, ...]:
    """Join spans of one feed that touch or overlap, in order of exchange and time."""
    joined: list[Window] = []
    for window in sorted(windows, key=lambda each: (each.exchange, each.start, each.end)):
        last = joined[-1] if joined else None
        same = last and replace(window, start=last.start, end=last.end) == last
        if last and same and window.start <= last.end:
            joined[-1] = replace(last, end=max(last.end, window.end))
        else:
            joined.append(window)
    return tuple(joined)


def count_missing(times: pd.DatetimeIndex, step: pd.Timedelta) -> int:
    """Count the steps that are absent between the first and the last time.

    Parameters
    ----------
    times : DatetimeIndex of shape (n,)
        Sorted, each once.
    step : Timedelta
        Distance of neighbours.

    Returns
    -------
    int
        0 where no step is absent.
    """
    if len(times) < 2:
        return 0
    slots = int((times[-1] - times[0]) / step) + 1
    return max(0, slots - len(times))
