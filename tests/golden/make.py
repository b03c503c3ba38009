"""Record the numbers of every bundled spec, and of a sweep and a walk-forward test of every rule.

``make golden`` writes them to the JSON files beside this script; `test_golden.py` computes them
anew and compares. The records were made before the package was rearranged. They are written again
only where a figure is meant to change, and the commit that does so lists each change.

An array is kept as the sha256 of its bytes with a sample of its values, so that a difference is
certain and can be located. Numbers are kept in full precision; words only where they decide
something: lights, conditions, verdicts.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import kanalo
from kanalo.judgement.judge import Options
from kanalo.report.compare.judgement import to_judged, to_judgement
from kanalo.study.claims.claims import try_claims
from kanalo.study.claims.plan import load_plan, read_claims

FOLDER = Path(__file__).parent
EXCHANGE = "exchange/"
"""What the names of records begin with whose accounts have today's defaults."""

OFF = {"costs": kanalo.Costs(impact=0), "execution": kanalo.Execution(margin="none")}
"""An account as all were before venues liquidated and fills moved prices."""

ROOT = FOLDER.parents[1]
SPECS = ("article", "liquidations")
SAMPLE = 16
WORDS = {"light", "status", "verdict", "better_than_luck", "statistic", "superior", "problem"}
"""Keys whose words are part of the record; other words may be said better."""

RENAMED = {"hold_perpetual": "buy_and_hold"}
"""Labels of rules by their names of today; nothing but the name has changed."""

ADDED = {"hold_spot", "measured_move"}
"""Rules that came after the records."""

ADDED_ASSUMPTIONS = {"impact", "limits", "margin", "leverage"}
"""Assumptions of the tornado that came after the records, with the path within bars."""

ADDED_REASONS = {"against its exposure"}
"""Reasons of a verdict that came after the records."""

ADDED_PARAMETERS = {
    "rising_channel_breakout": {"entry", "wait", "heights_2", "share", "breakeven"},
    "rising_channel_rebound": {"entry", "widths_2", "share", "breakeven"},
}
"""Parameters that came after the records; their defaults leave every figure as it was."""

GRIDS: dict[str, dict[str, tuple[Any, ...]]] = {
    "breakdown": {"stop_atr": (0.5, 1.0, 2.0), "hold": (5, 10)},
    "channel_squeeze": {"weeks": (13, 26), "imbalance": (0.1, 0.3)},
    "cluster_sweep": {"share": (0.1, 0.2), "hold": (1, 2, 4)},
    "donchian_breakout": {"entry": (20, 55), "stop_atr": (2.0, 3.0, 4.0)},
    "liquidation_fade": {"imbalance": (0.3, 0.5), "hold": (2, 5)},
    "liquidation_imbalance": {"imbalance": (0.3, 0.5), "shorts": (True, False)},
    "measured_move": {"heights": (0.4, 0.6), "stop_atr": (1.0, 2.0)},
    "random_entry": {"seed": (1, 2, 3, 4)},
    "rising_channel_breakout": {"weeks": (13, 26), "stop_atr": (1.0, 2.0)},
    "rising_channel_rebound": {"weeks": (13, 26), "near": (0.15, 0.25)},
    "sma_cross": {"fast": (10, 20), "slow": (50, 100, 200)},
}
"""What is swept of each rule on daily bars; the same sets are chosen from in the walk-forward."""


def record_array(values: Any) -> dict[str, Any]:
    """Return length, sha256 and a sample of an array of numbers."""
    array = np.ascontiguousarray(values, dtype=np.float64)
    step = max(1, -(-len(array) // SAMPLE))
    sample = {str(at): float(array[at]) for at in range(0, len(array), step)}
    return {"n": len(array), "sha256": hashlib.sha256(array.tobytes()).hexdigest(), **sample}


def record_table(table: pd.DataFrame) -> dict[str, Any]:
    """Return the record of every column; times count in nanoseconds, words by their digest."""
    return {str(name): _record_column(table[name]) for name in table.columns}


def _record_column(column: pd.Series[Any]) -> dict[str, Any]:
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        return record_array(
            column.dt.tz_convert("UTC").astype("datetime64[ns, UTC]").astype("int64")
        )
    if column.dtype == object or isinstance(column.dtype, pd.StringDtype):
        words = "\n".join(map(str, column))
        return {"n": len(column), "sha256": hashlib.sha256(words.encode()).hexdigest()}
    return record_array(column)


def record_numbers(value: Any) -> Any:
    """Keep numbers, truths and the words of `WORDS` of plain values; None where nothing is left."""
    if isinstance(value, Mapping):
        kept = {str(key): _record_entry(str(key), each) for key, each in value.items()}
        return {key: each for key, each in kept.items() if each is not None} or None
    if isinstance(value, (list, tuple)):
        return [record_numbers(each) for each in value] or None
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, float, np.number)):
        return float(value)
    return None


