"""The map: small books worked by hand, a readable twin, conserved mass, nothing of the future."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kanalo.errors import ParameterError
from kanalo.signals import _map_kernels as kernels
from kanalo.signals.leverage import LeveragePrior
from kanalo.signals.liquidation_book import MapSettings
from kanalo.signals.liquidation_map import build_map, liquidation_map

WIDTH = 0.001
FAR = 1e30
"""A half-life so long that nothing ages."""


def one_distance(distance):
    row = np.array([[distance, 1.0]])
    return LeveragePrior(row, row, f"all at {distance}")


def plain(distance=0.05, **changes):
    given = {"share": 1.0, "half_life": FAR, "width": WIDTH} | changes
    return MapSettings(one_distance(distance), **given)


def flat_then(*steps, volume=None, **options):
    """Build a map of bars given as (low, high, close) after a flat one at 100."""
    rows = np.array([(100.0, 100.0, 100.0), *steps])
    sizes = np.array([8.0] + [0.0] * len(steps)) if volume is None else np.asarray(volume, float)
    low, high, close = rows.T
    options.setdefault("settings", plain())
    return build_map(high, low, close, sizes, **options)


def random_bars(n, seed, volatility=0.01):
    rng = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(rng.normal(0, volatility, n)))
    opening = np.concatenate([[100.0], close[:-1]])
    high = np.maximum(opening, close) * (1 + rng.exponential(volatility / 3, n))
    low = np.minimum(opening, close) / (1 + rng.exponential(volatility / 3, n))
    return high, low, close, rng.lognormal(3, 1, n)


def twin(bars, changes, prior, width):
    """The method in words: one dictionary of levels, every step spelt out. Returns the flow."""
    levels, flow = {}, []
    for (bottom, top, close), (born, fall, kept, before) in zip(bars, changes, strict=True):
        levels = {b: size * kept for b, size in levels.items()}
        hit = [b for b in levels if (b + 0.5) * width <= top]
        flow.append(sum(levels.pop(b) for b in hit))
        left = 1.0 - max(fall - flow[-1], 0.0) / (before - flow[-1])
        levels = {b: size * left for b, size in levels.items()}
        for distance, share in prior:
            start, stop = (bottom + distance) / width, (top + distance) / width
            for b in range(int(np.floor(start)), int(np.floor(stop)) + 1):
                part = min(stop, b + 1) - max(start, b)
                part = part / (stop - start) if np.floor(stop) > np.floor(start) else 1.0
                if (b + 0.5) * width > close:
                    levels[b] = levels.get(b, 0.0) + born * share * part
    return np.array(flow), levels


def to_changes(n, rng):
    born = rng.exponential(5.0, n) * (rng.random(n) < 0.8)
    fall = rng.exponential(4.0, n) * (rng.random(n) < 0.3)
    return np.column_stack([born, fall, rng.choice([1.0, 0.97], n), np.full(n, 500.0)])


def run_kernel(function, bars, changes, prior, width):
    first = int(np.floor(bars[:, 0].min() / width)) - 1
    last = int(np.ceil((bars[:, 1].max() + prior[-1, 0]) / width)) + 1
    book, flow, accounts = np.zeros(last - first), np.empty(len(bars)), np.zeros(4)
    zones, shots = np.empty((len(bars), 4)), np.empty((1, len(book)))
    zoning, wanted = np.array([0.005, 2.0, 0.2]), np.array([len(bars) - 1])
    function(bars, changes, prior, zoning, width, first, wanted, book, flow, zones, shots, accounts)
    return {"book": book, "flow": flow, "zones": zones, "shots": shots, "accounts": accounts}, first


def make_case(seed, n=60):
    high, low, close, _ = random_bars(n, seed)
    bars = np.ascontiguousarray(np.log(np.column_stack([low, high, close])))
    prior = np.array([[0.004, 0.3], [0.02, 0.5], [0.1, 0.2]])
    return bars, to_changes(n, np.random.default_rng(seed + 1)), prior


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_kernel_does_what_the_readable_twin_does(seed):
    bars, changes, prior = make_case(seed)
    found, first = run_kernel(kernels.build_levels, bars, changes, prior, WIDTH)
    flow, levels = twin(bars, changes, prior, WIDTH)
    assert found["flow"] == pytest.approx(flow, rel=1e-9, abs=1e-9)
    wanted = np.zeros_like(found["book"])
    for b, size in levels.items():
        wanted[b - first] = size
    assert found["book"] == pytest.approx(wanted, rel=1e-9, abs=1e-9)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_compiled_kernel_equals_its_plain_python(seed):
    case = make_case(seed, n=40)
    compiled, _ = run_kernel(kernels.build_levels, *case, WIDTH)
    python, _ = run_kernel(kernels.build_levels.py_func, *case, WIDTH)
    for name, values in compiled.items():
        assert values == pytest.approx(python[name], rel=1e-12, abs=1e-12, nan_ok=True), name


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), known=st.sampled_from(["never", "always", "from bar 150"]))
def test_every_contract_is_accounted_for(seed, known):
    high, low, close, volume = random_bars(300, seed)
    interest = 5_000 * np.exp(np.cumsum(np.random.default_rng(seed).normal(0, 0.02, 300)))
    interest[: {"never": 300, "always": 0, "from bar 150": 150}[known]] = np.nan
    book = build_map(high, low, close, volume, open_interest=interest)
    for side in book.accounts:
        spent = side.consumed + side.closed + side.decayed + side.alive
        assert abs(side.born - spent) <= 1e-12 * side.born


def test_every_new_contract_has_a_long_and_a_short():
    shorts, longs = build_map(*random_bars(200, 3)).accounts
    assert shorts.born == longs.born > 0


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), cut=st.integers(2, 119))
def test_prefix_of_the_bars_gives_a_prefix_of_the_results(seed, cut):
    bars = random_bars(120, seed)
    whole, part = build_map(*bars), build_map(*(each[:cut] for each in bars))
    assert np.array_equal(part.flow.shorts, whole.flow.shorts[:cut])
    assert np.array_equal(part.flow.longs, whole.flow.longs[:cut])
    assert np.array_equal(part.short_zones.near, whole.short_zones.near[:cut], equal_nan=True)
    assert part.asymmetry == pytest.approx(whole.asymmetry[:cut], rel=1e-12, nan_ok=True)


def test_level_is_hit_by_the_bar_after_its_birth():
    book = flat_then((100, 106, 106))
    assert book.flow.shorts.tolist() == [0.0, 8.0]
    assert book.flow.longs.tolist() == [0.0, 0.0]


def test_level_is_not_hit_by_the_bar_of_its_birth():
    book = flat_then((100, 110, 101), (101, 101, 101), volume=[0, 8, 0])
    assert book.flow.shorts[1] == 0.0


def test_level_beyond_the_bar_stays():
    book = flat_then((100, 104, 104), (104, 105.2, 105))
    assert book.flow.shorts.tolist() == [0.0, 0.0, 8.0]


def test_ground_that_was_swept_yields_nothing_again():
    book = flat_then((100, 106, 100), (100, 106, 100))
    assert book.flow.shorts.tolist() == [0.0, 8.0, 0.0]


def test_levels_in_a_gap_are_consumed():
    assert flat_then((120, 121, 120)).flow.shorts[1] == 8.0


def test_longs_mirror_shorts():
    high, low, close, volume = random_bars(150, 5)
    one = build_map(high, low, close, volume, settings=plain())
    other = build_map(1 / low, 1 / high, 1 / close, volume, settings=plain())
    assert other.flow.longs == pytest.approx(one.flow.shorts, rel=1e-9)
    assert one.flow.shorts.sum() > 0


def test_level_that_the_close_has_passed_ends_with_its_bar():
    book = flat_then((100, 110, 110), volume=[0, 8])
    shorts, longs = book.accounts
    # Opened evenly from 100 to 110: the shorts below 110/1.05 are gone by the close.
    assert shorts.closed == pytest.approx(8 * (np.log(1.1) - 0.05) / np.log(1.1), abs=0.1)
    assert longs.closed == 0.0


def test_positions_age_where_open_interest_is_unknown():
    book = flat_then((100, 100, 100), (100, 106, 106), settings=plain(half_life=1.0))
    assert book.flow.shorts[2] == pytest.approx(8 / 4)


def test_half_life_is_in_hours_not_bars():
    book = flat_then((100, 106, 106), settings=plain(half_life=2.0), bar_hours=4.0)
    assert book.flow.shorts[1] == pytest.approx(8 / 4)


def test_rise_of_open_interest_opens_contracts_and_nothing_ages():
    book = flat_then(
        (100, 100, 100), (100, 106, 106),
        volume=[0, 0, 0], open_interest=np.array([50.0, 53.0, 53.0]), settings=plain(half_life=1.0),
    )  # fmt: skip
    assert book.flow.shorts[2] == pytest.approx(3.0)


def test_fall_of_open_interest_closes_the_same_share_of_all_levels():
    book = flat_then(
        (100, 100, 100), (100, 100, 100), (100, 106, 106),
        volume=[0, 0, 0, 0], open_interest=np.array([50.0, 54.0, 27.0, 27.0]),
    )  # fmt: skip
    assert book.accounts[0].closed == pytest.approx(2.0)
    assert book.flow.shorts[3] == pytest.approx(2.0)


def test_what_was_liquidated_is_not_taken_twice_from_a_fall_of_open_interest():
    two = LeveragePrior(*[np.array([[0.02, 0.5], [0.3, 0.5]])] * 2, "two")
    book = flat_then(
        (100, 100, 100), (100, 103, 103),
        volume=[0, 0, 0], open_interest=np.array([6.0, 10.0, 6.0]),
        settings=replace(plain(), prior=two),
    )  # fmt: skip
    shorts = book.accounts[0]
    assert shorts.consumed == pytest.approx(2.0)
    # Of the fall of 4, 2 were liquidated; the other 2 of the 8 still open close a quarter.
    assert shorts.closed == pytest.approx(0.5)
    assert shorts.alive == pytest.approx(1.5)


def test_open_interest_that_vanishes_empties_the_book():
    book = flat_then(
        (100, 100, 100), (100, 100, 100),
        volume=[0, 0, 0], open_interest=np.array([50.0, 54.0, 0.0]),
    )  # fmt: skip
    assert book.accounts[0].alive == 0.0
    assert book.accounts[0].closed == pytest.approx(4.0)


def test_unknown_volume_opens_nothing():
    book = flat_then((100, 106, 106), volume=[np.nan, 1])
    assert book.flow.shorts.tolist() == [0.0, 0.0]


def test_density_stands_at_the_price_where_it_is_hit():
    book = flat_then((100, 100, 100), at=(0, 1))
    assert book.prices[book.shorts[0].argmax()] == pytest.approx(100 * np.exp(0.05), rel=WIDTH)
    assert book.prices[book.longs[1].argmax()] == pytest.approx(100 * np.exp(-0.05), rel=WIDTH)
    assert book.shorts[1].sum() == pytest.approx(8.0)


def test_clusters_tell_mass_centre_and_distance():
    short, long = sorted(flat_then(at=(0,)).clusters(0), key=lambda each: each.side, reverse=True)
    assert (short.side, long.side) == ("short", "long")
    assert short.mass == pytest.approx(8.0)
    assert short.low < short.centre < short.high
    assert short.centre == pytest.approx(100 * np.exp(0.05), rel=0.002)
    assert short.distance == pytest.approx(short.low / 100 - 1)
    assert long.distance == pytest.approx(1 - long.high / 100)
    assert short.width == pytest.approx(np.exp(0.0025) - 1)


def test_nearest_zone_of_every_bar_is_the_nearest_cluster():
    bars = random_bars(200, 8)
    book = build_map(*bars, at=range(100, 200))
    for bar in range(100, 200):
        nearest = {each.side: each for each in reversed(book.clusters(bar))}
        zones = book.short_zones
        assert np.expm1(zones.near[bar]) == pytest.approx(nearest["short"].distance, abs=1e-9)
        assert zones.mass[bar] == pytest.approx(nearest["short"].mass)
        assert -np.expm1(-book.long_zones.near[bar]) == pytest.approx(nearest["long"].distance)


def test_asymmetry_is_positive_where_longs_were_swept():
    book = flat_then((94, 100, 100))
    assert book.asymmetry[0] == pytest.approx(0.0)
    assert book.asymmetry[1] == pytest.approx(1.0)


def test_empty_map_has_no_zone_and_no_asymmetry():
    book = flat_then(volume=[0.0])
    assert np.isnan(book.short_zones.near[0])
    assert np.isnan(book.asymmetry[0])


def test_market_gives_its_open_interest_and_the_length_of_its_bars(walk):
    market = walk(50, seed=4, freq="4h")
    interest = np.linspace(100, 90, 50)
    context = market.bars[[]].assign(open_interest=interest)
    assert liquidation_map(replace(market, context=context)).accounts[0].born == pytest.approx(
        0.05 * market.volume[0]  # the first bar has no open interest before it
    )
    by_hand = build_map(market.high, market.low, market.close, market.volume, bar_hours=4.0)
    assert np.array_equal(liquidation_map(market).flow.shorts, by_hand.flow.shorts)


def test_bar_that_was_not_asked_for_is_refused():
    with pytest.raises(ParameterError, match="not asked for bar 1"):
        flat_then((100, 100, 100), at=(0,)).clusters(1)


def test_bar_that_does_not_exist_is_refused():
    with pytest.raises(ParameterError, match=r"must name bars in \[0, 0\]; received \[5\]"):
        flat_then(at=[5])


def test_settings_without_meaning_are_refused():
    with pytest.raises(
        ParameterError, match="'half_life' parameter of MapSettings must be above 0"
    ):
        MapSettings(half_life=0.0)
    with pytest.raises(ParameterError, match="must not exceed 'reach'"):
        MapSettings(cell=0.5)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    width=st.sampled_from([0.0005, 0.00025, 0.0007]),
    offset=st.floats(0.0, 1.0),
    n_bins=st.integers(1, 900),
)
def test_cells_of_equal_size_are_summed_as_bins_one_by_one_are(seed, width, offset, n_bins):
    book = np.random.default_rng(seed).exponential(1.0, n_bins)
    zoning, close = np.array([0.0025, 2.0]), (2_000 + offset) * width
    cells, expected, zone = np.full(80, -1.0), np.full(80, -1.0), np.empty(4)
    kernels.find_zone(book, close, zoning, width, 2_000, cells, zone)
    first = kernels.to_bin(close, width, 2_000)
    kernels.fill_cells(book[first:], close, 0.0025, width, first + 2_000, expected)
    assert cells.tolist() == expected.tolist()


@pytest.mark.parametrize(
    ("close", "width", "n_bins"),
    [(1.0001, 0.0005, 5), (1.0001, 0.0007, 0), (2000.5 * 0.0005, 0.0005, 0)],
)
def test_cells_are_of_equal_size_where_rounding_cannot_decide(close, width, n_bins):
    assert kernels.bins_of_cell(close, 0.0025, width) == n_bins
