"""What an experiment compares: strategies × markets × costs, written down in TOML.

::

    title = "Which of these rules earned something on Monero?"

    yardsticks = true            # optional: beside each strategy, random entries that match it

    [execution]                  # optional: cash, max_leverage, both_touched, entry_bar_exits
    cash = 100_000

    [[costs]]                    # optional: one set or more
    name = "standard"
    fee_bps = 5

    [[markets]]
    name = "xmr_1h"              # a market of the catalog …
    from = 2020-02-03            # optional; earlier bars warm the signals up
    [[markets]]
    data = "my_bars.csv"         # … or a file, relative to this one

    [[strategies]]
    name = "sma_cross"
    label = "golden cross"       # optional
    markets = ["xmr_1h"]         # optional: all by default
    parameters = { fast = 20 }
"""

from __future__ import annotations

import dataclasses
import datetime
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kanalo.errors import ParameterError, SpecError, suggestion
from kanalo.execution.costs import Costs
from kanalo.execution.rules import Execution

DEFAULT_COSTS = "standard"
"""Name of the cost set where a spec names none."""


@dataclass(frozen=True)
class MarketSpec:
    """One market of a comparison.

    Attributes
    ----------
    name : str
        A market of the catalog, or the label of a file.
    data : str
        Path of a file with bars; empty for a market of the catalog.
    start, end : str
        First and first excluded time to trade (``from`` and ``to`` in TOML); empty for all.
    timezone, symbol, venue, interval : str
        How to read a file; empty for what it says itself.
    """

    name: str
    data: str = ""
    start: str = ""
    end: str = ""
    timezone: str = ""
    symbol: str = ""
    venue: str = ""
    interval: str = ""


@dataclass(frozen=True)
class StrategySpec:
    """One strategy of a comparison with its parameter values.

    Attributes
    ----------
    name : str
        File in ``strategies/`` without its suffix.
    label : str
        What tables call it; the name by default.
    parameters : mapping
        Values that differ from the defaults.
    markets : tuple of str
        Markets to run on; empty for all.
    """

    name: str
    label: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    markets: tuple[str, ...] = ()


@dataclass(frozen=True)
class Spec:
    """A comparison as it was asked for.

    Attributes
    ----------
    name : str
        Names the folder of the results.
    strategies, markets : tuples
        What to run, and on what.
    costs : mapping of str to Costs
        Cost sets by name.
    execution : Execution
        The account.
    title, question : str
        What the report is headed with.
    yardsticks : bool
        Whether `random_entry` runs beside each strategy, matched to its number and length of
        trades and its share of longs.
    folder : Path
        Relative paths of files start here.
    """

    name: str
    strategies: tuple[StrategySpec, ...]
    markets: tuple[MarketSpec, ...]
    costs: Mapping[str, Costs]
    execution: Execution = field(default_factory=Execution)
    title: str = ""
    question: str = ""
    yardsticks: bool = False
    folder: Path = Path()

    def to_dict(self) -> dict[str, Any]:
        """Return the spec as plain values, defaults included."""
        return {
            "name": self.name,
            "title": self.title,
            "question": self.question,
            "yardsticks": self.yardsticks,
            "execution": self.execution.to_dict(),
            "costs": [{"name": name, **costs.to_dict()} for name, costs in self.costs.items()],
            "markets": [dataclasses.asdict(market) for market in self.markets],
            "strategies": [
                {**dataclasses.asdict(each), "markets": list(each.markets)}
                for each in self.strategies
            ],
        }

    def within(self, start: str | None, end: str | None) -> Spec:
        """Return the spec with another window on every market."""
        changes = {k: v for k, v in (("start", start), ("end", end)) if v}
        markets = tuple(dataclasses.replace(market, **changes) for market in self.markets)
        return dataclasses.replace(self, markets=markets)


def load_spec(path: str | Path) -> Spec:
    """Read a spec from a TOML file.

    Raises
    ------
    SpecError
        If the file is missing or no TOML, or a key or value is wrong; names file, key, value.
    """
    path = Path(path)
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SpecError(f"{path}: cannot be read ({error.strerror}).") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SpecError(f"{path}: not TOML: {error}.") from error
    return parse_spec(content, source=str(path), name=path.stem, folder=path.parent)


def parse_spec(
    content: Mapping[str, Any], *, source: str = "spec", name: str = "spec", folder: Path = Path()
) -> Spec:
    """Build a spec from plain values, as a TOML file holds them.

    Parameters
    ----------
    content : mapping
        The keys that the module's docstring shows.
    source : str
        File that messages name.
    name : str
        Name of the spec unless the content has one.
    folder : Path
        Where relative paths of data files start.
    """
    keys = ("name", "title", "question", "yardsticks", "execution", "costs", "markets")
    _check_keys(content, (*keys, "strategies"), source)
    yardsticks = content.get("yardsticks", False)
    if not isinstance(yardsticks, bool):
        raise SpecError(f"{source}: 'yardsticks' must be true or false; received {yardsticks!r}.")
    markets = tuple(
        _to_market(entry, where) for entry, where in _entries(content, "markets", source)
    )
    strategies = tuple(
        _to_strategy(entry, where, markets)
        for entry, where in _entries(content, "strategies", source)
    )
    _check_unique([each.name for each in markets], f"{source}: markets")
    _check_unique([each.label for each in strategies], f"{source}: strategies", "label")
    return Spec(
        name=_text(content, "name", source, name),
        strategies=strategies,
        markets=markets,
        costs=_to_costs(content, source),
        execution=_build(Execution, content.get("execution", {}), f"{source}: execution"),
        title=_text(content, "title", source, ""),
        question=_text(content, "question", source, ""),
        yardsticks=yardsticks,
        folder=folder,
    )


