"""A comparison's report kept as it was written: the digest of all that it depends on decides.

The record of a report lies among the findings of the workspace, beside cross-checks and parts of
judgements: one JSON file with the key of the report and the sha256 of every file that was written.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd

from kanalo.checks.kept import make_table_key
from kanalo.errors import WorkspaceError
from kanalo.file_formats import FINDING
from kanalo.files import write_file
from kanalo.market.digest import digest_market
from kanalo.report.compare.judgement import to_judged, to_judgement, to_random_band
from kanalo.report.compare.schema import ComparisonModel
from kanalo.report.compare.stored import read_report
from kanalo.report.toolkit.plain import to_plain
from kanalo.report.toolkit.templates import TEMPLATES

if TYPE_CHECKING:
    from kanalo.execution.result import Result
    from kanalo.experiment.comparison import Comparison
    from kanalo.judgement.judge import Judgement

MODEL = "report.json"
"""The file that a kept report's model is read from."""

_PACKAGES = ("matplotlib", "bokeh", "jinja2", "scipy")
_PASSING = ("created", "seconds", "ledger_run", "ledger_position")
"""What ``environment`` says of one run alone: a kept report goes on saying it of its own."""


@dataclass(frozen=True)
class KeptReport:
    """Where one report is kept, and under what key.

    Attributes
    ----------
    room : Path
        Folder of the records.
    folder : Path
        Folder of the report.
    key : str
        Of `make_report_key`.
    """

    room: Path
    folder: Path
    key: str

    def load(self, environment: Mapping[str, Any]) -> tuple[ComparisonModel, str] | None:
        """Return the model of the kept report and when it was made.

        Parameters
        ----------
        environment : mapping
            Of the run that asks: the model's ``run`` speaks of this one; the files go on speaking
            of the run that wrote them.

        Returns
        -------
        tuple of ComparisonModel and str, or None
            The time is in UTC (ISO 8601). None where there is no record of this key, or a file is
            missing or not as it was written: the report has to be written then.
        """
        try:
            record = json.loads(self._record.read_text("utf-8"))
            files, created = record["values"]["files"], str(record["values"]["created"])
            whole = all(_digest_file(self.folder / name) == each for name, each in files.items())
            if record["key"] != self.key or MODEL not in files or not whole:
                return None
            model = read_report(self.folder / MODEL)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, WorkspaceError):
            return None  # not there, or not one of ours
        return cast(ComparisonModel, {**model, "run": to_plain(environment)}), created

    @property
    def _record(self) -> Path:
        return self.room / f"report-{self.key[:24]}.json"

    def keep(self, files: Iterable[Path], environment: Mapping[str, Any]) -> None:
        """Remember the files of a report as they are now.

        Parameters
        ----------
        files : iterable of Path
            Within `folder`.
        environment : mapping
            Of the run that wrote them.
        """
        try:
            digests = {path.name: _digest_file(path) for path in files}
            values = {"created": environment["created"], "files": digests}
            content = {"schema": FINDING.schema, "key": self.key, "values": values}
            self.room.mkdir(parents=True, exist_ok=True)
            write_file(self._record, json.dumps(content, indent=1) + "\n")
        except (OSError, WorkspaceError):
            return  # a full disk costs no result: the report is written anew the next time


def make_report_key(
    comparison: Comparison, strategies: Path, folder: Path, options: tuple[object, ...] = ()
) -> str:
    """Return the sha256 of all that the report of a comparison depends on.

    That is the spec, every run with its figures, trades and curves, the values of every market, the
    judgement, the files of the strategies (which draw levels over prices), every source and
    template of kanalo, the versions of the packages, the machine, and where the report stands.
    When a run was made and its place in the ledger do not count.

    Parameters
    ----------
    comparison : Comparison
        What is reported.
    strategies : Path
        Folder of the rules.
    folder : Path
        Of the report.
    options : tuple
        Of the report itself, such as whether a PDF is written; told apart by ``repr``.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    environment = {key: each for key, each in comparison.environment.items() if key not in _PASSING}
    sources = (*sorted(strategies.rglob("*.py")), *sorted(TEMPLATES.iterdir()))
    settings = (
        *("report", FINDING.schema, str(folder.absolute()), options),
        *(comparison.name, comparison.title, comparison.question, comparison.spec),
        *(comparison.passports, comparison.provenance, environment),
        [(path.name, _digest_file(path)) for path in sources],
        _reduce(comparison.judgement),
        [
            (each.label, each.market, each.costs, each.matches, each.statistics)
            for each in comparison.runs
        ],
        [_digest_result(each.result) for each in comparison.runs],
    )
    return make_table_key((), _PACKAGES, tuple(map(_freeze, settings)))


def _reduce(judgement: Judgement | None) -> Any:
    """Reduce a judgement to what a report shows of it."""
    if judgement is None:
        return None
    each_of = [
        (label, to_judged(each), to_random_band(each))
        for group in judgement.groups
        for label, each in group.strategies.items()
    ]
    return to_judgement(judgement), each_of


def _freeze(value: Any) -> str:
    """Write a setting as text that is equal for equal values; long ones by their digest."""
    text = repr(to_plain(value))
    return hashlib.sha256(text.encode()).hexdigest()


def _digest_result(result: Result) -> str:
    """Digest what one run left behind."""
    market = result.market
    plain = (
        *(result.strategy, result.parameters, result.costs, result.execution, result.provenance),
        *(result.ambiguous_bars, result.resolved_bars, result.funding_coverage),
        *(market.name, market.symbol, market.digests, market.cached(digest_market)),
    )
    digest = hashlib.sha256(repr(to_plain(plain)).encode())
    for series in (result.equity, result.position, result.funding):
        digest.update(np.ascontiguousarray(series.to_numpy(np.float64)).tobytes())
    for table in (result.fills, result.trades):
        _add_table(digest, table)
    return digest.hexdigest()


def _add_table(digest: Any, table: pd.DataFrame) -> None:
    for name in table.columns:
        values = table[name].to_numpy()
        digest.update(f"{name} {values.dtype} {len(values)} ".encode())
        exact = values.dtype.kind in "biufmM"
        digest.update(values.tobytes() if exact else repr(values.tolist()).encode())


def _digest_file(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
