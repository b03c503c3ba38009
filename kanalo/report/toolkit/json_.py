"""The model as JSON text: sorted keys, NaN as null, the same bytes for the same result."""

from __future__ import annotations

import json
from typing import Any

from kanalo.report.toolkit.model import Model
from kanalo.report.toolkit.plain import to_plain

_DEPTH = 3
"""Levels that are spread over lines; what lies deeper stands on one line each."""


def to_json(model: Model) -> str:
    """Write a model as JSON.

    Keys are sorted; floats are written as the shortest decimal that reads back to the same float;
    what is missing, undefined or infinite is ``null``. Everything but ``run`` is the same for two
    runs of one spec on the same data and code.

    Parameters
    ----------
    model : mapping
        From `to_model`, or anything that `to_plain` understands.

    Returns
    -------
    str
        UTF-8 text that ends with a newline.
    """
    return _write(to_plain(model), 0) + "\n"


def _write(value: Any, level: int) -> str:
    if level >= _DEPTH or not value or not isinstance(value, (dict, list)):
        return json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False)
    if isinstance(value, dict):
        lines = [f"{_write(key, _DEPTH)}: {_write(value[key], level + 1)}" for key in sorted(value)]
        opening, closing = "{}"
    else:
        lines = [_write(each, level + 1) for each in value]
        opening, closing = "[]"
    indent = " " * (level + 1)
    body = ",\n".join(indent + line for line in lines)
    return f"{opening}\n{body}\n{' ' * level}{closing}"