def _to_market(entry: Mapping[str, Any], where: str) -> MarketSpec:
    keys = ("name", "data", "from", "to", "timezone", "symbol", "venue", "interval")
    _check_keys(entry, keys, where)
    data = _text(entry, "data", where, "")
    name = _text(entry, "name", where, Path(data).stem)
    if not name:
        raise SpecError(f"{where}: a market needs 'name' (of the catalog) or 'data' (a file).")
    texts = {key: _text(entry, key, where, "") for key in keys[4:]}
    return MarketSpec(name, data, _time(entry, "from", where), _time(entry, "to", where), **texts)


def _to_strategy(
    entry: Mapping[str, Any], where: str, markets: Sequence[MarketSpec]
) -> StrategySpec:
    _check_keys(entry, ("name", "label", "parameters", "markets"), where)
    name = _text(entry, "name", where, "")
    if not name:
        raise SpecError(f"{where}: a strategy needs 'name', a file in strategies/.")
    parameters = entry.get("parameters", {})
    if not isinstance(parameters, Mapping):
        raise SpecError(f"{where}: 'parameters' must be a table; received {parameters!r}.")
    wanted = entry.get("markets", [])
    known = [market.name for market in markets]
    if not isinstance(wanted, list) or not set(wanted) <= set(known):
        raise SpecError(
            f"{where}: 'markets' must be a list out of {', '.join(known)}; received {wanted!r}."
        )
    label = _text(entry, "label", where, name)
    return StrategySpec(name, label, dict(parameters), tuple(wanted))


def _to_costs(content: Mapping[str, Any], source: str) -> dict[str, Costs]:
    if "costs" not in content:
        return {DEFAULT_COSTS: Costs()}
    costs = {}
    for entry, where in _entries(content, "costs", source):
        name = _text(entry, "name", where, DEFAULT_COSTS)
        if name in costs:
            raise SpecError(f"{where}: the name '{name}' is used twice.")
        values = {key: value for key, value in entry.items() if key != "name"}
        costs[name] = _build(Costs, values, where)
    return costs


def _entries(
    content: Mapping[str, Any], key: str, source: str
) -> Iterable[tuple[Mapping[str, Any], str]]:
    entries = content.get(key)
    if not isinstance(entries, list) or not entries:
        raise SpecError(f"{source}: '{key}' must be one table or more, written [[{key}]].")
    for number, entry in enumerate(entries, start=1):
        where = f"{source}: {key} {number}"
        if not isinstance(entry, Mapping):
            raise SpecError(f"{where}: must be a table; received {entry!r}.")
        yield entry, where


def _build(kind: type[Any], values: Any, where: str) -> Any:
    """Make a frozen dataclass of a table, naming wrong keys and types."""
    if not isinstance(values, Mapping):
        raise SpecError(f"{where}: must be a table; received {values!r}.")
    fields = {each.name: each for each in dataclasses.fields(kind)}
    _check_keys(values, tuple(fields), where)
    for name, value in values.items():
        allowed = _allowed_types(fields[name])
        if isinstance(value, bool) != (allowed == (bool,)) or not isinstance(value, allowed):
            names = " or ".join(each.__name__ for each in allowed)
            raise SpecError(f"{where}: '{name}' must be {names}; received {value!r}.")
    try:
        return kind(**values)
    except ParameterError as error:
        raise SpecError(f"{where}: {error}") from error


def _allowed_types(each: dataclasses.Field[Any]) -> tuple[type, ...]:
    if isinstance(each.default, bool):
        return (bool,)
    return (str,) if isinstance(each.default, str) else (int, float)


def _check_keys(values: Mapping[str, Any], known: Sequence[str], where: str) -> None:
    for key in values:
        if key not in known:
            raise SpecError(f"{where}: unknown key '{key}'.{suggestion(key, known)}")


def _check_unique(names: Sequence[str], where: str, key: str = "name") -> None:
    for name in names:
        if names.count(name) > 1:
            raise SpecError(f"{where}: the {key} '{name}' is used twice; give each its own.")


def _text(values: Mapping[str, Any], key: str, where: str, default: str) -> str:
    value = values.get(key, default)
    if not isinstance(value, str):
        raise SpecError(f"{where}: '{key}' must be text; received {value!r}.")
    return value


def _time(values: Mapping[str, Any], key: str, where: str) -> str:
    """Accept a TOML date, a TOML time or text; times without a zone are UTC."""
    value = values.get(key, "")
    if isinstance(value, (datetime.date, datetime.datetime)):
        return value.isoformat()
    if not isinstance(value, str):
        raise SpecError(f"{where}: '{key}' must be a date; received {value!r}.")
    return value
