"""Results of other engines: read from their files, and judged by the same rules as kanalo's own."""

from kanalo.outside.read import read_results as read_results
from kanalo.outside.record import OutsideRecord as OutsideRecord

__all__ = ["OutsideRecord", "read_results"]
