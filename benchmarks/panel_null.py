"""How often a panel without any effect is told from zero, and by how much its comparison is off.

Usage: ``python benchmarks/panel_null.py [--panels 300] [--output FILE] [--keep FOLDER] [--show]``

Each panel has nine coins, so that eight others are there for a return less that of the others, and
two years, with the sign of every hour flipped at random, the same sign for all coins
(`kanalo.panel.null`). Signals, events, controls and inference are computed anew. The result of each
panel is one line of the output, so the study goes on where it was stopped.

The same panel is asked once more with an effect of exactly the minimal size, and once with half as
much again, planted into what followed its events: added to returns; of outcomes that are true or
false as many are turned over, at random, as make the difference. So is told how often an effect is
found that is there, and how often the stated power says it is.

The end is a Markdown table of the gates; ``--show`` prints it of the panels that are there.
``--keep kanalo/panel`` writes what reports read: ``null_panels.toml``, the figures of the gates,
and ``equal_coins.toml``, how far single coins seem to differ on these panels, where they do not.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from kanalo.cluster import map_chunks, open_pool
from kanalo.panel.coins import MONERO, Panel, load_panel
from kanalo.panel.equal_coins import FILE as EQUAL
from kanalo.panel.heterogeneity import compare_coins, draw_effects
from kanalo.panel.inference import check_error, infer, pool
from kanalo.panel.null import cut_panel, flip_signs
from kanalo.panel.null_panels import FILE as GATES
from kanalo.panel.plan import MOVES, PanelClaim, PanelPlan, load_panel_plan
from kanalo.panel.power import calc_panel_power, to_critical
from kanalo.panel.sample import CoinSample
from kanalo.panel.trial import draw_panel
from kanalo.study.claims.claims import REFUTED, SUPPORTED, find_verdict
from kanalo.study.inference import Sample, adjust_holm, infer_difference

ROOT = Path(__file__).resolve().parents[1]
PLAN = ROOT / "backtests" / "claims_panel.toml"
COINS = ("eth", "zec", "xrp", "ada", "link", "etc", "dot", "near", "aave")
SPANS = (("2020-11-01", "2022-11-01"), ("2022-05-01", "2024-05-01"), ("2024-05-01", "2026-05-01"))
DRAWS = 999
NO_ZERO = "decoupled"
"""The claim whose effect on a null panel is not zero."""


def main() -> None:
    """Run the panels that are missing, then print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--panels", type=int, default=300)
    parser.add_argument(
        "--output", type=Path, default=ROOT / "benchmarks" / "results" / "panel_null.jsonl"
    )
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--show", action="store_true", help="run nothing")
    parser.add_argument("--workers", type=int, help="processes of this machine")
    parser.add_argument("--cluster", help="address of a dask scheduler, tls://host:port")
    options = parser.parse_args()
    plan = load_panel_plan(PLAN)
    plan = replace(plan, delisted=())
    done = read(options.output)
    missing = sorted(set(range(options.panels)) - {each["seed"] for each in done if is_whole(each)})
    if options.show:
        missing = []
    if missing:
        shared = load_panel(ROOT / "data"), plan
        with open_pool(options.workers, options.cluster) as workers:
            for row in map_chunks(run_shared, shared, missing, workers):
                done = [*(each for each in done if each["seed"] != row["seed"]), row]
                with options.output.open("a") as file:
                    file.write(json.dumps(row) + "\n")
    show(done, plan)
    if options.keep is not None:
        keep(done, plan, options.keep)


def read(path: Path) -> list[dict[str, Any]]:
    """Return the panels that were run already; of two lines of one panel the later."""
    lines = path.read_text().splitlines() if path.exists() else []
    rows = {row["seed"]: row for row in map(json.loads, lines)}
    return [rows[seed] for seed in sorted(rows)]


def is_whole(row: dict[str, Any]) -> bool:
    """Tell whether a panel had effects planted and their power stated."""
    planted = row["claims"]["clusters"]["planted"]
    return planted is not None and "power" in planted["1"]


def run_shared(shared: tuple[Panel, PanelPlan], seed: int) -> dict[str, Any]:
    """Run one null panel with what all of them need."""
    return run_one(*shared, seed)


def run_one(panel: Panel, plan: PanelPlan, seed: int) -> dict[str, Any]:
    """Run one null panel; spans take turns."""
    small = cut_panel(panel, COINS, *SPANS[seed % len(SPANS)])
    samples = draw_panel(flip_signs(small, seed), plan, workers=1)
    return {"seed": seed, "claims": judge(samples, plan, seed)}


