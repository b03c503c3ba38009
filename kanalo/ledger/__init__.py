"""Every trial ever made, in a SQLite file of the workspace.

The best of many trials looks good by luck alone, so the verdict on a strategy depends on how many
there were. A *trial* is a distinct combination of strategy source, parameters, market (data, bars,
window), costs and execution: made twice it counts once. Each time it is tried an *outcome* is
appended; outcomes are never changed or removed, so ``position=`` shows the ledger as it stood when
an earlier report was written. Outcomes belong to a *run*: one call of a command, with its status.

::

    with Ledger(workspace.results_dir / "ledger.sqlite") as ledger:
        with ledger.run("sweep", details={"strategy": "donchian_breakout"}) as run:
            ledger.record_many(outcomes, run=run)      # one transaction: all of them or none
        ledger.count_trials(market="xmr_1h"), ledger.sharpes(market="xmr_1h")

What `Ledger.record_many` has returned from is on disk: it survives a killed process and, as every
commit is synced, a loss of power. Two processes may write at once; each waits for the other.
"""

from kanalo.ledger.daily import load_daily, save_daily
from kanalo.ledger.ledger import Ledger
from kanalo.ledger.recorder import (
    LEDGER,
    Recorder,
    find_record,
    load_figures,
    load_record,
    recording,
)
from kanalo.ledger.records import (
    OTHER_KINDS,
    STATUSES,
    TRIAL_KINDS,
    Entry,
    Filters,
    Outcome,
    RunEntry,
    Trial,
    to_outcome,
)
from kanalo.ledger.schema import SCHEMA_VERSION

__all__ = [
    "LEDGER",
    "OTHER_KINDS",
    "SCHEMA_VERSION",
    "STATUSES",
    "TRIAL_KINDS",
    "Entry",
    "Filters",
    "Ledger",
    "Outcome",
    "Recorder",
    "RunEntry",
    "Trial",
    "find_record",
    "load_daily",
    "load_figures",
    "load_record",
    "recording",
    "save_daily",
    "to_outcome",
]
