"""Tables of a replayed hour: what was known then, and what happened afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kanalo.report.toolkit.formats import (
    MISSING,
    format_count,
    format_percent,
    format_price,
    format_time,
    format_value,
)
from kanalo.report.toolkit.model import Model
from kanalo.report.toolkit.tables import Cell, Row, Table


def to_then_tables(model: Model) -> list[tuple[str, Table]]:
    """Build the tables of what was known, each with its heading."""
    known, article = model["known_then"], model["article"]
    return [
        ("Price and strength against Bitcoin", _to_price(known)),
        ("Rising weekly channels", _to_channels(known)),
        ("Support and resistance zones", _to_zones(known)),
        ("Liquidations", _to_flow(known, article)),
        ("Liquidation map, estimated", _to_map(known, article)),
        ("Positioning", _to_positioning(known, article)),
        ("What each strategy held, and would do next", _to_strategies(known)),
    ]


def _named(corner: str, pairs: Any, column: str = "Value") -> Table:
    return Table(corner, (column,), tuple(Row(name, (Cell(text),)) for name, text in pairs))


def _signed(value: float | None) -> str:
    return format_percent(value, signed=True)


def _to_price(known: Model) -> Table:
    price, strength = known["price"], known["strength"]
    high = price["high_24h"]
    return _named(
        "Price",
        (
            ("Close", format_price(price["close"])),
            ("Return over 24 h", _signed(price["return_24h"])),
            ("Return over 7 d", _signed(price["return_7d"])),
            ("High of 24 h", f"{format_price(high['price'])} at {format_time(high['time'])}"),
            ("Swings", price["trend"]),
            ("Volatility of 7 d, annual", format_percent(price["volatility"])),
            ("Day's volume, rank in 90 d", format_percent(price["volume_pct"])),
            ("Beta to Bitcoin", format_value(strength["beta"], "ratio")),
            ("Bitcoin over 24 h", _signed(strength["benchmark_return_24h"])),
            ("Beyond beta over 24 h", _signed(strength["residual_24h"])),
            ("Beyond beta over 7 d", _signed(strength["residual_7d"])),
        ),
    )


def _to_channels(known: Model) -> Table:
    columns = ("Holds", "Lower", "Upper", "At [%]", "Slope [%]", "# hits")
    rows = (
        Row(
            each["name"],
            (
                Cell("yes" if each["holds"] else f"no: {each['why_not']}"),
                Cell(format_price(each["lower"])),
                Cell(format_price(each["upper"])),
                Cell(format_value(each["position"], "fraction")),
                Cell(format_value(each["slope_per_week"], "fraction")),
                Cell(str(each["touches"])),
            ),
        )
        for each in known["channels"]
    )
    helps = (
        "Whether a rising channel holds, or why there is none",
        "Lower line at the close",
        "Upper line at the close",
        "Where the close lies: 0 at the lower line, 100 at the upper one, in log price",
        "Rise of the lines a week",
        "Touches of both lines",
    )
    return Table("Channel", columns, tuple(rows), helps)


def _to_zones(known: Model) -> Table:
    columns = ("Away [%]", "Strength", "Touches", "First", "Last")
    rows = (
        Row(
            f"{format_price(zone['low'])} – {format_price(zone['high'])}",
            (
                Cell(format_value(zone["distance"], "fraction"), zone["distance"]),
                Cell(format_value(zone["strength"], "ratio"), zone["strength"]),
                Cell(str(zone["touches"]), zone["touches"]),
                Cell(zone["first_touch"][:10]),
                Cell(zone["last_touch"][:10]),
            ),
        )
        for zone in reversed(known["zones"]["near"])
    )
    return Table("Zone", columns, tuple(rows))


def _to_flow(known: Model, article: Model) -> Table:
    rows = []
    for each in known["flow"]["estimated"]:
        ratio = format_value(each["short_to_long"], "ratio")
        rank = format_percent(each["size_rank"])
        name = f"{format_count(each['hours'], 'hour')} (estimated)"
        rows.append(_flow_row(name, ratio, each["imbalance"], f"no unit; rank {rank} in 90 days"))
    reported = known["flow"]["reported"]
    if reported["short_usd"] is None:
        rows.append(_flow_row("1 hour (reported)", MISSING, None, "no feed covers this hour"))
    else:
        rows.append(_usd_row("1 hour (reported)", reported["short_usd"], reported["long_usd"]))
    if "short_liquidations_usd" in article and "long_liquidations_usd" in article:
        shorts, longs = (article[f"{side}_liquidations_usd"] for side in ("short", "long"))
        rows.append(_usd_row("day (article, reported)", shorts, longs))
    return Table("Span", ("Short : long", "Imbalance", "Size"), tuple(rows))


def _flow_row(name: str, ratio: str, imbalance: float | None, size: str) -> Row:
    return Row(name, (Cell(ratio), Cell(format_value(imbalance, "ratio")), Cell(size)))


def _usd_row(name: str, shorts: float, longs: float) -> Row:
    total = shorts + longs
    ratio = format_value(shorts / longs if longs else None, "ratio")
    size = f"shorts {shorts:,.0f} USD, longs {longs:,.0f} USD"
    return _flow_row(name, ratio, (shorts - longs) / total if total else None, size)


def _to_map(known: Model, article: Model) -> Table:
    rows = [
        Row(
            f"{each['side']}s (estimated)",
            (
                Cell(f"{format_price(each['low'])} – {format_price(each['high'])}"),
                Cell(format_value(each["distance"], "fraction")),
                Cell(format_value(each["share"], "fraction")),
            ),
        )
        for each in known["map"]["clusters"]
    ]
    rows += [
        Row(f"{side}s (estimated)", (Cell("no dense cluster"), *_blank(2)))
        for side in ("short", "long")
        if not known["map"]["sides"][side]
    ]
    asymmetry = format_value(known["map"]["asymmetry"], "ratio")
    rows.append(Row("above less below", (Cell(asymmetry), *_blank(2))))
    cluster = article.get("levels_usd", {}).get("short_cluster")
    if cluster:
        edges = f"{format_price(min(cluster))} – {format_price(max(cluster))}"
        rows.append(Row("shorts (the article)", (Cell(edges), *_blank(2))))
    return Table("Cluster of", ("Prices", "Away [%]", "Share [%]"), tuple(rows))


def _blank(n: int) -> tuple[Cell, ...]:
    return (Cell(MISSING),) * n


def _to_positioning(known: Model, article: Model) -> Table:
    state = known["positioning"]
    rows = [
        *(
            (
                f"Long/short, {each['time'][11:16]} bar",
                _four(each["long_short_ratio"]),
            )
            for each in state["recent"][-3:]
        ),
        ("State", state["state"]),
        ("Open interest, coins", format_value(state["open_interest"], "count")),
        ("Its change over 24 h", _signed(state["open_interest_change_24h"])),
        ("Taker buys over sells", format_value(state["taker_ratio"], "ratio")),
        ("Funding rate, 8 h", _four_percent(state["funding_rate"])),
    ]
    if "long_short_ratio" in article:
        rows.insert(0, ("Long/short (article)", f"{article['long_short_ratio']:.3f}"))
    return _named("Reported by the exchange", rows)


def _four(value: float | None) -> str:
    return MISSING if value is None else f"{value:.4f}"


def _four_percent(value: float | None) -> str:
    return MISSING if value is None else f"{value * 100:.4f} %".replace("-", "−")


def to_short_strategies(known: Model) -> Table:
    """Leave out the prices, for which a terminal has no room."""
    full = _to_strategies(known)
    kept = (0, 1, 5, 6)
    rows = tuple(Row(row.name, tuple(row.cells[i] for i in kept)) for row in full.rows)
    return Table(full.corner, tuple(full.columns[i] for i in kept), rows)


def _to_strategies(known: Model) -> Table:
    columns = ("Held", "Since", "Entry", "Stop", "Target", "Open [%]", "Next")
    rows = (
        Row(
            each["name"],
            (
                Cell(each["held"]),
                Cell(format_time(each["since"])),
                *(Cell(format_price(each[key])) for key in ("entry_price", "stop", "target")),
                Cell(format_value(each["pnl"], "fraction")),
                Cell(each["next"]),
            ),
            each["tag"],
        )
        for each in known["strategies"]
    )
    return Table("Strategy", columns, tuple(rows))


def to_after_table(model: Model) -> Table:
    """Build the table of levels and the hours at which they were reached."""
    never = f"never to {format_time(model['what_happened']['data_end'])[:10]}"
    rows = (
        Row(
            f"{format_price(each['price'])} {each['name'].split(',')[0]}",
            (
                Cell(format_value(each["distance"], "fraction"), each["distance"]),
                Cell(format_time(each["reached"]) if each["reached"] else never),
                Cell(format_time(each["closed_beyond"]) if each["closed_beyond"] else never),
            ),
        )
        for each in reversed(model["what_happened"]["levels"])
    )
    return Table("Level", ("Away [%]", "Reached", "Closed beyond"), tuple(rows))


def to_extremes_table(model: Model) -> Table:
    """Build the table of the week that followed."""
    return _named("The week after", _extremes(model))


def _extremes(model: Model) -> Iterator[tuple[str, str]]:
    after = model["what_happened"]
    for end in ("high", "low"):
        found = after[f"{end}_within_a_week"]
        if found is not None:
            yield (
                end.capitalize(),
                f"{format_price(found['price'])} at {format_time(found['time'])}",
            )
    yield "Return to its end", _signed(after["return_7d_after"])
