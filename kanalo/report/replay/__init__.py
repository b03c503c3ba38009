"""The report of a replayed hour: its page and its figure."""
