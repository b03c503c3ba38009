"""The terminal as all commands use it: what it would obey is shown instead."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from kanalo.text import to_visible


class VisibleConsole(Console):
    """A console that writes control characters of names and labels as escapes.

    Styles are put around texts afterwards, so colours stay.
    """

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Turn what is printed into pieces of text, each of them without control characters.

        Parameters
        ----------
        renderable : RenderableType
            What is printed.
        options : ConsoleOptions, optional
            Width and encoding; those of the console by default.

        Yields
        ------
        Segment
            Text with its style.
        """
        for segment in super().render(renderable, options):
            text = segment.text if segment.control else to_visible(segment.text)
            yield segment if text == segment.text else Segment(text, segment.style)


def new_console(**options: Any) -> Console:
    """Return a console on standard output.

    Parameters
    ----------
    **options
        Of rich's ``Console``, e.g. ``stderr=True``.
    """
    return VisibleConsole(**options)
