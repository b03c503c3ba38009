"""What came of a download so far: one file for each answer, until the table is written.

A page appears whole, so a download that was killed finds the pages of its predecessor and asks for
the others only.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from kanalo.errors import WorkspaceError
from kanalo.files import to_error, write_file
from kanalo.market.manifest import IMPORTED

FOLDER = ".pages"


class Pages:
    """The pages of one table.

    Parameters
    ----------
    data_dir : Path
        Folder with the manifest.
    table : str
        Name of the table.
    """

    def __init__(self, data_dir: Path, table: str) -> None:
        self.folder = data_dir / IMPORTED / FOLDER / table

    def has(self, name: str) -> bool:
        """Tell whether a page is there."""
        return self.path(name).is_file()

    def path(self, name: str) -> Path:
        """Return the place of a page."""
        return self.folder / name

    def keep(self, name: str, content: bytes) -> Path:
        """Write a page, whole or not at all.

        Parameters
        ----------
        name : str
            Name of its file.
        content : bytes
            The answer as it came.

        Returns
        -------
        Path
            Its file.

        Raises
        ------
        WorkspaceError
            If it cannot be written, for example on a full disk.
        """
        return write_file(self.path(name), content)

    def clear(self) -> None:
        """Remove all pages: the table holds them now."""
        shutil.rmtree(self.folder, ignore_errors=True)

    @contextlib.contextmanager
    def claim(self) -> Iterator[None]:
        """Be the only one who fetches this table.

        Raises
        ------
        WorkspaceError
            If another process fetches it.
        """
        from filelock import FileLock, Timeout

        guard = FileLock(self.folder.with_name(f".{self.folder.name}.lock"), timeout=0)
        try:
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            with guard:
                yield
        except Timeout as error:
            raise WorkspaceError(
                f"Another kanalo is fetching the table {self.folder.name}: wait until it is done."
            ) from error
        except PermissionError as error:
            raise to_error(error, self.folder) from error
