from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

Save = Callable[..., Path]


@pytest.fixture
def save(tmp_path: Path) -> Save:
    """Write text, a JSON document, or messages one a line; return the path."""

    def write(content: object, name: str = "file.jsonl") -> Path:
        path = tmp_path / name
        if isinstance(content, str):
            path.write_text(content)
        elif isinstance(content, tuple):
            path.write_text("".join(json.dumps(message) + "\n" for message in content))
        else:
            path.write_text(json.dumps(content))
        return path

    return write
