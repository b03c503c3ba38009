"""How often a panel without any effect is told from zero, and by how much its comparison is off.

Usage: ``python benchmarks/panel_null.py [--panels 300] [--output FILE] [--keep FILE]``

Each panel has nine coins, so that eight others are there for a return less that of the others, and
two years, with the sign of every hour flipped at random, the same sign for all coins
(`kanalo.panel.null`). Signals, events, controls and inference are computed anew. The result of each
panel is one line of the output, so the study goes on where it was stopped.

The same panel is asked once more with an effect of exactly the minimal size, and once with half as
much again, planted into what followed its events: added to returns; of outcomes that are true or
false as many are turned over, at random, as make the difference. So is told how often an effect is
found that is there. The end is a Markdown table of the gates; ``--keep`` writes how far single
coins seem to differ on these panels, where they do not, for the p-values of heterogeneity.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from kanalo.panel.coins import MONERO, Panel, load_panel
from kanalo.panel.heterogeneity import compare_coins, draw_effects
from kanalo.panel.inference import check_error, infer, pool
from kanalo.panel.null import cut_panel, flip_signs
from kanalo.panel.plan import MOVES, PanelClaim, PanelPlan, load_panel_plan
from kanalo.panel.sample import CoinSample
from kanalo.panel.trial import draw_panel
from kanalo.study.claims.claims import REFUTED, SUPPORTED, calc_power, find_verdict
from kanalo.study.inference import Sample, adjust_holm, infer_difference

ROOT = Path(__file__).resolve().parents[1]
COINS = ("eth", "zec", "xrp", "ada", "link", "etc", "dot", "near", "aave")
SPANS = (("2020-11-01", "2022-11-01"), ("2022-05-01", "2024-05-01"), ("2024-05-01", "2026-05-01"))
DRAWS = 999
NO_ZERO = "decoupled"
"""The claim whose effect on a null panel is not zero."""

GATE, GATE_FAR, COVERS, FALSE_REFUTED, POWER_OFF = 0.075, 0.017, 0.925, 0.04, 0.10


def main() -> None:
    """Run the panels that are missing, then print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--panels", type=int, default=300)
    parser.add_argument(
        "--output", type=Path, default=ROOT / "benchmarks" / "results" / "panel_null.jsonl"
    )
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    plan = load_panel_plan(ROOT / "backtests" / "claims_panel.toml")
    plan = replace(plan, delisted=())
    done = read(options.output)
    missing = sorted(set(range(options.panels)) - {each["seed"] for each in done})
    panel = load_panel(ROOT / "data") if missing else None
    for seed in missing:
        if panel is not None:
            done.append(run_one(panel, plan, seed))
            with options.output.open("a") as file:
                file.write(json.dumps(done[-1]) + "\n")
    show(done, plan)
    if options.keep is not None:
        keep(done, plan, options.keep)


def read(path: Path) -> list[dict[str, Any]]:
    """Return the panels that were run already."""
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def run_one(panel: Panel, plan: PanelPlan, seed: int) -> dict[str, Any]:
    """Run one null panel; spans take turns."""
    small = cut_panel(panel, COINS, *SPANS[seed % len(SPANS)])
    samples = draw_panel(flip_signs(small, seed), plan, workers=1)
    claims = {}
    for number, claim in enumerate(plan.claims):
        others = [each for each in samples[claim.name] if each.coin != MONERO]
        seeds = [plan.base.seed, number]
        effect = infer(others, plan.block_hours, seeds, DRAWS, plan.base.level)
        checks = check_error(others, plan.block_hours, effect.error)
        claims[claim.name] = {
            "n": effect.n,
            "value": effect.value,
            "error": effect.error,
            "p": effect.p_value,
            "interval": [effect.low, effect.high],
            "iid": checks.iid,
            "driscoll_kraay": checks.driscoll_kraay,
            "two_way": checks.two_way,
            "differ_p": test_coins(others, plan, seeds),
            "planted": ask_planted(others, plan, claim, [*seeds, seed]),
        }
    return {"seed": seed, "claims": claims}


def test_coins(others: list[CoinSample], plan: PanelPlan, seeds: list[int]) -> float:
    """Return the chi-squared p-value that coins have one effect."""
    answered = [each for each in others if each.n]
    if not answered:
        return float("nan")
    effects, drawn = draw_effects(answered, plan.block_hours, seeds, DRAWS)
    return compare_coins(answered, effects, drawn).chi2_p


def ask_planted(
    others: list[CoinSample], plan: PanelPlan, claim: PanelClaim, seeds: list[int]
) -> dict[str, Any] | None:
    """Plant the minimal effect and half as much again; say whether they are told from zero."""
    sample = pool(others)
    if claim.name == NO_ZERO or not len(sample.bars):
        return None
    size = (1 - plan.base.level) / len(plan.claims)
    answers = {}
    for times in (1.0, 1.5):
        rng = np.random.default_rng([*seeds, round(10 * times)])
        planted = plant(sample, claim, times, rng)
        effect = infer_difference(planted, plan.block_hours, rng, DRAWS, 1 - size)
        answers[f"{times:g}"] = {
            "p": effect.p_value,
            "value": effect.value,
            "verdict": find_verdict(effect, claim.plan.side, claim.plan.minimal),
            "power": calc_power(effect, claim.plan.minimal, 1 - plan.base.level),
            "power_holm": calc_power(effect, claim.plan.minimal, size),
        }
    return answers