def judge(samples: dict[str, list[CoinSample]], plan: PanelPlan, seed: int) -> dict[str, Any]:
    """Return what became of each claim on one panel."""
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
    return claims


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
        draws = rng.bit_generator.state
        effect = infer_difference(planted, plan.block_hours, rng, DRAWS, 1 - size)
        rng.bit_generator.state = draws
        alone = infer_difference(planted, plan.block_hours, rng, DRAWS, plan.base.level)
        first, holm = to_critical(alone), to_critical(effect)
        answers[f"{times:g}"] = {
            "p": effect.p_value,
            "value": effect.value,
            "verdict": find_verdict(effect, claim.plan.side, claim.plan.minimal),
            "critical": [first, holm],
            "power": calc_panel_power(effect, claim.plan.minimal, first),
            "power_holm": calc_panel_power(effect, claim.plan.minimal, holm),
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
    figures = measure_planted(rows, n_claims)
    if not figures:
        return f"| {claim.name} | 0 |"
    names = ("found", "stated", "found_holm", "stated_holm", "refuted", "supported_more")
    planted = f"{claim.plan.side * claim.plan.minimal:+.3f}"
    cells = [claim.name, f"{figures['planted']}", planted]
    return f"| {' | '.join([*cells, *(f'{figures[each]:.1%}' for each in names)])} |"


def measure_planted(rows: list[dict[str, Any]], n_claims: int) -> dict[str, float]:
    """Return how often a planted effect was found, and how often that was promised."""
    asked = [row["planted"] for row in rows if row["planted"]]
    once, more = ([each[times] for each in asked] for times in ("1", "1.5"))
    if not once:
        return {}
    p = np.array([row["p"] for row in once])
    stated = [row for row in once if "power" in row]
    return {
        "planted": len(once),
        "found": float(np.mean(p <= 0.05)),
        "stated": float(np.mean([row["power"] for row in stated])),
        "found_holm": float(np.mean(p <= 0.05 / n_claims)),
        "stated_holm": float(np.mean([row["power_holm"] for row in stated])),
        "refuted": float(np.mean([row["verdict"] == REFUTED for row in once])),
        "supported_more": float(np.mean([row["verdict"] == SUPPORTED for row in more])),
    }


def keep(done: list[dict[str, Any]], plan: PanelPlan, folder: Path) -> None:
    """Write what reports read of the null panels: the gates, and p-values of equal coins."""
    p_values = ["# Chi-squared p-values of equal coins on null panels (benchmarks/panel_null.py)."]
    gates = ["# Figures of the gates on null panels (benchmarks/panel_null.py --keep)."]
    gates.append(f'plan = "{load_panel_plan(PLAN).digest}"')
    for claim in plan.claims:
        rows = select(done, claim.name)
        gates += ["", f"[claims.{claim.name}]", f"panels = {len(rows)}"]
        gates += [f"{name} = {text}" for name, text in to_gates(claim, rows, plan).items()]
        known = sorted(row["differ_p"] for row in rows if row["differ_p"] == row["differ_p"])
        if claim.name != NO_ZERO:  # what BTC explains differs between coins on null panels too
            p_values.append(f"{claim.name} = [{', '.join(f'{each:.4f}' for each in known)}]")
    (folder / EQUAL).write_text("\n".join(p_values) + "\n")
    (folder / GATES).write_text("\n".join(gates) + "\n")


def to_gates(claim: PanelClaim, rows: list[dict[str, Any]], plan: PanelPlan) -> dict[str, str]:
    """Return the figures of one claim as TOML values."""
    values = np.array([row["value"] for row in rows])
    p = np.array([row["p"] for row in rows])
    low, high = np.array([row["interval"] for row in rows]).T
    mean = float(values.mean())
    texts = {"covers": f"{np.mean((low <= mean) & (mean <= high)):.4f}"}
    if claim.name == NO_ZERO:
        return texts
    error = values.std(ddof=1) / np.sqrt(len(values))
    texts["bias"] = f"[{mean:.5f}, {error:.5f}]"
    texts |= {"told": f"{np.mean(p <= 0.05):.4f}", "told_far": f"{np.mean(p <= 0.007):.4f}"}
    planted = measure_planted(rows, len(plan.claims))
    planted.pop("supported_more", None)
    return texts | {name: f"{value:.4g}" for name, value in planted.items()}


if __name__ == "__main__":
    main()
