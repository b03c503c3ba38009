"""The report of a trial of claims: its page and its figures."""
