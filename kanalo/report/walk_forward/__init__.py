"""The report of a walk-forward test: its page and its figures."""
