"""Markets: validated bars and derivatives data, each value at the bar that knows it."""

from kanalo.market.alignment import align_benchmark as align_benchmark
from kanalo.market.alignment import align_positioning as align_positioning
from kanalo.market.bars import check_bars as check_bars
from kanalo.market.catalog import list_markets as list_markets
from kanalo.market.catalog import list_tables as list_tables
from kanalo.market.catalog import load_article as load_article
from kanalo.market.catalog import load_market as load_market
from kanalo.market.catalog import load_table as load_table
from kanalo.market.findings import Finding as Finding
from kanalo.market.funding import align_funding as align_funding
from kanalo.market.funding import funding_assumed as funding_assumed
from kanalo.market.funding import funding_coverage as funding_coverage
from kanalo.market.funding import funding_due as funding_due
from kanalo.market.market import Market as Market
from kanalo.market.passport import Passport as Passport
from kanalo.market.passport import make_passport as make_passport
from kanalo.market.readers import read_bars as read_bars
from kanalo.market.resample import Slower as Slower
from kanalo.market.resample import to_slower as to_slower

__all__ = [
    "Finding",
    "Market",
    "Passport",
    "Slower",
    "align_benchmark",
    "align_funding",
    "align_positioning",
    "check_bars",
    "funding_assumed",
    "funding_coverage",
    "funding_due",
    "list_markets",
    "list_tables",
    "load_article",
    "load_market",
    "load_table",
    "make_passport",
    "read_bars",
    "to_slower",
]
