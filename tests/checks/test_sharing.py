"""Rules that share processes are found out, and cleared, as each of them is alone."""

import importlib
import pickle

import numpy as np
import pytest

from kanalo.checks import certify, certify_all, clean, together
from kanalo.checks.certificate import TRUNCATED
from kanalo.checks.differences import ComparedSpan
from kanalo.checks.histories import watch
from kanalo.checks.parcel import pack
from kanalo.checks.sender import to_bytes
from kanalo.checks.sharing import split
from kanalo.checks.whole import NumberOfCuts
from kanalo.errors import CheckError
from kanalo.market.synthetic import random_walk_market
from tests.checks.test_certify import CHEATS, HONEST, REMEMBERING

oddities = importlib.import_module("tests.checks.rules.oddities")
MARKET = random_walk_market(700, 1, "1h")


def tell(certificate):
    """Return all that a certificate says, without the time that it took."""
    return {name: value for name, value in certificate.to_dict().items() if name != "seconds"}


@pytest.fixture
def opened(monkeypatch):
    """Count the processes that are opened."""
    processes = []

    def open_process():
        processes.append(clean.open_process())
        return processes[-1]

    monkeypatch.setattr("kanalo.checks.sharing.open_process", open_process)
    monkeypatch.setattr("kanalo.checks.sender.open_process", open_process)
    return processes


@pytest.mark.slow
@pytest.mark.parametrize("name", [*REMEMBERING, "next_minutes", "early_positioning"])
def test_a_cheat_is_found_out_in_company(load_cheat, load_honest, recent, name):
    rules = [*(load_honest(each) for each in HONEST), load_cheat(name)]
    *honest, cheat = certify_all(rules, recent, cuts=16)
    assert [tell(each) for each in honest] == [
        tell(certify(each, recent, cuts=16)) for each in rules[:-1]
    ]
    assert all(each.clean for each in honest)
    assert not cheat.clean
    assert {each.field for each in cheat.offences} & CHEATS[name]


def test_clean_rules_share_processes_and_say_what_they_say_alone(opened):
    rules = [oddities.UnboundedAverage(), oddities.UnboundedAverage(), oddities.Momentum()]
    shared = certify_all(rules, MARKET, cuts=8)
    assert len(opened) == 2  # for the whole history, and for the cuts
    assert [tell(each) for each in shared] == [
        tell(certify(each, MARKET, cuts=8)) for each in rules
    ]


@pytest.mark.parametrize("odd", ["Forgetful", "Unseeded", "Quitter", "Vandal", "NoWarmUp"])
def test_what_is_odd_is_searched_alone_and_the_others_are_not_harmed(odd):
    rules = [oddities.UnboundedAverage(), getattr(oddities, odd)(), oddities.UnboundedAverage()]
    market = MARKET.rows(0, 600)
    found = certify_all(rules, market, cuts=8)
    alone = [certify(each, market, cuts=8) for each in rules]
    assert [each.clean for each in found] == [each.clean for each in alone]
    assert [tell(each) for each in found][::2] == [tell(each) for each in alone][::2]
    assert found[1].note == alone[1].note
    assert found[1].error[:40] == alone[1].error[:40]  # a coin names another bar each time


def test_progress_reaches_its_end_where_trials_are_made_again():
    told = []
    certify_all(
        [oddities.UnboundedAverage(), oddities.NoWarmUp()],
        MARKET,
        cuts=8,
        progress=lambda label, done, total: told.append((label, done, total)),
    )
    assert told[-1] == ("histories", told[-1][2], told[-1][2])


def test_a_shorter_history_never_follows_a_longer_one():
    together.begin(to_bytes(MARKET), 0)
    together.add(pack(oddities.UnboundedAverage()))
    whole = together.decide_whole(0, NumberOfCuts(8, 8))
    together.hold_whole(0, whole.columns, whole.warm_up)
    assert together.is_clean_cut(0, ComparedSpan(0, 0, 500), TRUNCATED)[0]
    with pytest.raises(CheckError, match="shorter history"):
        together.is_clean_cut(0, ComparedSpan(0, 0, 400), TRUNCATED)


def test_a_changed_history_is_noticed():
    together.begin(to_bytes(MARKET), 0)
    together.add(pack(oddities.Vandal()))
    together.check_untouched()
    together.decide_whole(0, NumberOfCuts(8, 8))
    with pytest.raises(CheckError, match="changed the history"):
        together.check_untouched()


def test_only_rules_that_are_sent_by_their_source_share():
    together.begin(to_bytes(MARKET), 0)
    with pytest.raises(CheckError, match="sent by their source"):
        together.add(pack(oddities.UnboundedAverage(), by_value=True))
    with pytest.raises(CheckError, match="Only rules"):
        together.add(pack(random_walk_market))


def test_what_a_known_signal_asks_for_is_noted_for_every_rule_that_takes_it():
    def interest(market):
        return market.known("open_interest")

    market = watch(pickle.loads(to_bytes(MARKET)))
    for _ in range(2):
        market.asked.clear()
        assert np.isnan(market.cached(interest)).all()
        assert market.asked.count("known") == 1


@pytest.mark.parametrize(
    ("costs", "n_parts", "parts"),
    [
        ([1, 1, 1, 1], 2, [[0, 1], [2, 3]]),
        ([1, 1, 1, 9], 2, [[0, 1, 2], [3]]),
        ([9, 1, 1, 1], 2, [[0], [1, 2, 3]]),
        ([1, 1], 4, [[0], [1]]),
        ([1, 1, 1], 1, [[0, 1, 2]]),
        ([], 0, []),
    ],
)
def test_costs_are_split_evenly_and_neighbours_stay_together(costs, n_parts, parts):
    assert split(costs, n_parts) == parts
