"""A market that shows other liquidations than its own: sides swapped, moved in time, or borrowed.

Bars, venue and everything else stay. A rule that reads liquidations decides on the altered ones,
however it reads them: through `SOURCES`, called directly or by ``market.cached``; through
``market.known``; or from the columns of ``market.context``. `FlowMarket.reads_flow` tells
afterwards whether it asked for any; one that only took a column out of the context shows it by what
it decided. Liquidations that a rule estimates from bars by code of its own cannot be altered.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from kanalo.judgement.altered_flow import SOURCES, Alteration, is_flow
from kanalo.market import Market
from kanalo.typing import FloatArray

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class FlowMarket(Market):
    """A market with altered liquidations; made by `alter_flow`.

    Attributes
    ----------
    base : Market or None
        The market as it is.
    alteration : Alteration or None
        What to change.
    apart : set
        Keys of cached signals that read no liquidations: they are taken from the base's cache.
        Markets of one base share it.
    """

    base: Market | None = None
    alteration: Alteration | None = None
    apart: set[Any] = field(default_factory=set)
    _asked: list[str] = field(default_factory=list)
    _looked: list[str] = field(default_factory=list)
    _touched: dict[Any, bool] = field(default_factory=dict)

    def __getattribute__(self, name: str) -> Any:
        """Note that the context was looked at, whose altered columns nobody can be seen to take."""
        if name == "context":
            object.__getattribute__(self, "_looked").append(name)
        return object.__getattribute__(self, name)

    @property
    def reads_flow(self) -> bool:
        """Whether anybody has asked for liquidations of this market."""
        return bool(self._asked)

    def answer(
        self, signal: Callable[..., T], args: tuple[Any, ...], parameters: dict[str, Any]
    ) -> T:
        """Say what a signal of `SOURCES` is here; see `kanalo.market.altered`.

        Parameters
        ----------
        signal : callable
            One of `SOURCES`.
        args, parameters : tuple, dict
            What it was called with.

        Returns
        -------
        LiquidationFlow or LiquidationMap
            Altered; kept for the next call.
        """
        base, alteration = cast(Market, self.base), cast(Alteration, self.alteration)
        self._asked.append(signal.__qualname__)
        key = (signal, args, tuple(sorted(parameters.items())))
        if key not in self._cache:
            self._cache[key] = alteration.to_signal(base, signal, args, parameters)
        return cast(T, self._cache[key])

    def cached(
        self,
        function: Callable[Concatenate[Market, P], T],
        *args: P.args,
        **parameters: P.kwargs,
    ) -> T:
        """Return a signal, computed from the altered liquidations where it reads them.

        Parameters
        ----------
        function : callable
            A signal: takes a market first.
        *args, **parameters : object
            Further arguments; hashable.

        Returns
        -------
        object
            What the signal is on this market.
        """
        if function in SOURCES:
            return self.answer(function, args, dict(parameters))
        key = (function, args, tuple(sorted(parameters.items())))
        if key in self.apart:
            return cast(Market, self.base).cached(function, *args, **parameters)
        if self._touched.get(key):
            self._asked.append(function.__qualname__)
        asked, looked = len(self._asked), len(self._looked)
        value = super().cached(function, *args, **parameters)
        if len(self._asked) > asked or len(self._looked) > looked:
            self._touched[key] = len(self._asked) > asked
        elif key not in self._touched:
            self.apart.add(key)
        return value

    def known(self, name: str) -> FloatArray:
        """Return a context column; altered where it tells of liquidations."""
        base = cast(Market, self.base)
        if is_flow(name) and name in base.context:
            self._asked.append(name)
            return cast(Alteration, self.alteration).to_column(base, name)
        return base.known(name)

    def rows(self, start: int, stop: int) -> Market:
        """Return bars start to stop (exclusive), altered likewise.

        Parameters
        ----------
        start, stop : int
            First bar, and the bar after the last.

        Returns
        -------
        FlowMarket
            Of ``stop - start`` bars.
        """
        part = cast(FlowMarket, super().rows(start, stop))
        # Signals of a part are others than those of the whole.
        base = cast(Market, self.base).rows(start, stop)
        return replace(part, base=base, apart=set(), _asked=self._asked, _touched={})


def alter_flow(market: Market, alteration: Alteration) -> FlowMarket:
    """Return a market whose liquidations are altered and whose bars are the same.

    Parameters
    ----------
    market : Market
        As it is.
    alteration : Alteration
        What to change.

    Returns
    -------
    FlowMarket
        With a context whose columns of liquidations are altered too.
    """
    fields = {name: getattr(market, name) for name in Market.__dataclass_fields__}
    del fields["_cache"]
    names = [name for name in map(str, market.context.columns) if is_flow(name)]
    columns = {name: alteration.to_column(market, name) for name in names}
    fields["context"] = market.context.assign(**columns)
    apart = market.cached(_start_apart)
    return FlowMarket(**fields, base=market, alteration=alteration, apart=apart)


def _start_apart(_: Market) -> set[Any]:
    return set()
