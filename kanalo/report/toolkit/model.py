"""Types of the plain values that reports are drawn from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Model = Mapping[str, Any]
"""What `kanalo.report.to_model` returns: plain values only."""

Entry = Mapping[str, Any]
"""One element of the model's ``results``."""