def plant(sample: Sample, claim: PanelClaim, times: float, rng: np.random.Generator) -> Sample:
    """Return the pairs with an effect of so many minimal ones on the claimed side."""
    size, side = times * claim.plan.minimal, claim.plan.side
    values = sample.values.copy()
    own = sample.is_event
    if claim.plan.outcome.kind not in ("reaches", "stays"):
        values[own] += side * size
        return replace(sample, values=values)
    turned = 0.0 if side > 0 else 1.0
    able = own & (values == turned)
    share = min(1.0, size * own.sum() / max(able.sum(), 1))
    values[able & (rng.random(len(values)) < share)] = 1.0 - turned
    return replace(sample, values=values)


# -- the table -------------------------------------------------------------------------------------


def show(done: list[dict[str, Any]], plan: PanelPlan) -> None:
    """Print the gates as Markdown."""
    names = [each.name for each in plan.claims if each.name != NO_ZERO]
    print(f"{len(done)} null panels of {len(COINS)} coins and two years.\n")
    print(
        "| claim | events | bias ± error | a quarter of the minimal | told at 5 % | at 0.7 % | "
        "KS p | independent events: told | covers | error / independent |"
    )
    print("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
    for claim in plan.claims:
        print(summarise(claim, select(done, claim.name)))
    for title, key in (("blocks of time", "p"), ("independent events", "iid")):
        share = np.mean([reject_family(each, names, key) for each in done])
        print(f"\nAny claim told after Holm, {title}, without {NO_ZERO}: {share:.1%}.")
    print("\n| claim | panels | planted | told at 5 % | stated | first Holm step |", end="")
    print(" stated | refuted, first Holm step | 1.5 ×: supported, first Holm step |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|--:|")
    for claim in plan.claims:
        if claim.name != NO_ZERO:
            print(summarise_planted(claim, select(done, claim.name), len(plan.claims)))


def select(done: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    """Return one claim's answers of the panels that gave an interval."""
    rows = [each["claims"][name] for each in done]
    return [each for each in rows if each["p"] == each["p"]]


def summarise(claim: PanelClaim, rows: list[dict[str, Any]]) -> str:
    """Return the line of one claim."""
    if len(rows) < 2:
        return f"| {claim.name} | too few events for an interval |"
    values, errors, iid, p = (
        np.array([row[key] for row in rows]) for key in ("value", "error", "iid", "p")
    )
    mean, spread = values.mean(), values.std(ddof=1) / np.sqrt(len(values))
    covers = np.mean([row["interval"][0] <= mean <= row["interval"][1] for row in rows])
    bias = f"{mean:+.4f} ± {spread:.4f}"
    quarter = f"{MOVES * claim.plan.minimal:.4f}"
    zero = [f"{np.mean(p <= 0.05):.1%}", f"{np.mean(p <= 0.007):.1%}"]
    zero += [f"{stats.kstest(p, 'uniform').pvalue:.3f}", f"{naive_p(values, iid):.1%}"]
    if claim.name == NO_ZERO:
        bias, quarter, zero = f"mean {mean:+.3f}", "–", ["–"] * 4
    events = f"{np.mean([row['n'] for row in rows]):,.0f}"
    cells = [claim.name, events, bias, quarter, *zero, f"{covers:.1%}"]
    return f"| {' | '.join(cells)} | {np.mean(errors / iid):.2f} |"


def naive_p(values: np.ndarray, iid: np.ndarray) -> float:
    """Return how often zero is rejected at 5 % as if events were independent."""
    return float(np.mean(2 * stats.norm.sf(np.abs(values) / iid) <= 0.05))


def reject_family(panel: dict[str, Any], names: list[str], key: str) -> bool:
    """Return whether Holm's method rejects any claim of a panel."""
    p_values = []
    for name in names:
        row = panel["claims"][name]
        known = row["p"] == row["p"]
        p = row["p"] if key == "p" else 2 * stats.norm.sf(abs(row["value"]) / row["iid"])
        p_values.append(p if known else 1.0)
    return any(p <= 0.05 for p in adjust_holm(p_values))


def summarise_planted(claim: PanelClaim, rows: list[dict[str, Any]], n_claims: int) -> str:
    """Return the line of one claim with an effect planted."""
    once = [row["planted"]["1"] for row in rows if row.get("planted")]
    more = [row["planted"]["1.5"] for row in rows if row.get("planted")]
    if not once:
        return f"| {claim.name} | 0 |"
    p = np.array([row["p"] for row in once])
    shares = (
        np.mean(p <= 0.05),
        np.mean([row["power"] for row in once]),
        np.mean(p <= 0.05 / n_claims),
        np.mean([row["power_holm"] for row in once]),
        np.mean([row["verdict"] == REFUTED for row in once]),
        np.mean([row["verdict"] == SUPPORTED for row in more]),
    )
    cells = [claim.name, f"{len(once)}", f"{claim.plan.side * claim.plan.minimal:+.3f}"]
    return f"| {' | '.join([*cells, *(f'{each:.1%}' for each in shares)])} |"


def keep(done: list[dict[str, Any]], plan: PanelPlan, path: Path) -> None:
    """Write the chi-squared p-values of each claim, ascending, as a TOML table."""
    lines = ["# Chi-squared p-values of equal coins on null panels (benchmarks/panel_null.py)."]
    for claim in plan.claims:
        rows = [row.get("differ_p") for row in select(done, claim.name)]
        known = sorted(each for each in rows if each is not None and each == each)
        if claim.name == NO_ZERO:  # what BTC explains differs between coins on null panels too
            continue
        lines.append(f"{claim.name} = [{', '.join(f'{each:.4f}' for each in known)}]")
    path.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
