"""A workspace whose tables are read as they were when a run was made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kanalo.workspace import Workspace

if TYPE_CHECKING:
    from kanalo.market import Market


@dataclass(frozen=True)
class PastWorkspace(Workspace):
    """A workspace that loads markets of the vintage that a run has recorded.

    Attributes
    ----------
    digests : mapping of str to str
        sha256 of every file that the run used.
    """

    digests: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, workspace: Workspace, digests: Mapping[str, str]) -> PastWorkspace:
        """Make one of a workspace.

        Parameters
        ----------
        workspace : Workspace
            As it is.
        digests : mapping of str to str
            sha256 by file.

        Returns
        -------
        PastWorkspace
            With the same folder.
        """
        return cls(workspace.root, workspace.starter, dict(digests))

    def load_market(self, name: str) -> Market:
        """Load a market of tables that are cut to what they were; those revised since are not."""
        from kanalo.market import load_market

        return load_market(self.data_dir, name, as_of=self.digests)

    def describe_growth(self) -> tuple[str, ...]:
        """Return a sentence that names the tables that have grown since, or nothing."""
        from kanalo.market.manifest import FILE_NAME, read_manifest
        from kanalo.market.vintage import go_back

        if not (self.data_dir / FILE_NAME).exists():  # a workspace whose bars are files
            return ()
        _, grown = go_back(read_manifest(self.data_dir), self.digests)
        if not grown:
            return ()
        tables = [f"{each.table} from {each.then:,} to {each.now:,} rows" for each in grown]
        return (
            f"The data have grown since: {', '.join(tables)}. It was repeated on the old rows.",
        )
