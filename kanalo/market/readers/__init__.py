"""Readers of files that are not in the catalog: bars, and what venues publish beside them."""

from kanalo.market.readers.formats import FORMATS as FORMATS
from kanalo.market.readers.formats import read_files as read_files
from kanalo.market.readers.reading import Reading as Reading
from kanalo.market.readers.reading import ReadOptions as ReadOptions
from kanalo.market.readers.table import read_bars as read_bars
