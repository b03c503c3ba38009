"""The formats of the files that kanalo writes: their names, versions, and who may read which.

A version rises when a key or column changes its meaning or is taken away; a new key does not
raise it. Older files are read or migrated as far back as ``oldest`` says; newer ones are refused by
name. `docs/file_formats.md` has the table for people.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kanalo.errors import DataError, KanaloError, SpecError, WorkspaceError


@dataclass(frozen=True)
class FileFormat:
    """One format.

    Attributes
    ----------
    name : str
        Such as ``"sweep"``.
    version : int
        Version that is written, at least 1.
    oldest : int
        Oldest version that is still read, in [1, version].
    error : type of KanaloError
        Raised for a file of another format or version.
    """

    name: str
    version: int = 1
    oldest: int = 1
    error: type[KanaloError] = WorkspaceError

    @property
    def schema(self) -> str:
        """The value of the key ``schema`` in a JSON file: ``"kanalo.NAME/VERSION"``."""
        return f"kanalo.{self.name}/{self.version}"

    def check(self, schema: object, source: str | Path) -> int:
        """Return the version of a file, or refuse the file.

        Parameters
        ----------
        schema : object
            What stands under the key ``schema`` of the file; None where it has none.
        source : str or Path
            The file, for the message.

        Returns
        -------
        int
            In [oldest, version].

        Raises
        ------
        KanaloError
            ``error`` of the format, if the file has another format, or a version that is newer
            than ``version`` or older than ``oldest``.

        Examples
        --------
        >>> SWEEP.check("kanalo.sweep/1", "sweep.json")
        1
        >>> SWEEP.check("kanalo.sweep/9", "sweep.json")
        Traceback (most recent call last):
            ...
        kanalo.errors.WorkspaceError: sweep.json has the format kanalo.sweep/9; this kanalo reads \
version 1 of kanalo.sweep. Use the kanalo that wrote the file.
        """
        version = self._parse(schema)
        if version is None:
            raise self.error(f"{source}: expected the format {self.schema}; received {schema!r}.")
        if not self.oldest <= version <= self.version:
            raise self.error(
                f"{source} has the format {schema}; this kanalo reads {self._describe_versions()} "
                f"of kanalo.{self.name}. Use the kanalo that wrote the file."
            )
        return version

    def _parse(self, schema: object) -> int | None:
        name, _, version = schema.partition("/") if isinstance(schema, str) else ("", "", "")
        is_number = version.isascii() and version.isdecimal() and len(version) < 10
        return int(version) if name == f"kanalo.{self.name}" and is_number else None

    def _describe_versions(self) -> str:
        if self.oldest == self.version:
            return f"version {self.version}"
        return f"versions {self.oldest} to {self.version}"


# -- files that kanalo reads again -----------------------------------------------------------------

LEDGER = FileFormat("ledger", version=2)
"""``ledger.sqlite``; the version is SQLite's ``user_version``. Schema 1 is migrated."""

RECORD = FileFormat("record")
"""The figures that `kanalo verify` compares with, one file for each run."""

SWEEP = FileFormat("sweep")
"""``sweep.json``, and with it the arrays and the table of a sweep's folder."""

CERTIFICATE = FileFormat("certificate", version=2, oldest=2)
"""A kept look-ahead certificate. The version is part of its key: another one is made anew."""

FINDING = FileFormat("finding", version=2, oldest=2)
"""A kept cross-check or part of a judgement. The version is part of its key, as above."""

DATA_MANIFEST = FileFormat("data-manifest", error=DataError)
"""``manifest.json`` of a data folder; the version is the number under ``version``."""

CLAIMS_PLAN = FileFormat("claims-plan", error=SpecError)
"""The TOML plan of `kanalo claims`; the version is the number under ``schema``."""

PANEL_PLAN = FileFormat("panel-plan", error=SpecError)
"""The TOML plan of `kanalo claims --panel`; the version is the number under ``schema``."""

# -- reports and command output, which kanalo writes and never reads -------------------------------

COMPARISON = FileFormat("comparison", version=3)
WALK_FORWARD = FileFormat("walk-forward")
SWEEP_REPORT = FileFormat("sweep-report")
MONTE_CARLO = FileFormat("monte-carlo")
SEARCH = FileFormat("search")
CLAIMS = FileFormat("claims")
PANEL_CLAIMS = FileFormat("panel-claims")
PANEL_STUDY = FileFormat("panel-study")
PANEL_COMPARISON = FileFormat("panel-comparison")
REPLAY = FileFormat("replay")
EVENT_STUDY = FileFormat("event-study")
MEASURED_MOVE = FileFormat("measured-move")
AUDIT = FileFormat("audit", version=2)
CLEAN = FileFormat("clean")
JUDGE = FileFormat("judge")
DIFF = FileFormat("diff")
CPCV = FileFormat("cpcv")
DATA_LIST = FileFormat("data-list")
DATA_CHECK = FileFormat("data-check")
DATA_IMPORT = FileFormat("data-import")
DATA_FORMATS = FileFormat("data-formats")
DATA_DOWNLOAD = FileFormat("data-download")
SETTINGS = FileFormat("settings")
NOW = FileFormat("now")
PASSPORT = FileFormat("passport")
LIQUIDATION_MAP = FileFormat("liquidation-map")
LIQUIDATION_FLOW = FileFormat("liquidation-flow")
LIQUIDATION_PRIOR = FileFormat("liquidation-prior")
LIQUIDATION_SCORE = FileFormat("liquidation-score")

FORMATS = {each.name: each for each in tuple(globals().values()) if isinstance(each, FileFormat)}
"""Every format by its name."""
