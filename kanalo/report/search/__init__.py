"""The page of a guided search."""
