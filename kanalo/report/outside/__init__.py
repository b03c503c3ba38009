"""The report of `kanalo judge`: verdicts on results that other engines made."""
