"""Fetch market data of venues and aggregators into the workspace; imported by these verbs alone."""