def _record_entry(key: str, value: Any) -> Any:
    if key == "reasons":
        return {each["name"]: each["status"] for each in value if each["name"] not in ADDED_REASONS}
    return value if key in WORDS and isinstance(value, str) else record_numbers(value)


def record_run(run: Any) -> dict[str, Any]:
    """Return fills, trades, equity and statistics of one run of a comparison."""
    result = run.result
    return {
        "fills": record_table(result.fills),
        "trades": record_table(result.trades),
        "equity": record_array(result.equity),
        "position": record_array(result.position),
        "funding": record_array(result.funding),
        "ambiguous_bars": result.ambiguous_bars,
        "resolved_bars": result.resolved_bars,
        "funding_coverage": float(result.funding_coverage),
        "statistics": record_numbers(run.statistics),
    }


def to_recorded(strategies: Iterable[Any]) -> Iterator[Any]:
    """Yield the rules that were there when the records were made, with the labels they had."""
    for each in strategies:
        if each.name not in ADDED:
            yield replace(each, label=RENAMED.get(each.label, each.label))


def to_recorded_verdict(judged: Any) -> dict[str, Any]:
    """Return a verdict whose tornado has the variations that were made for the records."""
    verdict = to_judged(judged)
    tornado = dict(verdict["tornado"])
    varied = [each for each in tornado["variations"] if not _is_added(each)]
    labels = {each["label"] for each in varied}
    tornado |= {
        "variations": varied,
        "turns": [each for each in tornado["turns"] if each in labels],
    }
    del tornado["unchanged"]
    return verdict | {"tornado": tornado}


def _is_added(variation: Mapping[str, Any]) -> bool:
    return variation["assumption"] in ADDED_ASSUMPTIONS or variation["label"] == "path"


def record_spec(name: str) -> dict[str, Any]:
    """Run and judge a bundled spec with the defaults; return every run and every verdict."""
    workspace = kanalo.find_workspace(ROOT)
    spec = kanalo.load_spec(workspace.backtests_dir / f"{name}.toml")
    # Reports show the 1,000 random entries of the judgement; single draws stay on record here.
    spec = replace(
        spec,
        yardsticks=True,
        strategies=tuple(to_recorded(spec.strategies)),
        costs={name: replace(each, impact=0) for name, each in spec.costs.items()},
        execution=replace(spec.execution, margin="none"),
    )
    comparison = kanalo.run_spec(spec, workspace, cross_check=False, options=Options())
    judgement = comparison.judgement
    verdicts = {
        f"{group.market} {group.costs} {label}": record_numbers(to_recorded_verdict(judged))
        for group in judgement.groups
        for label, judged in group.strategies.items()
    }
    return {
        "runs": record_runs(comparison),
        "verdicts": verdicts,
        "judgement": record_numbers(to_judgement(judgement)),
    }


def record_runs(comparison: Any) -> dict[str, Any]:
    """Return every run of a comparison."""
    return {f"{run.market} {run.costs} {run.label}": record_run(run) for run in comparison.runs}


def record_exchange_spec(name: str) -> dict[str, Any]:
    """Run a bundled spec with the defaults, without a judgement; return every run."""
    workspace = kanalo.find_workspace(ROOT)
    spec = kanalo.load_spec(workspace.backtests_dir / f"{name}.toml")
    comparison = kanalo.run_spec(spec, workspace, cross_check=False)
    return {"runs": record_runs(comparison)}


