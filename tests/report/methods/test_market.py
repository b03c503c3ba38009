"""A market says what it is and draws itself, in scripts and in notebooks."""

import numpy as np
import pytest

import kanalo


@pytest.fixture(scope="module")
def market():
    return kanalo.load_market("xmr_1d").between("2025-01-01", "2025-03-01")


def test_the_summary_names_span_venue_and_known_shares(market):
    summary = market.summary()
    assert summary["symbol"] == market.symbol
    assert summary["bars"] == 59
    assert summary["bars to warm up"] == market.first
    assert summary["first bar opens (UTC)"] == "2025-01-01 00:00"
    assert summary["last bar closes (UTC)"] == "2025-03-01 00:00"
    known = 100 * np.mean(~np.isnan(market.known("funding_rate")))
    assert summary["known: funding_rate [%]"] == pytest.approx(known)


def test_the_plot_has_price_over_volume(market):
    price, volume = market.plot().axes
    np.testing.assert_array_equal(price.lines[0].get_ydata(), market.close)
    assert price.get_yscale() == "log"
    assert volume.get_ylabel() == "Volume [coins]"


def test_a_notebook_shows_the_summary_escaped(market):
    named = kanalo.Market.from_bars(market.bars, name="<b>", symbol="XMR")
    page = named._repr_html_()
    assert "<b>" not in page
    assert "&lt;b&gt;" in page
    assert "last bar closes (UTC)" in page
