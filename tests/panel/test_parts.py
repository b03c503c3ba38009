"""A run that was interrupted goes on with the coins that were not asked, with the same answers."""

from dataclasses import replace

import numpy as np
import pytest

from kanalo.panel import trial
from kanalo.panel.parts import open_parts
from kanalo.panel.trial import draw_panel


@pytest.fixture
def claims(plan):
    return plan.claims[1:]


def check_same(ours, theirs):
    for name, samples in ours.items():
        for one, other in zip(samples, theirs[name], strict=True):
            assert (one.coin, one.n_events, one.reason) == (
                other.coin,
                other.n_events,
                other.reason,
            )
            assert one.delisted_at == other.delisted_at
            np.testing.assert_array_equal(one.hours, other.hours)
            np.testing.assert_array_equal(one.owners, other.owners)
            for field in ("bars", "values", "weights", "is_event"):
                pairs = (getattr(each.pairs, field) for each in (one, other))
                np.testing.assert_array_equal(*pairs)


def test_a_run_goes_on_where_it_stopped(panel, plan, claims, tmp_path, monkeypatch):
    parts = open_parts(tmp_path, panel, plan, claims)
    asked = []

    def stop(coin):
        if len(asked) == 4:
            raise KeyboardInterrupt
        asked.append(coin)

    with pytest.raises(KeyboardInterrupt):
        draw_panel(panel, plan, claims, workers=1, progress=stop, parts=parts)
    again = []
    draw_one = trial.draw_one
    monkeypatch.setattr(
        trial,
        "draw_one",
        lambda panel, coin, *more: again.append(coin.name) or draw_one(panel, coin, *more),
    )
    resumed = draw_panel(panel, plan, claims, workers=1, parts=parts)
    assert again == [each.name for each in panel.studied][5:]
    check_same(resumed, draw_panel(panel, plan, claims, workers=1))
    parts.drop()
    assert not list(tmp_path.iterdir())


def test_half_a_file_is_asked_again(panel, plan, claims, samples, tmp_path):
    parts = open_parts(tmp_path, panel, plan, claims)
    parts.save("aaa", [samples[each.name][1] for each in claims])
    path = parts.folder / "aaa.npz"
    path.write_bytes(path.read_bytes()[:100])
    assert parts.load("aaa") is None
    assert parts.load("bbb") is None


def test_another_plan_claim_or_table_is_another_run(panel, plan, claims, tmp_path):
    folders = {
        open_parts(tmp_path, *run).folder
        for run in (
            (panel, plan, claims),
            (panel, replace(plan, digest="other"), claims),
            (panel, plan, claims[:1]),
            (replace(panel, digests={"aaa_1h.parquet": "0"}), plan, claims),
        )
    }
    assert len(folders) == 4
