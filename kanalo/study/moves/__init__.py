"""Measured moves: how often a projected price is reached, how soon and how far."""
