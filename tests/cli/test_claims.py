"""``kanalo claims``: an article of one's own, its JSON, its reports and its errors."""

import hashlib
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kanalo.ledger import LEDGER

ROOT = Path(__file__).parents[2]
FACTS = """[article.claims]
mornings = "Mornings bring a rise."
"""
PLAN = """schema = 1
market = "toy_1h"
draws = 199

[claims.mornings]
event = "hour == 7"
horizon = "3h"
outcome = { kind = "return" }
against = "controls"
claimed = "more"
minimal = 0.001
definition = "Seven in the morning; log return of three hours."
refuted_if = "The interval lies below 0.1 %."
"""


@pytest.fixture
def article(home):
    """Put an hourly market, an article and its plan into the small workspace."""
    rng, n = np.random.default_rng(1), 2_400
    index = pd.date_range("2024-01-01", periods=n, freq="h", tz="UTC")
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.004, n)))
    frame = pd.DataFrame(
        {
            "time": index,
            "open": np.r_[100.0, close[:-1]],
            "high": np.maximum(np.r_[100.0, close[:-1]], close) * 1.001,
            "low": np.minimum(np.r_[100.0, close[:-1]], close) * 0.999,
            "close": close,
            "volume": rng.lognormal(0, 0.4, n),
        }
    )
    path = home / "data" / "toy.parquet"
    pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    write_manifest(home, path, digest, n)
    (home / "facts.toml").write_text(FACTS)
    (home / "backtests" / "claims.toml").write_text(PLAN)
    return home


def write_manifest(home, path, digest, n):
    bundled = json.loads((ROOT / "data" / "manifest.json").read_text())
    size = path.stat().st_size
    table = bundled["tables"]["xmr_1h"] | {
        "file": path.name, "rows": n, "sha256": digest, "bytes": size,
    }  # fmt: skip
    context = ("funding", "positioning", "benchmark", "liquidations", "finer")
    entry = bundled["markets"]["xmr_1h"]
    market = {key: value for key, value in entry.items() if key not in context}
    market |= {"bars": "toy_1h", "venue": "toy-perp"}
    manifest = bundled | {
        "tables": {"toy_1h": table}, "markets": {"toy_1h": market}, "documents": {},
    }  # fmt: skip
    (home / "data" / "manifest.json").write_text(json.dumps(manifest))


@pytest.mark.slow
def test_claims_are_answered_as_json(article, kanalo):
    done = kanalo("claims", "facts.toml", "--json", "-", "-o", "out")
    assert done.code == 0, done.err
    model = json.loads(done.out)
    (claim,) = model["claims"]
    assert {"name", "verdict", "n", "effect", "interval", "power"} <= set(claim)
    assert claim["name"] == "mornings"
    assert 8 < claim["n"] <= claim["n_events"] <= 100
    assert len(model["plan"]["sha256"]) == 64


def test_report_stands_in_its_folder(article, kanalo, files_below):
    done = kanalo("claims", "facts.toml")
    assert done.code == 0, done.err
    assert "1 claim tested" in done.out
    assert "mornings" in done.out
    folder = article / "backtests" / "results" / "claims"
    assert files_below(folder) == ["claims.html", "claims.json", "claims.md"]


def test_plans_digest_goes_into_the_ledger(article, kanalo):
    done = kanalo("claims", "facts.toml", "--json", "-")
    digest = json.loads(done.out)["plan"]["sha256"]
    path = article / "backtests" / "results" / LEDGER
    with closing(sqlite3.connect(path)) as file:
        rows = file.execute("SELECT kind, status, details FROM runs").fetchall()
    ((kind, status, details),) = rows
    assert (kind, status) == ("claims", "finished")
    assert json.loads(details)["sha256"] == digest


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("claimed", "claimd"), "unknown key 'claimd'. Did you mean 'claimed'?"),
        (("claims.mornings", "claims.evenings"), "the article makes no claim 'evenings'"),
        (("hour == 7", "huor == 7"), "There is no variable 'huor'. Did you mean 'hour'?"),
        (("schema = 1", "schema = 2"), "'schema' must be 1; received 2"),
        (('"3h"', '"90m"'), "A horizon must be a whole number of bars"),
    ],
)
def test_wrong_plan_is_wrong_usage(article, kanalo, change, words):
    (article / "backtests" / "claims.toml").write_text(PLAN.replace(*change))
    done = kanalo("claims", "facts.toml")
    assert done.code == 2
    assert words in " ".join(done.err.split())


def test_facts_that_are_not_there_are_named(article, kanalo):
    done = kanalo("claims", "missing.toml")
    assert done.code == 2
    assert "missing.toml: cannot be read" in " ".join(done.err.split())
