"""The liquidation figures say where levels stood, what was reported, and never mix the two."""

import dataclasses
import re
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from kanalo.errors import DataError, ParameterError
from kanalo.market import Market
from kanalo.market.liquidation_bars import COVERAGE_PREFIX, usd_column
from kanalo.market.liquidations import Coverage
from kanalo.report.liquidations import flow_figure, flows, heat_figure, map_figure
from kanalo.report.liquidations.flow_figure import draw_flow
from kanalo.report.liquidations.flows import view_flow
from kanalo.report.liquidations.heat_figure import draw_heat
from kanalo.report.liquidations.map_figure import draw_map
from kanalo.report.liquidations.palette import to_image, to_inline
from kanalo.report.liquidations.tables import to_cluster_table, to_flow_table
from kanalo.report.liquidations.views import to_map_dict, view_heat, view_map
from kanalo.signals.liquidation_levels import level_settings, liquidation_levels, zone_share

N_BARS = 240
PNG = b"\x89PNG"


def make_market(venue="test-perp", n_bars=N_BARS):
    """Make hours that trade around 100 with a wobble, all the volume in one of them, bar 100."""
    t = np.arange(n_bars)
    close = 100 + 0.5 * np.sin(t)
    frame = pd.DataFrame(
        {"open": close, "high": close + 0.2, "low": close - 0.2, "close": close, "volume": 1.0},
        index=pd.date_range("2024-01-01", periods=n_bars, freq="1h", tz="UTC"),
    )
    frame.iloc[100, 4] = 10_000.0
    return Market.from_bars(frame, symbol="XMRUSDT", venue=venue, name="made")


@pytest.fixture(scope="module")
def market():
    return make_market()


@pytest.fixture(scope="module")
def reported():
    """Two exchanges: one knows bars 10 to 19, the other bars 10 to 14; both sides in bar 12."""
    market = make_market()
    columns = {}
    for name, stop, state in (("alpha", 20, Coverage.REPORTED), ("beta", 15, Coverage.CENSORED)):
        known = (np.arange(N_BARS) >= 10) & (np.arange(N_BARS) < stop)
        for side, usd in (("long", 1_000.0), ("short", 4_000.0)):
            sums = np.where(known, 0.0, np.nan)
            sums[12] = usd
            columns[usd_column(side, name)] = sums
        columns[COVERAGE_PREFIX + name] = np.where(known, float(state), 0.0)
    return dataclasses.replace(market, context=pd.DataFrame(columns, index=market.index))


def test_levels_stand_where_the_prior_puts_them(market):
    """Nearly all contracts were opened evenly over the range of one bar: its levels are known."""
    view = view_map(market, "2024-01-05T04:00")
    assert view.bar == pd.Timestamp("2024-01-05T04:00", tz="UTC")
    assert view.known_at == pd.Timestamp("2024-01-05T05:00", tz="UTC")
    assert view.close == market.close[100]
    assert view.shorts.sum() + view.longs.sum() == pytest.approx(1.0)
    distances, weights = level_settings("XMRUSDT").prior.shorts.T
    entries = np.log(np.linspace(market.low[100], market.high[100], 2_001) / view.close)
    levels = (entries[:, None] + distances).ravel()
    sizes = np.broadcast_to(weights, (len(entries), len(weights))).ravel()
    expected, _ = np.histogram(levels, view.distances, weights=sizes)
    np.testing.assert_allclose(
        view.shorts / view.shorts.sum(), expected / expected.sum(), atol=0.005
    )


def test_the_map_at_a_time_knows_no_later_bar(market):
    cut = view_map(market.rows(0, 101))
    whole = view_map(market, "2024-01-05T04:00")
    np.testing.assert_array_equal(cut.shorts, whole.shorts)
    assert cut.clusters == whole.clusters


def test_a_short_memory_gives_the_map_of_the_whole_history(market):
    book = liquidation_levels(market, 1.0, at=(150,))
    view = view_map(market, market.index[150], half_life=1.0)
    total = book.short_zones.within_reach[150] + book.long_zones.within_reach[150]
    assert view.shorts.sum() == pytest.approx(
        book.short_zones.within_reach[150] / total, rel=1e-4, abs=1e-6
    )


def test_times_without_a_map_are_refused(market):
    with pytest.raises(DataError, match="made: no bar opens at 2025-01-01T00:00 UTC; bars"):
        view_map(market, "2025-01-01")
    with pytest.raises(DataError, match="no bar opens at"):
        view_map(market, "2023-01-01")


def test_shares_of_clusters_are_those_of_their_bars(market):
    view = view_map(market, "2024-01-05T23:00")
    assert view.clusters
    edges = view.close * np.exp(view.distances[:-1])
    for cluster, share in zip(view.clusters, view.shares, strict=True):
        if cluster.side == "short":
            inside = (edges >= cluster.low * 0.9999) & (edges < cluster.high * 0.9999)
            assert view.shorts[inside].sum() == pytest.approx(share)


def test_on_a_spot_venue_there_are_no_levels():
    view = view_map(make_market("test-spot"))
    assert view.clusters == ()
    assert np.isnan(view.asymmetry)
    assert to_map_dict(view)["asymmetry"] is None
    assert to_map_dict(view)["levels"] == {"short": [], "long": []}
    assert b"<svg" in to_image(draw_map(view), map_figure.SIZE, "nothing", ".svg")


def test_a_heatmap_keeps_the_sizes_of_the_book(market):
    view = view_heat(market, "2024-01-05", "2024-01-06", columns=12)
    assert view.shorts.shape == (12, len(view.edges) - 1)
    assert view.times[-1] == pd.Timestamp("2024-01-06", tz="UTC")
    book = liquidation_levels(market, at=(119,))
    inside = (np.log(book.prices) > view.edges[0]) & (np.log(book.prices) < view.edges[-1])
    assert view.shorts[-1].sum() == pytest.approx(book.shorts[0][inside].sum(), rel=0.02)


