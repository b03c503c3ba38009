"""`MonteCarlo`: what a rule earned on many paths, and where the real result stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from kanalo.analyzers.statistics import STATISTICS, get_statistic
from kanalo.arguments import Named
from kanalo.judgement.placebo_rank import calc_rank
from kanalo.presentation import present
from kanalo.text import count
from kanalo.typing import FloatArray, ReturnArray

if TYPE_CHECKING:
    from matplotlib.figure import Figure

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Of the fans."""


@dataclass(frozen=True, eq=False)
class MonteCarlo(Named):
    """A rule on paths of one model beside the rule on the real market.

    Attributes
    ----------
    manifest : mapping
        What was asked: rule, parameters, market, model, number of paths, seed, costs, account.
    actual : mapping of str to float
        Every statistic on the real market.
    table : DataFrame of shape (n_paths, n_statistics)
        Every statistic on each path; NaN on paths on which the rule raised.
    daily_returns : float32 array of shape (n_paths, n_days)
        UTC-daily returns on each path; NaN after ruin.
    actual_returns : float32 array of shape (n_days,)
        Those on the real market.
    days : datetime64[D] array of shape (n_days,)
        The days of the returns.
    failures : mapping of int to str
        Why the rule could not decide on a path, by its number.

    Examples
    --------
    >>> import kanalo
    >>> market = kanalo.load_market("xmr_1d").between("2024-01-01", "2025-01-01")
    >>> drawn = kanalo.run_monte_carlo("sma_cross", market, paths=20, model="signs")
    >>> len(drawn), bool(0 <= drawn.places().loc["sharpe_ratio", "percentile"] <= 1)
    (20, True)
    """

    manifest: Mapping[str, Any]
    actual: Mapping[str, float]
    table: pd.DataFrame
    daily_returns: ReturnArray
    actual_returns: ReturnArray
    days: npt.NDArray[np.datetime64]
    failures: Mapping[int, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.table)

    def __repr__(self) -> str:
        """Name the rule, the model and the number of paths."""
        asked = self.manifest
        return f"MonteCarlo({asked['strategy']}: {count(len(self), 'path')} of {asked['model']})"

    def places(self) -> pd.DataFrame:
        """Return where the real result stands among the paths, a row for each statistic.

        Returns
        -------
        DataFrame
            ``actual``, ``n`` (paths on which it is defined), ``mean``, ``low``,
            ``median`` and ``high`` (5, 50 and 95 % quantile), ``percentile`` (share of the paths
            below the real result, ties counting half) and ``p_value``, ``(1 + #{path at least as
            good}) / (1 + n)``, NaN where neither direction is better.
        """
        rows = {each.key: self._place(each.key) for each in STATISTICS}
        return pd.DataFrame.from_dict(rows, orient="index")

    def _place(self, key: str) -> dict[str, Any]:
        draws = self.table[key].to_numpy(np.float64)
        known = draws[~np.isnan(draws)]
        rank = calc_rank(float(self.actual[key]), known)
        better = get_statistic(key).better
        ahead = calc_rank(better * float(self.actual[key]), better * known)
        return {
            "actual": rank.actual,
            "n": rank.n,
            "mean": float(known.mean()) if len(known) else np.nan,
            "low": rank.low,
            "median": rank.median,
            "high": rank.high,
            "percentile": rank.percentile,
            "p_value": ahead.p_value if better else np.nan,
        }

    def equity_fan(self, quantiles: Sequence[float] = QUANTILES) -> pd.DataFrame:
        """Return quantiles of the equity over its start, day by day, and the real one.

        Parameters
        ----------
        quantiles : sequence of float
            In [0, 1].

        Returns
        -------
        DataFrame of shape (n_days, n_quantiles + 1)
            Columns are the quantiles and ``actual``; 0 after ruin.
        """
        return self._to_fan(_to_equity(self.daily_returns), quantiles, _to_equity)

    def drawdown_fan(self, quantiles: Sequence[float] = QUANTILES) -> pd.DataFrame:
        """Return quantiles of the drawdown of daily closes, in [-1, 0]; see `equity_fan`.

        Parameters
        ----------
        quantiles : sequence of float
            In [0, 1].

        Returns
        -------
        DataFrame of shape (n_days, n_quantiles + 1)
            Columns are the quantiles and ``actual``.
        """
        return self._to_fan(_to_drawdown(self.daily_returns), quantiles, _to_drawdown)

    def _to_fan(self, values: FloatArray, quantiles: Sequence[float], measure: Any) -> pd.DataFrame:
        index = pd.DatetimeIndex(self.days).as_unit("ns").tz_localize("UTC")
        kept = np.array([row not in self.failures for row in range(len(self))], dtype=bool)
        fan = np.quantile(values[kept], quantiles, axis=0).T
        frame = pd.DataFrame(fan, index=index, columns=list(quantiles))
        return frame.assign(actual=measure(self.actual_returns[None, :])[0])

    def summary(self) -> pd.DataFrame:
        """Return the real result and the quantiles of the paths under the report's names.

        Returns
        -------
        DataFrame
            A row for each statistic of the report's first table; what is named ``[%]`` is in
            percent. ``place`` is the share of the paths below the real result, in [0, 1].
        """
        places = self.places()
        shown = {
            name: present("label_statistics", places[name].to_dict())
            for name in ("actual", "low", "median", "high")
        }
        frame = pd.DataFrame(shown)
        labels = [each.label for each in STATISTICS]
        frame["place"] = pd.Series(places["percentile"].to_numpy(), index=labels)
        return frame.loc[list(present("list_headline_labels"))]

    def plot(self) -> Figure:
        """Draw the fans of equity and drawdown with the real result on top."""
        figure: Figure = present("plot_monte_carlo", self)
        return figure

    def to_html(self, path: str | Path) -> Path:
        """Write the report as one page that needs no network."""
        return Path(present("write_monte_carlo_html", self, path))

    def _repr_html_(self) -> str:
        return str(present("to_html_table", self.summary(), repr(self)))


def _to_equity(returns: ReturnArray) -> FloatArray:
    """Return equity over its start; what was lost in ruin stays lost."""
    known = np.where(np.isnan(returns), -1.0, returns.astype(np.float64))
    return np.asarray(np.cumprod(1.0 + known, axis=1))


def _to_drawdown(returns: ReturnArray) -> FloatArray:
    equity = _to_equity(returns)
    peak = np.maximum(np.maximum.accumulate(equity, axis=1), 1.0)
    return np.asarray(equity / peak - 1.0)
