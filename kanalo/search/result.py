"""`SearchResult`: the sets that a search tried, and what they say of the parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from kanalo.arguments import Named
from kanalo.sweep import Plateau, SweepResult, find_plateau, find_sign
from kanalo.typing import FloatArray


@dataclass(frozen=True, eq=False)
class SearchResult(Named):
    """What a search tried.

    Attributes
    ----------
    swept : SweepResult
        A row for each set that was run, in the order in which they were proposed, without daily
        returns.
    by : tuple of str
        The statistics that were searched for; the first one ranks.
    importance : mapping of str to mapping
        For each of these, the share of each parameter in what tells good sets from the others
        (PED-ANOVA); empty where too few sets have a value.
    manifest : mapping
        What was asked.

    References
    ----------
    S. Watanabe, A. Bansal and F. Hutter, "PED-ANOVA: efficiently quantifying hyperparameter
    importance in arbitrary subspaces", IJCAI (2023).

    Examples
    --------
    >>> import kanalo
    >>> market = kanalo.load_market("xmr_1d").between("2025-01-01")
    >>> searched = kanalo.run_search("sma_cross", market, {"fast": range(5, 50)}, trials=5)
    >>> len(searched), searched.by
    (5, ('sharpe_ratio',))
    """

    swept: SweepResult
    by: tuple[str, ...]
    importance: Mapping[str, Mapping[str, float]]
    manifest: Mapping[str, Any]

    def __len__(self) -> int:
        return len(self.swept)

    def __repr__(self) -> str:
        """Name the strategy, the sets and the objectives."""
        return f"SearchResult({self.swept.strategy}: {len(self)} sets by {', '.join(self.by)})"

    @property
    def table(self) -> pd.DataFrame:
        """Parameters and statistics of every set."""
        return self.swept.table

    def best(self) -> dict[str, Any]:
        """Return all parameters of the set that is best in the first objective."""
        return self.swept.best(self.by[0])

    def plateau(self) -> Plateau:
        """Measure how much of its lead the best set's nearest neighbours keep."""
        return find_plateau(self.swept, self.by[0])

    def front(self) -> list[int]:
        """Return the rows that no other set beats in one objective without losing in another."""
        values = np.column_stack(
            [self.table[key].to_numpy(np.float64) * find_sign(key) for key in self.by]
        )
        return [row for row in range(len(values)) if _is_efficient(values, row)]


def _is_efficient(values: FloatArray, row: int) -> bool:
    own = values[row]
    if np.isnan(own).any():
        return False
    beaten = (values >= own).all(axis=1) & (values > own).any(axis=1)
    return not beaten.any()
