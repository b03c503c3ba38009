"""The comparison as it stands in ``report.json``, and the reader that gives the whole model back.

Three things make the file small without losing a digit: trades stand as columns, so that their
names are written once; the dates of an equity are left out where they are the days of its market;
and every list of more than `MOST_PLAIN` values is packed: ``{"packed": text}`` holds its JSON,
deflated (RFC 1951) and written in base64 after a ``~``. Shorter lists stay as they are.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from kanalo.arguments import check_type
from kanalo.errors import WorkspaceError
from kanalo.file_formats import COMPARISON
from kanalo.report.compare.schema import ComparisonModel
from kanalo.report.toolkit import json_
from kanalo.report.toolkit.packing import PACKED, SHORTEST, pack_text
from kanalo.report.toolkit.plain import to_plain

MOST_PLAIN = 365
"""Values of the longest list that is written as it is."""

_KEY = "packed"
_NESTED = frozenset((dict, list))
_FIRST_PACKED = 3
"""First version of the file that packs long lists."""


def to_json(model: ComparisonModel) -> str:
    """Write the model of a comparison as ``report.json`` holds it.

    Parameters
    ----------
    model : ComparisonModel
        From `kanalo.report.to_model`.

    Returns
    -------
    str
        UTF-8 text that ends with a newline; see `kanalo.report.toolkit.json_.to_json`.
    """
    days = {each["name"]: each["prices"]["dates"] for each in model["markets"]}
    results = [_store(cast("dict[str, Any]", each), days) for each in model["results"]]
    return json_.to_json(_pack(to_plain({**model, "results": results})))


def _store(entry: Mapping[str, Any], days: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    equity = entry["equity"]
    shared = equity["dates"] == days.get(entry["market"])
    names = list(dict.fromkeys(name for trade in entry["trades"] for name in trade))
    return {
        **entry,
        "equity": {"values": equity["values"]} if shared else equity,
        "trades": {name: [trade[name] for trade in entry["trades"]] for name in names},
    }


def _pack(value: Any) -> Any:
    """Pack every long list of numbers, texts and gaps; what holds others is gone through."""
    if isinstance(value, dict):
        if _is_packed(value):  # a parameter of that name, for instance
            return _to_packed(value)
        return {key: _pack(each) for key, each in value.items()}
    if not isinstance(value, list):
        return value
    if _NESTED.isdisjoint(map(type, value)):  # the model is plain: there are no other types of them
        return _to_packed(value) if len(value) > MOST_PLAIN else value
    return [_pack(each) for each in value]


def _to_packed(value: Any) -> dict[str, str]:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return {_KEY: pack_text(text.ljust(SHORTEST))}


def _is_packed(value: Mapping[str, Any]) -> bool:
    text = value.get(_KEY)
    return len(value) == 1 and isinstance(text, str) and text.startswith(PACKED)


def _unpack(value: Any) -> Any:
    if isinstance(value, list):
        return [_unpack(each) for each in value]
    if not isinstance(value, dict):
        return value
    if not _is_packed(value):
        return {key: _unpack(each) for key, each in value.items()}
    raw = base64.b64decode(value[_KEY][len(PACKED) :], validate=True)
    return json.loads(zlib.decompress(raw, -zlib.MAX_WBITS))


def read_report(path: str | Path) -> ComparisonModel:
    """Read the ``report.json`` of `kanalo compare` or `kanalo run`.

    Parameters
    ----------
    path : str or Path
        The file; those of version 1, which had a row for each trade, and of version 2, where
        nothing was packed, are read too.

    Returns
    -------
    dict
        The model of the report: every equity with its dates, every trade a mapping. See
        ``docs/read_the_report.md`` for its keys.

    Raises
    ------
    WorkspaceError
        If the file cannot be read, is no JSON, or is no such report.

    Examples
    --------
    >>> import tempfile
    >>> import kanalo
    >>> from kanalo.report import to_json, to_model
    >>> market = kanalo.load_market("xmr_1d").between("2025-01-01")
    >>> model = to_model(kanalo.compare(["sma_cross"], market))
    >>> path = Path(tempfile.mkdtemp()) / "report.json"
    >>> _ = path.write_text(to_json(model), encoding="utf-8")
    >>> kanalo.read_report(path) == model
    True
    """
    check_type("read_report", "path", path, (str, Path), "the path of a report.json")
    try:
        stored = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise WorkspaceError(f"read_report(): {path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise WorkspaceError(f"read_report(): {path} is no JSON: {error}.") from error
    version = COMPARISON.check(stored.get("schema") if isinstance(stored, dict) else None, path)
    try:
        stored = _unpack(stored) if version >= _FIRST_PACKED else stored
        days = {each["name"]: each["prices"]["dates"] for each in stored["markets"]}
        results = [_restore(each, days) for each in stored["results"]]
    except (KeyError, TypeError, AttributeError, ValueError, zlib.error) as error:
        raise WorkspaceError(
            f"read_report(): {path} is damaged: expected the keys of a comparison; {error!r}."
        ) from error
    return cast(ComparisonModel, {**stored, "results": results})


def _restore(entry: Mapping[str, Any], days: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    equity, trades = entry["equity"], entry["trades"]
    if isinstance(trades, Mapping):
        rows = zip(*trades.values(), strict=True)
        trades = [dict(zip(trades, row, strict=True)) for row in rows]
    if "dates" not in equity:
        equity = {"dates": list(days[entry["market"]]), **equity}
    return {**entry, "equity": equity, "trades": trades}
