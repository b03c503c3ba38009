"""What the report draws over the price: lines that a rule gives, or computes when drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from kanalo.errors import DecisionError, KanaloError
from kanalo.text import count
from kanalo.typing import FloatArray

Overlays = Mapping[str, FloatArray] | Callable[[], Mapping[str, FloatArray]]
"""Lines by their names, or what computes them."""


class LazyOverlays(Mapping[str, FloatArray]):
    """Lines that are computed when somebody looks at them; a sweep never does.

    Parameters
    ----------
    compute : callable
        Takes nothing and returns the lines by their names.
    n_bars : int
        Length that they must have.
    first : int
        Bars that are cut off at their beginning.
    """

    def __init__(
        self, compute: Callable[[], Mapping[str, FloatArray]], n_bars: int, first: int = 0
    ) -> None:
        self._compute, self._n_bars, self._first = compute, n_bars, first
        self._lines: dict[str, FloatArray] | None = None

    def __getitem__(self, name: str) -> FloatArray:
        return self._find()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._find())

    def __len__(self) -> int:
        return len(self._find())

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (dict(self),)

    def since(self, first: int) -> LazyOverlays:
        """Return the lines from a bar on."""
        return LazyOverlays(self._compute, self._n_bars, self._first + first)

    def _find(self) -> dict[str, FloatArray]:
        if self._lines is None:
            try:
                lines = self._compute()
            except KanaloError:
                raise
            except Exception as error:  # whatever a rule may raise; it stays the cause
                raise DecisionError(
                    f"The callable of 'overlays' raised {type(error).__name__}: {error}."
                ) from error
            if not isinstance(lines, Mapping):
                raise DecisionError(
                    "The callable of 'overlays' must return a mapping of names to lines; "
                    f"received {type(lines).__name__}."
                )
            for name, line in lines.items():
                check_line(name, line, self._n_bars)
            self._lines = {name: line[self._first :] for name, line in lines.items()}
        return self._lines


def to_overlays(overlays: Overlays | None, n_bars: int) -> Mapping[str, FloatArray]:
    """Return overlays as `Decisions` holds them.

    Parameters
    ----------
    overlays : mapping, callable or None
        Lines by their names, what computes them, or none.
    n_bars : int
        Length of a line.

    Returns
    -------
    mapping of str to float64 array
        Computed when looked at, where a callable was given.
    """
    if overlays is None:
        return {}
    return LazyOverlays(overlays, n_bars) if callable(overlays) else overlays


def cut_overlays(overlays: Mapping[str, FloatArray], first: int) -> Mapping[str, FloatArray]:
    """Return the lines from a bar on.

    Parameters
    ----------
    overlays : mapping of str to float64 array
        Lines by their names.
    first : int
        The bar, at least 0.

    Returns
    -------
    mapping of str to float64 array
        Computed when looked at, where they were so before.
    """
    if isinstance(overlays, LazyOverlays):
        return overlays.since(first)
    return {name: line[first:] for name, line in overlays.items()}


def check_line(name: str, line: FloatArray | None, n_bars: int) -> None:
    """Refuse a line that has not one value for each bar.

    Parameters
    ----------
    name : str
        What it is called.
    line : float64 array of shape (n_bars, ...) or None
        The line.
    n_bars : int
        Number of bars.

    Raises
    ------
    DecisionError
        Naming both lengths.
    """
    if line is not None and len(line) != n_bars:
        raise DecisionError(f"'{name}' has {count(len(line), 'value')} for {count(n_bars, 'bar')}.")
