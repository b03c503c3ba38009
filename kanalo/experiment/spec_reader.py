"""Read a spec from TOML or from plain values: whole, or refused with the key and the value."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kanalo.arguments import check_type, show
from kanalo.errors import SpecError
from kanalo.execution.costs import Costs
from kanalo.execution.rules import Execution
from kanalo.experiment.spec import DEFAULT_COSTS, MarketSpec, Spec, StrategySpec
from kanalo.experiment.spec_values import (
    build,
    check_keys,
    check_table,
    check_unique,
    list_tables,
    read_flag,
    read_folder_name,
    read_name,
    read_text,
    read_time,
)

Tables = Mapping[str, Mapping[str, Any]]
"""Values of ``costs`` and ``execution`` by field."""


def load_spec(
    path: str | Path,
    *,
    markets: Sequence[MarketSpec] = (),
    above: Tables | None = None,
    below: Tables | None = None,
) -> Spec:
    """Read a spec from a TOML file.

    Parameters
    ----------
    path : str or Path
        The file, UTF-8 with or without a byte order mark.
    markets : sequence of MarketSpec
        Markets to use instead of the file's, which then need not name any.
    above, below : mapping of str to mapping, optional
        Values of ``costs`` and ``execution`` that count before those of the file, and where it has
        none.

    Returns
    -------
    Spec

    Raises
    ------
    SpecError
        If the file is missing or no TOML, or a key or value is wrong; names file, key, value.
    ParameterError
        If the path is no path.

    Examples
    --------
    >>> import kanalo
    >>> spec = kanalo.load_spec(kanalo.find_workspace().backtests_dir / "article.toml")
    >>> [market.name for market in spec.markets]
    ['xmr_1h', 'xmr_1d']
    """
    check_type("load_spec", "path", path, (str, Path), "the path of a TOML file")
    path = Path(path)
    return parse_spec(
        _read_toml(path),
        source=str(path),
        name=path.stem,
        folder=path.parent,
        markets=markets,
        above=above,
        below=below,
    )


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise SpecError(f"{path}: cannot be read ({error.strerror}).") from error
    except RecursionError as error:
        raise SpecError(f"{path}: not TOML: its tables are nested too deeply.") from error
    except ValueError as error:  # not TOML, not UTF-8, or a number of thousands of digits
        reason = " ".join(str(error).split())
        raise SpecError(f"{path}: not TOML: {reason[:200].rstrip('.')}.") from error


def parse_spec(
    content: Mapping[str, Any],
    *,
    source: str = "spec",
    name: str = "spec",
    folder: Path = Path(),
    markets: Sequence[MarketSpec] = (),
    above: Tables | None = None,
    below: Tables | None = None,
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
    markets : sequence of MarketSpec
        Markets to use instead of the content's; every strategy then runs on each of them.
    above, below : mapping of str to mapping, optional
        Values of ``costs`` and ``execution`` that count before those of the content, and where it
        has none.

    Returns
    -------
    Spec

    Raises
    ------
    SpecError
        If a key or a value is wrong; names source, key, value.
    """
    check_table(content, source)
    check_keys(content, _KEYS, source)
    own = tuple(markets) or tuple(
        _to_market(entry, where) for entry, where in list_tables(content, "markets", source)
    )
    strategies = tuple(
        _to_strategy(entry, where, None if markets else own)
        for entry, where in list_tables(content, "strategies", source)
    )
    check_unique((each.name for each in own), f"{source}: markets")
    execution = check_table(content.get("execution", {}), f"{source}: execution")
    check_unique((each.label for each in strategies), f"{source}: strategies", "label")
    return Spec(
        name=read_folder_name(content, "name", source, name),
        strategies=strategies,
        markets=own,
        costs=_to_costs(content, source, above or {}, below or {}),
        execution=build(
            Execution,
            _layer(execution, "execution", above or {}, below or {}),
            f"{source}: execution",
        ),
        title=read_text(content, "title", source, ""),
        question=read_text(content, "question", source, ""),
        yardsticks=read_flag(content, "yardsticks", source),
        folder=folder,
    )


_KEYS = (
    *("name", "title", "question", "yardsticks"),
    *("execution", "costs", "markets", "strategies"),
)
_FILE_KEYS = ("timezone", "symbol", "venue", "interval")


def _to_market(entry: Mapping[str, Any], where: str) -> MarketSpec:
    check_keys(entry, ("name", "data", "from", "to", *_FILE_KEYS), where)
    data = read_text(entry, "data", where, "")
    name = read_name(entry, "name", where, Path(data).stem if data.isprintable() else "")
    if not name:
        raise SpecError(f"{where}: a market needs 'name' (of the catalog) or 'data' (a file).")
    texts = {key: read_text(entry, key, where, "") for key in _FILE_KEYS}
    for key, value in texts.items():
        if value and not data:
            raise SpecError(
                f"{where}: '{key}' says how to read a file, and this is a market of the catalog; "
                f"leave it out or name a file with 'data'. Received {show(value)}."
            )
    start, end = read_time(entry, "from", where), read_time(entry, "to", where)
    return MarketSpec(name, data, start, end, **texts)


def _to_strategy(
    entry: Mapping[str, Any], where: str, markets: Sequence[MarketSpec] | None
) -> StrategySpec:
    """Read one strategy; its own list of markets counts for nothing where they are replaced."""
    check_keys(entry, ("name", "label", "parameters", "markets"), where)
    name = read_name(entry, "name", where, "")
    if not name:
        raise SpecError(f"{where}: a strategy needs 'name', a file in strategies/.")
    parameters = entry.get("parameters", {})
    if not isinstance(parameters, Mapping):
        raise SpecError(f"{where}: 'parameters' must be a table; received {show(parameters)}.")
    wanted = entry.get("markets", [])
    if not isinstance(wanted, list) or not all(isinstance(each, str) for each in wanted):
        raise SpecError(
            f"{where}: 'markets' must be a list of names of markets; received {show(wanted)}."
        )
    names = wanted if markets is None else [each.name for each in markets]
    if not set(wanted) <= set(names):
        listed = show(", ".join(names)).strip("'")
        raise SpecError(
            f"{where}: 'markets' must be a list out of {listed}; received {show(wanted)}."
        )
    label = read_name(entry, "label", where, name)
    return StrategySpec(name, label, dict(parameters), () if markets is None else tuple(wanted))


def _layer(
    values: Mapping[str, Any], table: str, above: Tables, below: Tables
) -> Mapping[str, Any]:
    """Put values over those below, and those above over both."""
    return {**below.get(table, {}), **values, **above.get(table, {})}


def _to_costs(
    content: Mapping[str, Any], source: str, above: Tables, below: Tables
) -> dict[str, Costs]:
    if "costs" not in content:
        values = _layer({}, "costs", above, below)
        return {DEFAULT_COSTS: build(Costs, values, f"{source}: costs")}
    costs: dict[str, Costs] = {}
    for entry, where in list_tables(content, "costs", source):
        name = read_name(entry, "name", where, DEFAULT_COSTS)
        if name in costs:
            raise SpecError(f"{where}: the name {show(name)} is used twice.")
        values = {key: value for key, value in entry.items() if key != "name"}
        costs[name] = build(Costs, _layer(values, "costs", above, below), where)
    return costs
