"""Work in chunks on more than this process: local processes, or a cluster of dask.distributed."""

from kanalo.cluster.mapping import map_chunks
from kanalo.cluster.pools import Pool, open_pool

__all__ = ["Pool", "map_chunks", "open_pool"]
