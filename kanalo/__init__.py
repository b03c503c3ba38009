"""Honest backtesting of Monero's technical-analysis claims."""
