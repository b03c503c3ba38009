"""What a comparison rests on is told in plain values."""

import json
from importlib import metadata

import kanalo
from kanalo.experiment.provenance import (
    PACKAGES,
    describe_environment,
    describe_provenance,
    describe_record,
    find_versions,
)


def test_versions_are_those_of_the_installed_packages():
    versions = find_versions()
    assert list(versions) == ["kanalo", *PACKAGES]
    assert versions["numpy"] == metadata.version("numpy")


def test_environment_says_when_and_where():
    environment = describe_environment(kanalo.find_workspace(), 1.2345)
    assert environment["seconds"] == 1.23
    assert environment["created"].endswith("+00:00")
    assert json.dumps(environment)


def test_nothing_is_said_of_a_run_that_was_not_recorded():
    assert describe_record(None, None) == {}


def test_provenance_names_data_sources_and_engine():
    market = kanalo.load_market("xmr_1d").between("2026-01-01")
    provenance = describe_provenance(kanalo.compare(["hold_perpetual"], market).runs)
    assert "xmr_1d.parquet" in provenance["data"]
    assert list(provenance["strategies"]) == ["hold_perpetual"]
    assert provenance["engine"].startswith("compiled")
