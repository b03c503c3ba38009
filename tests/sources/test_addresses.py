"""Addresses come from the settings; one mirror stands for all; keys come from the environment."""

import pytest

from kanalo.errors import SourceError
from kanalo.sources.addresses import find_key, read_sources


def test_addresses_are_those_of_the_venues_by_default(tmp_path):
    sources = read_sources(tmp_path, {})
    assert sources.address("binance_archive") == "https://data.binance.vision"
    assert (sources.timeout, sources.tries, sources.at_once) == (10.0, 5, 4)


def test_a_mirror_stands_for_all(tmp_path):
    sources = read_sources(tmp_path, {"KANALO_SOURCES_MIRROR": "http://127.0.0.1:8000/"})
    assert sources.address("tardis") == "http://127.0.0.1:8000/tardis"
    assert sources.address("okx_stream") == "ws://127.0.0.1:8000/okx_stream"


def test_a_source_without_an_address_says_so(tmp_path):
    with pytest.raises(SourceError, match="set sources.hyperliquid_archive in kanalo.toml"):
        read_sources(tmp_path, {}).address("hyperliquid_archive")


def test_a_key_comes_from_the_environment():
    assert find_key("coinalyze", {"COINALYZE_API_KEY": " secret "}) == "secret"
    with pytest.raises(SourceError, match="environment variable COINGLASS_API_KEY"):
        find_key("coinglass", {})


def test_the_venues_of_the_tests_serve_by_hand_too():
    import subprocess
    import sys
    import urllib.request
    from pathlib import Path

    command = [sys.executable, "-m", "tests.venues", "--port", "0", "--days", "3"]
    process = subprocess.Popen(
        command, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, text=True
    )
    try:
        address = process.stdout.readline().strip()
        with urllib.request.urlopen(address + "/binance_rest/fapi/v1/time") as answer:
            assert b"serverTime" in answer.read()
    finally:
        process.terminate()
        process.communicate()
