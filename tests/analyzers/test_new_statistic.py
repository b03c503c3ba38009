"""A statistic that follows from others costs one file: shown by adding one to a copy of kanalo."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import kanalo

ROW = '("recovery_factor", "Recovery Factor", "ratio", 1, "Return over the worst drawdown."),'
FORMULA = '"recovery_factor": lambda f: f["total_return"] / -f["max_drawdown"],'
USE = """
import json, sys, kanalo
from kanalo.market.synthetic import random_walk_market
from kanalo.report import to_markdown, to_model

market = random_walk_market(900, 3, "1d")
comparison = kanalo.compare(["donchian_breakout"], market)
figures = comparison.runs[0].result.figures
swept = kanalo.run_sweep("donchian_breakout", market, {"entry": [20]}).table
model = to_model(comparison)
print(json.dumps({
    "package": kanalo.__file__,
    "one": figures["recovery_factor"],
    "by_hand": figures["total_return"] / -figures["max_drawdown"],
    "labelled": comparison.runs[0].result.statistics["Recovery Factor"],
    "swept": float(swept["recovery_factor"].iloc[0]),
    "json": model["results"][0]["statistics"]["recovery_factor"],
    "markdown": "Recovery Factor" in to_markdown(model),
}))
"""


@pytest.mark.slow
def test_a_derived_statistic_is_one_file(tmp_path):
    root = Path(kanalo.__file__).parents[1]
    for name in ("kanalo", "strategies", "data"):
        shutil.copytree(root / name, tmp_path / name, symlinks=True)
    declared = tmp_path / "kanalo" / "analyzers" / "statistics.py"
    text = declared.read_text()
    text = text.replace("_RATIOS: tuple[_Row, ...] = (", f"_RATIOS: tuple[_Row, ...] = ({ROW}")
    text = text.replace(
        "Callable[[Mapping[str, Any]], Any]] = {",
        f"{'Callable[[Mapping[str, Any]], Any]] = {'}{FORMULA}",
    )
    declared.write_text(text)
    done = subprocess.run(
        [sys.executable, "-c", USE], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert Path(seen["package"]).is_relative_to(tmp_path)
    assert seen["one"] == pytest.approx(seen["by_hand"])
    assert seen["labelled"] == pytest.approx(seen["one"])
    assert seen["swept"] == pytest.approx(seen["one"])
    assert seen["json"] == pytest.approx(seen["one"], rel=1e-6)
    assert seen["markdown"]
