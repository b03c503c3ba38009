"""The reports of sweeps and walk-forward tests say what was found, the same on every face."""

from dataclasses import dataclass
from io import StringIO

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from kanalo.execution.costs import Costs
from kanalo.execution.rules import Execution
from kanalo.market import Market
from kanalo.report.sweep.figures import draw_heatmap
from kanalo.report.sweep.page import (
    print_sweep,
    to_sweep_model,
    to_sweep_page,
    write_sweep_report,
)
from kanalo.report.toolkit.json_ import to_json
from kanalo.report.toolkit.page import page_to_html, page_to_markdown
from kanalo.report.walk_forward.page import (
    print_walk_forward,
    to_walk_forward_model,
    to_walk_forward_page,
)
from kanalo.strategy import Decisions, Strategy, param
from kanalo.sweep import Plan, make_grid, parse_grid, run_sweep
from kanalo.walk_forward import run_walk_forward


@dataclass(frozen=True)
class Momentum(Strategy):
    """Buy after a rise over some days, of at least a share."""

    days: int = param(3, low=1, high=50)
    least: float = param(0.0, low=0.0, high=1.0)
    patient: bool = param(True)

    def decide(self, market):
        rise = np.zeros(len(market))
        rise[self.days :] = market.close[self.days :] / market.close[: -self.days] - 1
        return Decisions.from_arrays(
            len(market), long=rise > self.least, max_bars=9 if self.patient else 3
        )


@pytest.fixture(scope="module")
def market():
    close = 100 * np.exp(np.cumsum(np.random.default_rng(3).normal(0, 0.03, 300)))
    opening = np.concatenate(([100.0], close[:-1]))
    bars = {
        "open": opening,
        "high": np.maximum(opening, close),
        "low": np.minimum(opening, close),
        "close": close,
        "volume": 1.0,
    }
    index = pd.date_range("2024-01-01", periods=300, freq="D", tz="UTC")
    return Market.from_bars(pd.DataFrame(bars, index=index), name="<b>noise</b>")


@pytest.fixture(scope="module")
def model(market):
    return make_model(market, make_grid(Momentum, {"days": [1, 2, 5], "least": [0, 0.02, 0.9]}))


def make_model(market, grid, **options):
    result = run_sweep(Momentum, market, grid)
    plan = Plan(Momentum, market, grid, Costs(), Execution())
    return to_sweep_model(result, plan.to_manifest(), **options)


def print_to_text(printer, model):
    console = Console(file=StringIO(), width=80)
    printer(model, console)
    return console.file.getvalue()


def test_sets_without_a_trade_are_told_and_left_out(model):
    assert (model["n_sets"], model["n_traded"]) == (9, 6)
    text = " ".join(print_to_text(print_sweep, model).split())
    assert "9 sets, 3 of them without a trade" in text


def test_heatmap_has_a_cell_for_each_pair(model):
    (heatmap,) = model["heatmaps"]
    assert (heatmap["x_values"], heatmap["y_values"]) == ([1, 2, 5], [0.0, 0.02, 0.9])
    assert heatmap["values"][2] == [None, None, None]
    best = model["top"][0]
    row, column = (heatmap[f"{axis}_values"].index(value) for axis, value in zip(
        "yx", reversed(heatmap["best"]), strict=True
    ))  # fmt: skip
    assert heatmap["values"][row][column] == best["statistics"]["sharpe_ratio"]


@pytest.mark.slow
def test_heatmap_takes_the_median_of_what_it_cannot_show(market):
    grid = make_grid(Momentum, {"days": [1, 2], "least": [0, 0.01], "patient": [True, False]})
    result = run_sweep(Momentum, market, grid)
    model = make_model(market, grid)
    assert [(each["x"], each["y"]) for each in model["heatmaps"]] == [
        ("days", "least"),
        ("days", "patient"),
        ("least", "patient"),
    ]
    cell = result.table.query("days == 2 and least == 0.01")["sharpe_ratio"]
    assert model["heatmaps"][0]["values"][1][1] == pytest.approx(cell.median())
    caption = to_sweep_page(model).sections[1].figures[0].caption
    assert "the median over all other parameters" in caption


def test_one_parameter_is_a_line_and_draws_are_points(market):
    line = make_model(market, make_grid(Momentum, {"days": [1, 2, 3]}))["heatmaps"]
    assert [(each["kind"], each["y"]) for each in line] == [("line", "")]
    drawn = parse_grid(["days=1:9", "least=0:0.05"], Momentum, draws=12)
    points = make_model(market, drawn)["heatmaps"]
    assert [(each["kind"], len(each["points"])) for each in points] == [("points", 12)]
    for heatmap in (*line, *points):
        drawing = draw_heatmap(heatmap, "sharpe_ratio")
        assert drawing.svg.startswith("<svg")
        assert drawing.png.startswith(b"\x89PNG")


def test_faces_agree_and_escape_names(model):
    page = to_sweep_page(model)
    text, markdown, html = (
        print_to_text(print_sweep, model),
        page_to_markdown(page),
        page_to_html(page),
    )
    for sentence in (model["plateau"]["sentence"], model["luck"]["sentence"]):
        for face in (text, html):
            assert " ".join(sentence.split()) in " ".join(face.split())
    assert "<b>noise" not in html
    assert "\\<b\\>noise" in markdown
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.slow
def test_report_is_the_same_for_the_same_sweep(market, model, tmp_path):
    again = make_model(market, make_grid(Momentum, {"days": [1, 2, 5], "least": [0, 0.02, 0.9]}))
    assert to_json(again) == to_json(model)
    for folder, each in (("a", model), ("b", again)):
        write_sweep_report(each, tmp_path / folder)
    names = ["report.html", "report.md", "report.json", "heatmaps/days-least.png"]
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name


def test_sweep_without_a_single_trade_is_reported(market):
    model = make_model(market, make_grid(Momentum, {"least": [0.95, 0.99]}))
    assert model["top"] == model["heatmaps"] == []
    assert "No set has a value of Sharpe Ratio and a trade." in print_to_text(print_sweep, model)
    assert "No set has" in page_to_html(to_sweep_page(model))


@pytest.fixture(scope="module")
def walked(market):
    grid = make_grid(Momentum, {"days": [1, 2, 5], "patient": [True, False]})
    return run_walk_forward(Momentum, market, grid, train="100d", test="50d")


def test_walk_forward_faces_agree(walked):
    model = to_walk_forward_model(walked)
    text = print_to_text(print_walk_forward, model)
    page = to_walk_forward_page(model)
    for face in (text, page_to_html(page)):
        assert " ".join(model["sentence"].split()) in " ".join(face.split())
    assert len(model["windows"]) == 4
    assert page_to_markdown(page).count("\n| 2024-") == 4
    assert page_to_html(page).count("<svg") == 4
    assert max(map(len, text.splitlines())) <= 80


def test_walk_forward_model_counts_drift(walked):
    drift = {each["name"]: each for each in to_walk_forward_model(walked)["drift"]}
    chosen = walked.to_drift()["days"].tolist()
    assert drift["days"]["n_chosen"] == len(set(chosen))
    places = [[1, 2, 5].index(value) for value in chosen]
    assert drift["days"]["mean_steps"] == pytest.approx(np.abs(np.diff(places)).mean())
    assert drift["patient"]["mean_steps"] is None  # switches have no steps
