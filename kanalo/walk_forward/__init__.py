"""Walk-forward: choose parameters in-sample, test them out-of-sample, and move on.

The history is cut into test windows that follow one another. Before each stands a training window
in which every set of a grid is tried; the best in one statistic is then run over the test window,
which no choice has seen: signals too are computed from bars before the window's end only. The test
windows' returns, one after the other, are what somebody who tuned the rule again and again would
have earned.

The last bars of a training window are left out (*purged*), as many as the longest trade of any set
in it lasted, so that no trade of the training could have reached into the test window.
"""

from kanalo.walk_forward.engine import run_walk_forward
from kanalo.walk_forward.result import EFFICIENCIES, Fold, WalkForward
from kanalo.walk_forward.windows import TEST, TRAIN, FoldBars, find_windows

__all__ = [
    "EFFICIENCIES",
    "TEST",
    "TRAIN",
    "Fold",
    "FoldBars",
    "WalkForward",
    "find_windows",
    "run_walk_forward",
]
