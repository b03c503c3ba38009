"""The report of a replayed hour: what was known then, and apart from it what happened."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

from kanalo.file_formats import REPLAY
from kanalo.report.liquidations.palette import to_inline
from kanalo.report.replay.figure import NARROW, WIDE, draw_episode
from kanalo.report.replay.tables import (
    to_after_table,
    to_extremes_table,
    to_short_strategies,
    to_then_tables,
)
from kanalo.report.toolkit.formats import (
    format_percent,
    format_price,
    format_time,
)
from kanalo.report.toolkit.model import Model
from kanalo.report.toolkit.page import Figure, Page, Section
from kanalo.report.toolkit.plain import to_plain
from kanalo.report.toolkit.terminal import to_rich
from kanalo.report.toolkit.write import write_page

if TYPE_CHECKING:
    from kanalo.study.replay.replay import Replay

SCHEMA = REPLAY.schema
THEN, AFTER = "Known then", "What happened"


def to_replay_model(replay: Replay) -> Model:
    """Turn a replay into plain values.

    Returns
    -------
    dict
        ``schema market bar known_at close article known_then what_happened facts digests``; times
        are ISO 8601 in UTC, what is not known is None.
    """
    model: dict[str, Any] = to_plain(replay.to_dict())
    return {"schema": SCHEMA, **model}


def to_replay_title(model: Model) -> str:
    """Name the hour."""
    return f"{model['symbol']} at {format_time(model['bar'])} UTC, replayed"


def to_replay_facts(model: Model) -> str:
    """Say until when everything was known."""
    return (
        f"{model['market']}: everything under “{THEN}” is computed from bars up to the one "
        f"labelled {format_time(model['bar'])}, which closed at "
        f"{format_time(model['known_at'])} UTC, and nothing later."
    )


def to_replay_answer(model: Model) -> str:
    """Say in a sentence where the price stood and how far it went within a week."""
    price = model["known_then"]["price"]
    words = (
        f"Price {format_price(model['close'])}, "
        f"{format_percent(price['return_24h'], signed=True)} in 24 hours."
    )
    low, high = (model["what_happened"][f"{end}_within_a_week"] for end in ("low", "high"))
    if low is None:
        return f"{words} Nothing later is in the data."
    return (
        f"{words} Within a week it traded between {format_price(low['price'])} and "
        f"{format_price(high['price'])}."
    )


def to_replay_page(model: Model, replay: Replay) -> Page:
    """Build the document, for HTML and Markdown; what happened comes last and is marked.

    The figure comes first and shows both, apart from each other.

    Parameters
    ----------
    model : mapping
        A replay model.
    replay : Replay
        What it was made from, for the figure.

    Returns
    -------
    Page
        The document.
    """
    title = f"Price around {format_time(model['bar'])} UTC"
    figure = Figure(
        tuple(to_inline(draw_episode(model, replay.market, size), size, title) for size in
              (WIDE, NARROW)),
        "Left of the dashed line: what was known. Right of it, shaded: what happened. Bands are "
        "zones known at that hour, lines the channel and the levels that are followed. Below: what "
        "each rule held at the hour, since when, and what it would do next.",
    )  # fmt: skip
    then = (
        Section(f"{THEN}: {heading}", tables=(table,), words=True)
        for heading, table in to_then_tables(model)
    )
    first = Section("The hour at a glance", (), (figure,))
    after = Section(
        f"{AFTER} afterwards",
        ("Nobody knew any of this at the hour; it is computed apart from everything above.",),
        (),
        (to_after_table(model), to_extremes_table(model)),
        words=True,
    )
    return Page(
        title=to_replay_title(model),
        facts=to_replay_facts(model),
        answer=to_replay_answer(model),
        caveats=("Liquidations called estimated were reported by no exchange.",),
        sections=(first, *then, after),
    )


def print_replay(model: Model, console: Console) -> None:
    """Print what was known, then, under a rule of its own, what happened.

    Parameters
    ----------
    model : mapping
        A replay model.
    console : rich.console.Console
        Where to print; 80 columns are enough.
    """
    console.print(Text(to_replay_title(model), style="bold"))
    console.print(Text(to_replay_facts(model), style="dim"))
    for heading, table in to_then_tables(model):
        console.print()
        console.print(Text(f"{THEN}: {heading}", style="bold"))
        short = to_short_strategies(model["known_then"])
        console.print(to_rich(short if table.corner == short.corner else table))
    console.print()
    console.rule(f"{AFTER} afterwards", style="yellow")
    for table in (to_after_table(model), to_extremes_table(model)):
        console.print(to_rich(table))
        console.print()
    console.print(Text(to_replay_answer(model)))


def write_replay_report(model: Model, replay: Replay, folder: Path) -> list[Path]:
    """Write ``replay.html``, ``replay.md`` and ``replay.json`` to a folder, all or none.

    Parameters
    ----------
    model : mapping
        A replay model.
    replay : Replay
        What it was made from, for the figure.
    folder : Path
        Made, with its parents, where it does not exist.

    Returns
    -------
    list of Path
        The three files, in the order above.
    """
    page = to_replay_page(model, replay)
    return write_page(page, model, folder, "replay")
