"""A worker keeps what it got under its digest, and refuses other versions."""

import dataclasses
import threading

import pytest

from kanalo.cluster import parcel
from kanalo.errors import ClusterError


def test_an_object_is_unpickled_once():
    packed = parcel.pack({"bars": [1, 2, 3]})
    assert parcel.unpack(packed) == {"bars": [1, 2, 3]}
    assert parcel.unpack(packed) is parcel.unpack(packed)
    assert parcel.pack({"bars": [1, 2, 3]}).digest == packed.digest


def test_only_the_latest_objects_are_kept():
    first = parcel.pack("first")
    parcel.unpack(first)
    for number in range(9):
        parcel.unpack(parcel.pack(number))
    assert first.digest not in parcel._shared


def test_other_versions_are_named():
    packed = parcel.pack("of another machine")
    other = dataclasses.replace(packed, versions={**packed.versions, "numpy": "1.0"})
    with pytest.raises(ClusterError, match=r"runs numpy .* instead of 1\.0; results equal"):
        parcel.unpack(other)


def test_a_package_that_is_missing_is_named():
    with pytest.raises(ClusterError, match="The worker far runs numba missing instead of 1"):
        parcel.check_versions({"numba": "1"}, {}, "far")


def test_what_cannot_be_pickled_is_refused():
    with pytest.raises(ClusterError, match="cannot be sent to workers"):
        parcel.pack(threading.Lock())
