"""A page printed to PDF by a headless Chromium, where one is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from kanalo.errors import WorkspaceError

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
"""Programs that can print, in the order in which they are looked for."""

SECONDS = 120
"""After that the browser is stopped."""

_FLAGS = (
    *("--headless=new", "--disable-gpu", "--no-first-run", "--disable-background-networking"),
    *("--disable-sync", "--disable-component-update", "--no-pdf-header-footer"),
)


def find_browser() -> str:
    """Return the path of a Chromium.

    Raises
    ------
    WorkspaceError
        If there is none on the path.
    """
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        raise WorkspaceError(
            f"A PDF needs Chromium: none of {', '.join(BROWSERS)} is on the path. Install one, or "
            "print report.html from any browser: the page has a style for paper."
        )
    return found


def write_pdf(page: Path, browser: str | None = None) -> Path:
    """Print a page to a PDF beside it: all closed parts open, in the page's style for paper.

    Parameters
    ----------
    page : Path
        An HTML file.
    browser : str, optional
        Path of a Chromium; `find_browser` by default.

    Returns
    -------
    Path
        The PDF: the page's name with another suffix.

    Raises
    ------
    WorkspaceError
        If there is no browser, or it writes nothing.
    """
    program = browser or find_browser()
    target = page.with_suffix(".pdf")
    with tempfile.TemporaryDirectory() as profile:
        made = Path(profile) / "page.pdf"
        command = [program, *_FLAGS, f"--user-data-dir={profile}", f"--print-to-pdf={made}"]
        if os.geteuid() == 0:
            command.append("--no-sandbox")  # Chromium refuses to run as root with one
        try:
            done = subprocess.run(
                [*command, page.absolute().as_uri()],
                capture_output=True,
                text=True,
                timeout=SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise WorkspaceError(f"{program} could not print {page}: {error}.") from error
        if not made.exists():
            why = (done.stderr.strip().splitlines() or ["it says nothing"])[-1]
            raise WorkspaceError(f"{program} wrote no PDF of {page}: {why}")
        shutil.copyfile(made, target)
    return target
