"""Readers of files that are not in the catalog: any table of bars."""

from kanalo.market.readers.table import read_bars as read_bars