def test_pixels_take_the_denser_side_and_are_clear_where_nothing_is():
    shorts, longs = np.array([[0.0, 4.0, 0.0]]), np.array([[0.0, 0.0, 1.0]])
    pixels = heat_figure.to_pixels(shorts, longs)
    assert pixels.shape == (3, 1, 4)
    assert list(pixels[:, 0, 3] > 0) == [False, True, True]
    assert pixels[1, 0, 0] > pixels[1, 0, 2]  # orange
    assert pixels[2, 0, 2] > pixels[2, 0, 0]  # blue


def test_unknown_bars_stay_unknown_in_sums_and_columns(reported):
    view = view_flow(reported)
    edges, columns = flows.to_columns(view, 24)
    assert len(edges) == 25
    assert np.isnan(columns.reported.longs[0]).all()  # bars 0 to 9
    assert list(columns.reported.shorts[1]) == [4_000.0, pytest.approx(np.nan, nan_ok=True)]
    alpha, beta, both, estimated = flows.to_sums(view)
    assert (alpha.bars, beta.bars, both.bars) == (10, 5, 5)
    assert (both.longs, both.shorts, both.imbalance) == (2_000.0, 8_000.0, 0.6)
    assert (alpha.censored, beta.censored) == (0, 5)
    assert estimated.origin == "estimated"


def test_sums_of_nothing_known_are_not_zero(reported):
    view = view_flow(reported, "2024-01-05")
    assert not view.any_reported
    alpha = flows.to_sums(view)[0]
    assert np.isnan(alpha.longs)
    assert np.isnan(alpha.imbalance)
    model = flows.to_flow_dict(view)
    assert model["sums"][0]["long_usd"] is None
    assert model["bars"][0]["reported"]["alpha"]["coverage"] == "unknown"
    assert model["bars"][0]["reported"]["alpha"]["short_usd"] is None


def test_the_estimate_of_a_span_is_that_of_the_whole_history(reported):
    whole, part = view_flow(reported), view_flow(reported, "2024-01-08", "2024-01-09")
    np.testing.assert_allclose(part.estimated.longs, whole.estimated.longs[168:192])


@pytest.mark.slow
def test_reported_and_estimated_are_named_in_every_figure(reported):
    drawn = {
        "flow": to_inline(draw_flow(view_flow(reported)), flow_figure.SIZE, "flow"),
        "heat": to_inline(draw_heat(view_heat(reported)), heat_figure.SIZE, "heat"),
    }
    for text in drawn.values():
        assert "reported" in text
        assert "estimated" in text
    assert "lower bounds" in drawn["flow"]
    assert "unknown (no feed)" in drawn["flow"]
    alone = to_inline(draw_flow(view_flow(make_market())), flow_figure.SIZE_ESTIMATED, "flow")
    assert "estimated; none reported" in alone
    assert "USD a bar" not in alone
    blank = to_inline(draw_heat(view_heat(make_market())), heat_figure.SIZE, "heat")
    assert "no reported liquidations known" in blank


@pytest.mark.slow
def test_figures_take_the_pages_colours_and_are_drawn_alike_twice(market):
    view = view_map(market, "2024-01-05T23:00")
    for size in (map_figure.SIZE, map_figure.NARROW):
        text = to_inline(draw_map(view), size, "map")
        assert ElementTree.fromstring(text).tag.endswith("svg")
        assert not re.findall(r"(?:fill|stroke): #", text)
        assert text == to_inline(draw_map(view), size, "map")


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".png", ".svg", ".PNG"])
def test_files_are_drawn_alike_twice_in_real_colours(market, suffix):
    view = view_heat(market)
    first, second = (to_image(draw_heat(view), (300, 200), "heat", suffix) for _ in range(2))
    assert first == second
    assert b"var(--" not in first
    assert first.startswith(PNG if suffix.lower() == ".png" else b"<svg ")


def test_other_kinds_of_files_are_refused(market):
    with pytest.raises(ParameterError, match=r"must end with \.png or \.svg; received '\.pdf'"):
        to_image(draw_map(view_map(market)), map_figure.SIZE, "map", ".pdf")


def test_tables_name_side_and_origin(reported):
    view = view_map(reported, "2024-01-06")
    table = to_cluster_table(view)
    assert [row.name for row in table.rows] == [f"{c.side} (estimated)" for c in view.clusters]
    names = [row.name for row in to_flow_table(flows.to_sums(view_flow(reported))).rows]
    assert names[:2] == ["alpha (reported)", "beta (reported)"]
    assert names[-1] == "whole market (estimated)"


def test_labels_that_would_touch_get_rows_of_their_own():
    assert map_figure.to_rows([0.0, 0.01, 0.02, 0.2], 0.05) == [0, 1, 2, 0]


def test_the_share_of_a_zone_is_of_both_sides(market):
    book = liquidation_levels(market)
    share = zone_share(book.short_zones, book.long_zones)
    known = share[~np.isnan(share)]
    assert known.size
    assert ((known > 0) & (known <= 1)).all()
    assert np.isnan(share[np.isnan(book.short_zones.mass)]).all()


def test_every_public_name_is_imported_when_it_is_used():
    import kanalo.report.liquidations as figures

    for name in figures.__all__:
        assert getattr(figures, name).__module__ == f"{figures.__name__}.{figures._HOMES[name]}"
    with pytest.raises(AttributeError, match="has no attribute 'draw_all'"):
        figures.draw_all  # noqa: B018