def record_claims() -> dict[str, Any]:
    """Put the claims of the bundled article on trial; return every number and verdict."""
    from kanalo.market import load_article

    workspace = kanalo.find_workspace(ROOT)
    plan = load_plan(workspace.backtests_dir / "claims.toml")
    said = read_claims(load_article(workspace.data_dir), "the article of the data")
    trial = try_claims(workspace.load_market(plan.market), said, plan)
    claims = trial.to_dict()["claims"]
    return {each["name"]: record_numbers(each) for each in claims}


def record_sweep(rule: str, **account: Any) -> dict[str, Any]:
    """Sweep a rule over its grid on daily bars."""
    workspace = kanalo.find_workspace(ROOT)
    market = workspace.load_market("xmr_1d")
    swept = kanalo.run_sweep(workspace.load_strategy(rule), market, GRIDS[rule], **account)
    returns = np.ascontiguousarray(swept.daily_returns, dtype=np.float64).ravel()
    return {"table": record_table(swept.table), "daily_returns": record_array(returns)}


def to_recorded_parameters(rule: str, fold: Any) -> dict[str, Any]:
    """Return the parameters of a fold that the rule had when the records were made."""
    added = ADDED_PARAMETERS.get(rule, set())
    return {name: value for name, value in (fold.parameters or {}).items() if name not in added}


def record_walk_forward(rule: str, **account: Any) -> dict[str, Any]:
    """Choose a rule's parameters on two years and judge them on the next half year, repeatedly."""
    workspace = kanalo.find_workspace(ROOT)
    market = workspace.load_market("xmr_1d").between("2020-02-03")
    strategy = workspace.load_strategy(rule)
    walked = kanalo.run_walk_forward(strategy, market, GRIDS[rule], **account)
    return {
        "equity": record_array(walked.equity),
        "trades": record_table(walked.trades),
        "statistics": record_numbers(walked.figures),
        "folds": [record_numbers(to_recorded_parameters(rule, each)) for each in walked.folds],
        "in_sample": [record_numbers(each.in_sample) for each in walked.folds],
    }


def list_recorders() -> dict[str, Callable[[], dict[str, Any]]]:
    """Return what computes each record."""
    listed: dict[str, Callable[[], dict[str, Any]]] = {"claims": record_claims}
    for name in SPECS:
        listed[f"spec_{name}"] = partial(record_spec, name)
        listed[f"{EXCHANGE}spec_{name}"] = partial(record_exchange_spec, name)
    for rule in GRIDS:
        if rule not in ADDED:
            listed[f"sweep_{rule}"] = partial(record_sweep, rule, **OFF)
            listed[f"walk_forward_{rule}"] = partial(record_walk_forward, rule, **OFF)
        listed[f"{EXCHANGE}sweep_{rule}"] = partial(record_sweep, rule)
        listed[f"{EXCHANGE}walk_forward_{rule}"] = partial(record_walk_forward, rule)
    return listed


RECORDERS = list_recorders()


def record(name: str) -> dict[str, Any]:
    """Compute one record, as the values that its file would give back."""
    return json.loads(json.dumps(RECORDERS[name]()))


def read(name: str) -> dict[str, Any]:
    """Read one record from its file."""
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def find_differences(was: Any, now: Any, path: str = "") -> list[str]:
    """List the paths at which two records differ; numbers are equal to the last bit, NaN to NaN."""
    if isinstance(was, dict) and isinstance(now, dict):
        return [
            line
            for key in sorted({*was, *now})
            for line in find_differences(was.get(key), now.get(key), f"{path}/{key}")
        ]
    if isinstance(was, list) and isinstance(now, list) and len(was) == len(now):
        pairs = enumerate(zip(was, now, strict=True))
        return [line for at, pair in pairs for line in find_differences(*pair, f"{path}/{at}")]
    same = was == now or (was != was and now != now)
    return [] if same else [f"{path}: {was!r} -> {now!r}"]


def main(names: list[str]) -> None:
    """Write the records of these names, or all."""
    for name in names or RECORDERS:
        text = json.dumps(record(name), indent=0, sort_keys=True)
        (FOLDER / f"{name}.json").write_text(text + "\n", encoding="utf-8")
        print(f"{name}: {len(text):,} bytes")  # noqa: T201 - a script for people


if __name__ == "__main__":
    main(sys.argv[1:])
