"""The page of all runs that the ledger knows."""
