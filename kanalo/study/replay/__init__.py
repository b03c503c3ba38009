"""Replay an hour: what was known then, what the rules held, and what happened after it."""
