"""One function over many chunks gives the same here and on a pool."""

import operator

import pytest

from kanalo.cluster import map_chunks, open_pool


def test_without_a_pool_chunks_run_here_in_order():
    assert list(map_chunks(operator.add, 10, [3, 1, 2])) == [13, 11, 12]


def test_chunks_are_taken_one_by_one():
    taken = []

    def chunks():
        for each in range(3):
            taken.append(each)
            yield each

    results = map_chunks(operator.add, 0, chunks())
    next(results)
    assert taken == [0]


def test_an_error_of_the_function_arrives():
    with pytest.raises(ZeroDivisionError):
        list(map_chunks(operator.truediv, 1, [0]))


@pytest.mark.slow
def test_processes_give_the_same_in_the_same_order_for_any_shared_object():
    with open_pool(2) as pool:
        for shared in (10, 20):
            assert list(map_chunks(operator.mul, shared, range(20), pool)) == [
                shared * each for each in range(20)
            ]
        with pytest.raises(ZeroDivisionError):
            list(map_chunks(operator.truediv, 1, [1, 0], pool))
