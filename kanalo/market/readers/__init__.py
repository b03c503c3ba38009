"""Readers of files that are not in the catalog: any table of bars, one module per format."""
