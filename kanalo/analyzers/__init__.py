"""What a run earned, at what drawdown, and with which trades."""
