"""What a market shows of itself in Python: a summary, a plot and a table in notebooks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kanalo.presentation import present

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


class PresentedMarket:
    """The methods of `kanalo.Market` that show it."""

    def summary(self) -> pd.Series[Any]:
        """Return what the market is: symbol, interval, span, venues and how far its columns reach.

        Returns
        -------
        Series
            Values by name; ``known: COLUMN [%]`` is the share of bars at which a column is known.
        """
        summary: pd.Series[Any] = present("summarise_market", self)
        return summary

    def plot(self) -> Figure:
        """Draw the price on a log scale over the volume.

        Returns
        -------
        matplotlib.figure.Figure
            Not shown yet: ``figure.savefig(path)`` keeps it, notebooks draw it.
        """
        figure: Figure = present("plot_market", self)
        return figure

    def _repr_html_(self) -> str:
        return str(present("to_html_table", self.summary().to_frame(""), repr(self)))
