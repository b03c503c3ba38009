"""`kanalo liquidations score --data` over several hours: hourly bars found, scores drawn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kanalo.errors import DataError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from kanalo.liquidation_scores.longer import LongerScore
    from kanalo.market import Market


def open_bars(data_dir: Path, table: Path, files: Sequence[Path]) -> dict[str, Market]:
    """Return hourly bars by coin: the files named, and bundled perpetuals for the other coins.

    Parameters
    ----------
    data_dir : Path
        Folder with the manifest.
    table : Path
        Liquidations with a column ``coin``.
    files : sequence of Path
        Bars, each named ``<coin>_…``.

    Returns
    -------
    dict of str to Market
        By the coin in lower case.

    Raises
    ------
    DataError
        If two files are of one coin, or one is of a coin that the table does not have.
    """
    import pandas as pd

    from kanalo.market import list_markets, load_market, read_bars
    from kanalo.market.holdout import seal_market

    coins = [str(each).lower() for each in pd.read_csv(table)["coin"].unique()]
    bars: dict[str, Market] = {}
    for file in files:
        coin = file.stem.split("_")[0].split(".")[0].lower()
        if coin in bars:
            raise DataError(f"{file}: bars of '{coin}' were given already.")
        if coin not in coins:
            raise DataError(
                f"{file}: the name must begin with a coin of {table.name} "
                f"({', '.join(coins)}); received '{coin}'."
            )
        market = read_bars(file, symbol=coin.upper(), name=file.stem)
        bars[coin] = seal_market(market, data_dir.absolute().parent)
    known = {each.name for each in list_markets(data_dir)}
    for coin in coins:
        names = [each for each in (f"{coin}_perp_1h", f"{coin}_1h") if each in known]
        if coin not in bars and names:
            bars[coin] = load_market(data_dir, names[0], context=False)
    return bars


def draw_longer(scores: Sequence[LongerScore]) -> Iterator[RenderableType]:
    """Draw the scores of every coin, its largest bars, and what a fit would gain.

    Parameters
    ----------
    scores : sequence of LongerScore
        From `kanalo.liquidation_scores.longer.score_longer`.

    Yields
    ------
    renderable
        For rich's console.
    """
    from rich import box
    from rich.table import Table

    from kanalo.liquidation_scores.correlations import TARGETS
    from kanalo.liquidation_scores.longer import GAIN
    from kanalo.liquidation_scores.score import to_text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in ("Spearman [95 %]", *(each.capitalize() for each in TARGETS)):
        table.add_column(column, overflow="fold")
    for each in scores:
        for method, values in each.scores.items():
            name = f"{each.coin}, {method} ({each.n:,})"
            table.add_row(name, *(to_text(values[target]) for target in TARGETS))
    yield table
    yield ""
    largest = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in ("Largest bars", "Reported USD", "Imbalance", "Estimated", "Its rank"):
        largest.add_column(column, overflow="fold")
    for each in scores:
        for bar in each.largest:
            largest.add_row(
                f"{each.coin} {bar['time']}",
                f"{bar['usd']:,.0f}",
                f"{bar['reported_imbalance']:+.2f}",
                f"{bar['estimated_imbalance']:+.2f}",
                f"{bar['estimated_rank']:,} of {each.n:,}",
            )
    yield largest
    for each in scores:
        if each.fitted is not None:
            words = "more than" if each.fitted > GAIN else "not more than"
            yield (
                f"{each.coin}: coefficients fitted on the first half of all coins would gain "
                f"{each.fitted:+.3f} on the second half, {words} {GAIN:g}; the estimator stays as "
                "it is."
            )
