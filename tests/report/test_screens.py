"""Every kind of page in a browser: its answer on the first screen, nothing cut off or run together.

One load of each page at each width looks at everything at once.
"""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import kanalo
from kanalo.market import load_article, load_market
from kanalo.market.synthetic import random_walk_market
from kanalo.monte_carlo import run_monte_carlo
from kanalo.panel.page import write_panel_report
from kanalo.report import to_model, write_report
from kanalo.report.monte_carlo.page import to_monte_carlo_model, write_monte_carlo_report
from kanalo.report.outside.model import to_outside_model
from kanalo.report.outside.page import write_outside_report
from kanalo.report.replay.page import to_replay_model, write_replay_report
from kanalo.report.search.page import to_search_model, write_search_report
from kanalo.report.study.events import to_event_model, write_event_report
from kanalo.report.sweep.page import to_sweep_model, write_sweep_report
from kanalo.report.walk_forward.page import to_walk_forward_model, write_walk_forward_report
from kanalo.search import run_search
from kanalo.study.events.study import run_event_study
from kanalo.study.replay.replay import replay
from kanalo.sweep import run_sweep
from kanalo.walk_forward import run_walk_forward

pytestmark = pytest.mark.slow

DATA = Path(__file__).resolve().parents[2] / "data"
RULE = "donchian_breakout"

LOOK = """
    const seen = (each) => each.getBoundingClientRect().width > 0
      && !each.closest("details:not([open])");
    const boxOf = (each) => each.getBoundingClientRect();
    const figures = [...document.querySelectorAll("main svg")].filter(seen);
    const tables = [...document.querySelectorAll("main table")].filter(seen);
    const hidden = [...figures, ...tables].filter((each) => boxOf(each).right > innerWidth + 1
      && each.closest(".scroll") === null).length;
    const faults = [];
    for (const figure of figures) {
      const edge = boxOf(figure);
      const texts = [...figure.querySelectorAll("text")].filter((each) => each.textContent.trim())
        .map((each) => [each.textContent.trim(), boxOf(each)]);
      texts.forEach(([text, a], i) => {
        if (a.left < edge.left - 4 || a.right > edge.right + 4) faults.push(["cut off", text]);
        for (const [other, b] of texts.slice(i + 1)) {
          if (a.left < b.right - 0.5 && b.left < a.right - 0.5 && a.top < b.bottom - 2
            && b.top < a.bottom - 2) faults.push(["run together", text, other]);
        }
      });
    }
    const top = (each) => each === undefined ? null : boxOf(each).top;
    return {
      answer: boxOf(document.querySelector(".headline, .verdict .sentence")).top,
      figure: top(figures[0]),
      table: top(tables[0]),
      narrow: figures.filter((each) => boxOf(each).right > innerWidth + 1).length,
      sideways: document.documentElement.scrollWidth > innerWidth,
      hidden,
      faults,
    };
"""


def make_sweep(folder, market):
    grid = {"entry": [10, 20, 40], "leave": [5, 10, 15]}
    swept = run_sweep(RULE, market, grid)
    write_sweep_report(to_sweep_model(swept, swept.manifest), folder)


def make_search(folder, market):
    space = {"entry": range(5, 60), "leave": range(3, 30)}
    found = run_search(RULE, market, space, trials=20)
    write_search_report(found, to_search_model(found), folder)


def make_walk_forward(folder, market):
    walked = run_walk_forward(RULE, market, {"entry": [10, 20, 40]}, train="500d", test="250d")
    write_walk_forward_report(to_walk_forward_model(walked), folder)


def make_monte_carlo(folder, market):
    drawn = run_monte_carlo(RULE, market, paths=20)
    write_monte_carlo_report(drawn, to_monte_carlo_model(drawn), folder)


def make_judge(folder, market):
    days = market.index[:400]
    draws = np.random.default_rng(5).normal(0.001, 0.02, (2, 400))
    records = {name: pd.Series(each, index=days) for name, each in zip("ab", draws, strict=True)}
    judged = kanalo.judge(pd.DataFrame(records), n_trials=20, n_placebos=1)
    write_outside_report(to_outside_model(judged), folder)


