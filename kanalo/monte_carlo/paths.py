"""Resampled markets: whole bars drawn again, mirrored, or with another volatility.

Each bar is held as the ratios of its open, high, low and close to the close before it. A path puts
such bars one after another from the price at which the traded bars begin. The bars of the warm-up
stay as they were.

``blocks``
    Stationary bootstrap of whole bars (Politis and Romano, 1994): each bar follows the one before
    it in history, or with probability 1 / block length is drawn anew among the bars of the same
    time of day. Keeps what happens within blocks: volatility clusters and short trends.
``signs``
    One fair random sign for each hour; under a minus open, high, low and close are mirrored about
    the close before, ``p' = 2 · previous − p``. Keeps the size of every move, and with it the
    clusters of volatility; takes away all direction: the price is a martingale.
``garch``
    Filtered historical simulation (Barone-Adesi, Giannopoulos and Vosper, 1999): GARCH(1, 1) with
    Student's t on log returns; whole bars drawn among those of the same time of day, their ratios
    scaled by the volatility of the path over that of the bar.

A bar brings along what was known at it: venue, funding, positioning, liquidations and the
benchmark's bar. Amounts in quote currency (``…_usd``) are scaled with the price.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kanalo.errors import ParameterError, unknown_name
from kanalo.market import Market
from kanalo.monte_carlo._volatility_kernels import walk_volatility
from kanalo.typing import FloatArray, IntArray

if TYPE_CHECKING:
    from collections.abc import Callable

MODELS = ("blocks", "signs", "garch")
"""Names of the models."""

FEWEST_BARS = 30
"""Traded bars without which there is nothing to draw from."""

FEWEST_FOR_GARCH = 250

_PRICES = ["open", "high", "low", "close"]
_COEFFICIENTS = ("omega", "alpha[1]", "beta[1]")
_HOUR = 3_600_000_000_000
_DAY = 24 * _HOUR
_FAR = 1.9  # of a bar above it the mirror image would come close to zero, or fall below


@dataclass(frozen=True, eq=False)
class _Volatility:
    """A fitted GARCH(1, 1) of percent log returns."""

    omega: float
    alpha: float
    beta: float
    sigma: FloatArray
    shocks: FloatArray


class PathMaker:
    """Makes paths of one market under one model.

    Parameters
    ----------
    market : Market
        The real one; its warm-up stays as it is.
    model : str
        One of `MODELS`.
    block : int
        Mean number of bars of a block, at least 1; only ``blocks`` reads it.

    Raises
    ------
    UnknownNameError
        If there is no such model.
    ParameterError
        If the market has too few bars for it, or ``garch`` cannot be fitted.

    Examples
    --------
    >>> import kanalo
    >>> market = kanalo.load_market("xmr_1d").between("2024-01-01", "2025-01-01")
    >>> path = PathMaker(market, "signs").make(np.random.default_rng(0))
    >>> len(path) == len(market), path.first == market.first
    (True, True)
    """

    def __init__(self, market: Market, model: str, block: int = 168) -> None:
        if model not in MODELS:
            raise unknown_name("model of paths", str(model), MODELS)
        self.market, self.model, self.block = market, model, block
        self._traded = traded = market.traded
        least = FEWEST_FOR_GARCH if model == "garch" else FEWEST_BARS
        if len(traded) < least:
            raise ParameterError(
                f"The model '{model}' needs at least {least} traded bars; {market.name} has "
                f"{len(traded)}."
            )
        self._ratios = _to_ratios(traded.bars)
        own = traded.benchmark
        self._other = None if own is None else _to_ratios(own)
        self._same_time = _group_by_time(traded.index)
        self._volatility = _fit(self._ratios[:, 3]) if model == "garch" else None

    def make(self, rng: np.random.Generator) -> Market:
        """Make one path.

        Parameters
        ----------
        rng : numpy Generator
            Where its chance comes from; the same state, the same path.

        Returns
        -------
        Market
            Bars on the same index, without finer bars and without digests: no file holds them.
        """
        makers: dict[str, Callable[[np.random.Generator], tuple[IntArray, FloatArray, bool]]] = {
            "blocks": self._draw_blocks,
            "signs": self._draw_signs,
            "garch": self._draw_garch,
        }
        rows, changes, mirrored = makers[self.model](rng)
        ratios = _change(self._ratios[rows], changes, mirrored=mirrored)
        other = None
        if self._other is not None:
            scale = changes if mirrored else np.ones(len(rows))
            other = _change(self._other[rows], scale, mirrored=mirrored)
        return self._to_market(rows, ratios, other)

    def _draw_blocks(self, rng: np.random.Generator) -> tuple[IntArray, FloatArray, bool]:
        n = len(self._ratios)
        anew = rng.random(n) < 1.0 / self.block
        anew[0] = True
        starts = self._draw_rows(rng)
        at = np.arange(n)
        begun = np.maximum.accumulate(np.where(anew, at, 0))
        return (starts[begun] + at - begun) % n, np.ones(n), False

    def _draw_signs(self, rng: np.random.Generator) -> tuple[IntArray, FloatArray, bool]:
        hours = self._traded.index.as_unit("ns").asi8 // _HOUR
        _, hour = np.unique(hours, return_inverse=True)
        signs = rng.choice([-1.0, 1.0], size=int(hour.max()) + 1)
        return np.arange(len(hours)), signs[hour], True

    def _draw_garch(self, rng: np.random.Generator) -> tuple[IntArray, FloatArray, bool]:
        fitted = self._volatility
        assert fitted is not None, "fitted when the maker was made"
        rows = self._draw_rows(rng)
        sigma = np.empty(len(rows))
        start = float(fitted.sigma[0]) ** 2
        walk_volatility(fitted.shocks[rows], fitted.omega, fitted.alpha, fitted.beta, start, sigma)
        return rows, sigma / fitted.sigma[rows], False

    def _draw_rows(self, rng: np.random.Generator) -> IntArray:
        """Draw a bar of the same time of day for each bar."""
        rows = np.empty(len(self._ratios), dtype=np.int64)
        for each in self._same_time:
            rows[each] = rng.choice(each, size=len(each))
        return rows

    def _to_market(self, rows: IntArray, ratios: FloatArray, other: FloatArray | None) -> Market:
        market, first = self.market, self.market.first
        traded = self._traded
        prices = _chain(ratios, _find_start(market, "close", market.bars))
        volume = traded.bars["volume"].to_numpy()[rows]
        bars = _join(market.bars, first, {**_to_columns(prices), "volume": volume})
        scale = prices[:, 3] / traded.close[rows]
        context = {
            name: traded.context[name].to_numpy()[rows] * (scale if "_usd" in name else 1)
            for name in traded.context.columns
        }
        benchmark = market.benchmark
        if benchmark is not None and other is not None and traded.benchmark is not None:
            prices = _chain(other, _find_start(market, "close", benchmark))
            values = {name: traded.benchmark[name].to_numpy()[rows] for name in benchmark.columns}
            benchmark = _join(benchmark, first, {**values, **_to_columns(prices)})
        return replace(
            market,
            bars=bars,
            venue=np.concatenate([market.venue[:first], traded.venue[rows]]),
            context=_join(market.context, first, context),
            benchmark=benchmark,
            finer=None,
            digests={},
        )


def _to_ratios(bars: pd.DataFrame) -> FloatArray:
    """Return open, high, low and close over the close before, (n_bars, 4); NaN where unknown.

    The first bar, which has none before it, is held to its own open.
    """
    prices = bars[_PRICES].to_numpy(np.float64)
    known = pd.Series(prices[:, 3]).ffill().to_numpy()
    before = np.concatenate([prices[:1, 0], known[:-1]])
    before = np.where(np.isnan(before), prices[:, 0], before)
    ratios: FloatArray = prices / before[:, None]
    return ratios


def _change(ratios: FloatArray, changes: FloatArray, *, mirrored: bool) -> FloatArray:
    """Mirror bars where the change is negative, or scale their log ratios by it."""
    if not mirrored:
        return np.asarray(np.exp(np.log(ratios) * changes[:, None]))
    far = ratios[:, 1] > _FAR
    image = np.where(far[:, None], 1.0 / ratios, 2.0 - ratios)[:, [0, 2, 1, 3]]
    return np.where(changes[:, None] < 0, image, ratios)


def _chain(ratios: FloatArray, start: float) -> FloatArray:
    """Put bars one after another from a price on; unknown ones leave the price as it was."""
    steps = np.where(np.isnan(ratios[:, 3]), 1.0, ratios[:, 3])
    closes = start * np.cumprod(steps)
    before = np.concatenate([[start], closes[:-1]])
    prices = ratios * before[:, None]
    prices[:, 1] = np.maximum(prices[:, 1], np.maximum(prices[:, 0], prices[:, 3]))
    prices[:, 2] = np.minimum(prices[:, 2], np.minimum(prices[:, 0], prices[:, 3]))
    return np.asarray(prices)


def _find_start(market: Market, column: str, bars: pd.DataFrame) -> float:
    """Return the price before the first traded bar: the last close of the warm-up, or its open."""
    warm_up = bars[column].iloc[: market.first].dropna()
    if len(warm_up):
        return float(warm_up.iloc[-1])
    opens = bars["open"].iloc[market.first :].dropna()
    return float(opens.iloc[0]) if len(opens) else float("nan")


def _to_columns(prices: FloatArray) -> dict[str, FloatArray]:
    return {name: prices[:, i] for i, name in enumerate(_PRICES)}


def _join(frame: pd.DataFrame, first: int, columns: dict[str, FloatArray]) -> pd.DataFrame:
    """Put the columns of a path behind the warm-up rows of a frame."""
    values = {
        name: np.concatenate([frame[name].to_numpy()[:first], columns[name]])
        for name in frame.columns
    }
    return pd.DataFrame(values, index=frame.index)


def _group_by_time(index: pd.DatetimeIndex) -> list[IntArray]:
    """Return the rows of the bars that open at the same time of day, a group for each time."""
    time = index.as_unit("ns").asi8 % _DAY
    _, group = np.unique(time, return_inverse=True)
    order = np.argsort(group, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(group[order])) + 1)


def _fit(ratios: FloatArray) -> _Volatility:
    """Fit GARCH(1, 1) with Student's t and mean 0 to percent log returns, by ``arch``."""
    from arch import arch_model  # imports statsmodels: a second or two

    returns = 100.0 * np.log(ratios)
    if not np.std(returns) > 0:
        raise ParameterError("The model 'garch' needs prices that move; these do not.")
    fitted = arch_model(returns, mean="Zero", vol="GARCH", p=1, q=1, dist="t", rescale=False).fit(
        disp="off", show_warning=False
    )
    if fitted.convergence_flag != 0:
        raise ParameterError(
            "The model 'garch' could not be fitted: the likelihood has no clear maximum on these "
            "bars. Use 'blocks', or a longer span."
        )
    sigma = np.asarray(fitted.conditional_volatility, dtype=np.float64)
    omega, alpha, beta = (float(fitted.params[name]) for name in _COEFFICIENTS)
    return _Volatility(omega, alpha, beta, sigma, returns / sigma)
