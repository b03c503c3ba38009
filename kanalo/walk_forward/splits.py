"""Cut days into groups, and list every training with its tests and every path of tests.

See `kanalo.walk_forward.cpcv` for what they are for.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np

from kanalo.arguments import wrong_argument
from kanalo.errors import ParameterError
from kanalo.typing import IntArray

GROUPS, TEST_GROUPS = 8, 2
"""Groups of days, and how many of them are the test at a time, where nothing else is asked for."""

MOST_GROUPS = 16


@dataclass(frozen=True, eq=False)
class Split:
    """A training and its tests.

    Attributes
    ----------
    groups : tuple of int
        The groups that are the test.
    train : int64 array
        Days to choose on, after purge and embargo.
    tests : tuple of int64 array
        Days of each test group.
    """

    groups: tuple[int, ...]
    train: IntArray
    tests: tuple[IntArray, ...]


def find_splits(
    n_days: int, n_groups: int = GROUPS, n_test: int = TEST_GROUPS, purge: int = 0, embargo: int = 0
) -> list[Split]:
    """Cut days into groups and list every training with its tests.

    Parameters
    ----------
    n_days : int
        At least one for each group; what does not fill a group goes to the last one.
    n_groups, n_test : int
        Groups, and how many of them are the test at a time, fewer than all.
    purge : int
        Days left out on either side of a run of test groups.
    embargo : int
        Days left out after the purge that follows a test.

    Returns
    -------
    list of Split
        ``n_groups`` over ``n_test`` of them, in lexical order of the test groups.

    Raises
    ------
    ParameterError
        If a number is out of bounds.

    Examples
    --------
    >>> [split.train.tolist() for split in find_splits(6, 3, 1, purge=1)]
    [[3, 4, 5], [0, 5], [0, 1, 2]]
    """
    check_groups("find_splits", n_groups, n_test)
    if n_days < n_groups or purge < 0 or embargo < 0:
        raise ParameterError(
            f"find_splits(): 'n_days' must be at least {n_groups}, 'purge' and 'embargo' at least "
            f"0; received {n_days}, {purge} and {embargo}."
        )
    group = np.minimum(np.arange(n_days) // (n_days // n_groups), n_groups - 1)
    members = [np.flatnonzero(group == i) for i in range(n_groups)]
    return [
        Split(
            chosen,
            _find_training(np.isin(group, chosen), purge, embargo),
            tuple(members[i] for i in chosen),
        )
        for chosen in itertools.combinations(range(n_groups), n_test)
    ]


def _find_training(tested: np.ndarray[Any, Any], purge: int, embargo: int) -> IntArray:
    left_out = tested.copy()
    edges = np.diff(np.concatenate([[0], tested.astype(np.int8), [0]]))
    for first, stop in zip(np.flatnonzero(edges == 1), np.flatnonzero(edges == -1), strict=True):
        left_out[max(0, first - purge) : first] = True
        left_out[stop : stop + purge + embargo] = True
    return np.flatnonzero(~left_out).astype(np.int64)


def find_paths(n_groups: int, n_test: int) -> IntArray:
    """Tell which split gives each path its test of each group.

    Parameters
    ----------
    n_groups, n_test : int
        As in `find_splits`.

    Returns
    -------
    int64 array of shape (n_paths, n_groups)
        Numbers of splits. Path j takes the test of a group from the j-th split that tests it.

    Examples
    --------
    >>> find_paths(3, 2)
    array([[0, 0, 1],
           [1, 2, 2]])
    """
    splits = list(itertools.combinations(range(n_groups), n_test))
    tested = [[k for k, chosen in enumerate(splits) if i in chosen] for i in range(n_groups)]
    return np.array(tested, dtype=np.int64).T


def check_groups(function: str, groups: object, test: object) -> None:
    """Refuse numbers of groups that cannot be split.

    Parameters
    ----------
    function : str
        For the message.
    groups, test : object
        What was received.

    Raises
    ------
    ParameterError
        If they are no whole numbers in bounds.
    """
    for name, value in (("groups", groups), ("test", test)):
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
            raise wrong_argument(function, name, value, "an int")
    if not (3 <= int(str(groups)) <= MOST_GROUPS and 1 <= int(str(test)) < int(str(groups))):
        raise ParameterError(
            f"{function}(): there must be 3 to {MOST_GROUPS} groups, and at least one of them but "
            f"not all in a test; received {groups} groups and tests of {test}."
        )