def make_study(folder, market):
    del market
    hourly = random_walk_market(3_000, 4)
    found = run_event_study(hourly, "return_6h > 0.02", horizons=["1h", "6h"], n_draws=50)
    write_event_report(to_event_model(found), folder)


def make_replay(folder, market):
    del market
    hours = load_market(DATA, "xmr_1h")
    part = hours.rows(len(hours) - 8_000, len(hours))
    episode = replay(part, "2026-01-31T12:00", article=load_article(DATA)["article"])
    write_replay_report(to_replay_model(episode), episode, folder)


def make_panel(folder, market):
    """Lay out a page of claims on a panel from the model of the published trial."""
    del market
    model = json.loads((DATA.parent / "docs" / "results" / "panel.json").read_text("utf-8"))
    write_panel_report(model, folder)


MAKERS = {
    "panel": make_panel,
    "sweep": make_sweep,
    "search": make_search,
    "walk_forward": make_walk_forward,
    "monte_carlo": make_monte_carlo,
    "judge": make_judge,
    "study": make_study,
    "replay": make_replay,
}
FILES = {"replay": "replay.html", "panel": "claims-panel.html"}


@pytest.fixture(scope="module")
def pages(tmp_path_factory, build):
    folder = tmp_path_factory.mktemp("screens")
    market = random_walk_market(2_000, 4, "1d")
    paths = {}
    for kind, make in MAKERS.items():
        (folder / kind).mkdir()
        make(folder / kind, market)
        paths[kind] = folder / kind / FILES.get(kind, "report.html")
    comparison = build(n_rules=3)
    one = [each for each in comparison.runs if each.label == "sma_cross"]
    for kind, runs in {"several": comparison.runs, "one": tuple(one)}.items():
        chosen = dataclasses.replace(comparison, runs=runs)
        write_report(to_model(chosen), folder / kind, chosen)
        paths[kind] = folder / kind / "report.html"
    return paths


def look(browser, path, width):
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    browser.get(path.as_uri())
    return browser.execute_script(LOOK)


@pytest.mark.parametrize("kind", [*MAKERS, "several", "one"])
def test_the_answer_and_the_main_figure_stand_on_the_first_screen(kind, pages, browser):
    seen = look(browser, pages[kind], 1280)
    assert seen["answer"] < 200
    assert seen["answer"] < seen["figure"] < 900 - 200  # a good part of it in sight
    assert seen["faults"] == []
    assert (seen["hidden"], seen["narrow"], seen["sideways"]) == (0, 0, False)


@pytest.mark.parametrize("kind", [*MAKERS, "several", "one"])
def test_a_telephone_shows_whole_figures_and_labels_apart(kind, pages, browser):
    seen = look(browser, pages[kind], 390)
    assert seen["answer"] < 450
    assert seen["faults"] == []
    assert (seen["hidden"], seen["narrow"], seen["sideways"]) == (0, 0, False)


def test_the_drawdown_lies_under_the_curve_of_a_walk_forward_test(pages, browser):
    look(browser, pages["walk_forward"], 1280)
    script = """
        const svg = document.querySelector("main .wide svg");
        const middle = (start) => {
          const found = [...svg.querySelectorAll("text")]
            .find((each) => each.textContent.startsWith(start)).getBoundingClientRect();
          return (found.top + found.bottom) / 2;
        };
        return [middle("Equity"), middle("Drawdown"), svg.getBoundingClientRect().bottom];
    """
    equity, drawdown, bottom = browser.execute_script(script)
    assert equity < drawdown < bottom < 900


def test_the_page_of_one_rule_does_not_call_it_the_best(pages, browser):
    look(browser, pages["one"], 1280)
    titles = [each.text for each in browser.find_elements("css selector", ".leader h3")]
    assert titles == ["sma_cross: years, trades and months"]
    look(browser, pages["several"], 1280)
    title = browser.find_element("css selector", ".leader h3").text
    assert ", which returned most: " in title or ", which lost least: " in title
