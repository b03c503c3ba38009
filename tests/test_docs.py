"""The site's pages: every code block is run or parsed, every list is complete, every link leads."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from urllib.parse import unquote

import pytest
import typer

import kanalo
from kanalo.analyzers.statistics import STATISTICS
from kanalo.cli.app import app, hoist
from kanalo.cli.base import CommandSettings
from kanalo.execution.costs import Costs
from kanalo.execution.rules import Execution
from kanalo.execution.settings_fields import list_settings
from kanalo.experiment import spec_reader
from kanalo.market.bars import COLUMNS
from kanalo.market.context import CONTEXT, EXCHANGES
from kanalo.study.claims import plan

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PAGES = sorted(
    path.relative_to(DOCS).as_posix()
    for path in DOCS.rglob("*.md")
    if "generated" not in path.parts
)
BLOCK = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```", flags=re.DOTALL | re.MULTILINE)
LANGUAGES = {"", "text", "python", "toml", "bash", "json"}
PREAMBLE = """
import kanalo
market = kanalo.load_market("xmr_1d").between("2024-01-01")
"""
PREAMBLES = {
    "statistics.md": """
import backtrader as bt
from kanalo.execution.reference.feed import MarketFeed
cerebro = bt.Cerebro(stdstats=False)
cerebro.adddata(MarketFeed(market=market.traded))
rule = kanalo.find_workspace().load_strategy("sma_cross")
cerebro.addstrategy(kanalo.to_backtrader(rule, market.traded))
""",
    "placebos.md": """
from kanalo.judgement.intrabar import bound_intrabar
result, other = kanalo.run("sma_cross", market), kanalo.run("donchian_breakout", market)
strategy = kanalo.find_workspace().load_strategy("sma_cross")()
others = bound_intrabar(other.market, other.decisions)
market = result.market
""",
    "look_ahead.md": """
import backtrader as bt
from kanalo.signals.volatility import atr
from kanalo.signals.zones import zones
rule = kanalo.find_workspace().load_strategy("sma_cross")
DipBuyer = lambda days: rule(fast=days)
def crossing(frame):
    return frame["close"] > frame["close"].rolling(5).mean()
class MyStrategy(bt.Strategy):
    params = (("period", 20),)
    def __init__(self):
        self.average = bt.ind.SMA(period=self.p.period)
    def next(self):
        if not self.position and self.data.close[0] > self.average[0]:
            self.buy(size=1)
""",
    "judge.md": "returns = kanalo.run('sma_cross', market).equity.pct_change().dropna()\n",
    "judgement.md": """
import numpy as np
workspace = kanalo.find_workspace()
versions, spec = {}, kanalo.load_spec(workspace.backtests_dir / "article.toml")
result = kanalo.run("sma_cross", market)
results, other_sharpes = [result], [0.1, 0.5, -0.3]
sweep_returns = np.random.default_rng(1).normal(0, 0.01, (400, 5))
strategies_only = kanalo.run("donchian_breakout", market).equity.pct_change().dropna().to_frame("a")
strategies_only["b"] = result.equity.pct_change().dropna()
""",
    "import_data.md": 'market = kanalo.load_market("xmr_1h").between("2023-01-01", "2023-12-01")\n',
    "read_the_report.md": "from kanalo.cli import main\n"
    "assert main(['compare', 'sma_cross', '--market', 'xmr_1d', '--no-judge', '--quiet',\n"
    "    '-o', 'backtests/results/article']) == 0\n",
    "data.md": "kanalo.load_market('xmr_1h').bars[:500].to_csv('XMRUSDT-1h.csv')\n",
}
"""What the python blocks of a page take for granted; after the lines above."""
SMALLER = {"paths=1000": "paths=20"}
"""Numbers of a page that the test makes smaller, so that it takes seconds."""


def read(page):
    return (DOCS / page).read_text(encoding="utf-8")


def find_blocks(page, language):
    """Return the code blocks of a language on a page, in order."""
    return [text for name, text in BLOCK.findall(read(page)) if name == language]


def with_blocks(language):
    return [page for page in PAGES if find_blocks(page, language)]


def find_commands(page):
    """Return the command lines of a page, comments left out, without those that are cut."""
    blocks = [*find_blocks(page, "bash"), *find_blocks(page, "")]
    indented = re.findall(r"^    (kanalo .*)$", read(page), flags=re.MULTILINE)
    lines = [*"\n".join(blocks).replace("\\\n", " ").splitlines(), *indented]
    lines = [re.split(r"\s#|&&", line)[0] for line in lines]
    lines = [re.sub(r"\[[^\]]*\]", "", line).strip() for line in lines]  # [--option VALUE]
    return [
        line for line in lines if line.startswith("kanalo ") and not re.search(r"…|\.\.\.", line)
    ]


# -- blocks -----------------------------------------------------


@pytest.mark.parametrize("page", PAGES)
def test_each_block_is_in_a_language_that_is_checked(page):
    assert {name for name, _ in BLOCK.findall(read(page))} - {"{toctree}"} <= LANGUAGES | {"eval"}


@pytest.mark.slow
@pytest.mark.parametrize("page", with_blocks("python"))
def test_python_runs(page, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    for name in ("data", "strategies", "backtests"):
        if name == "data":
            (home / name).symlink_to(ROOT / name)
        else:
            ignored = shutil.ignore_patterns("results", "__pycache__")
            shutil.copytree(ROOT / name, home / name, ignore=ignored)
    for path in (DOCS / "examples").glob("*.py"):
        shutil.copy(path, home / "strategies")
    code = [PREAMBLE, PREAMBLES.get(page, "")]
    for text in find_blocks(page, "python"):
        name = re.match(r"# (strategies/\w+\.py)\n", text)
        if name:
            (home / name[1]).write_text(text)
            rule = Path(name[1]).stem
            code.append(f"print(kanalo.run({rule!r}, 'xmr_1d').statistics['# Trades'])\n")
        else:
            code.append(text)
    for large, small in SMALLER.items():
        code = [text.replace(large, small) for text in code]
    environment = os.environ | {"KANALO_WORKSPACE": str(home), "MPLBACKEND": "agg"}
    environment["PYTHONPATH"] = f"{home}{os.pathsep}{ROOT}"
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(code)],
        cwd=home,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    for text in find_blocks(page, "text"):  # what the page says was printed
        assert text in done.stdout


@pytest.mark.parametrize("page", with_blocks("python"))
def test_python_compiles(page):
    for text in find_blocks(page, "python"):
        assert compile(text, page, "exec").co_filename == page


@pytest.mark.parametrize("page", [page for page in PAGES if find_commands(page)])
def test_commands_can_be_typed(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("KANALO_WORKSPACE", raising=False)
    for line in find_commands(page):
        words = shlex.split(line.rstrip("&"))
        for word in words:
            if re.search(r"\.(csv|json|jsonl|zip|toml|parquet|fthypt)$", word):
                file = tmp_path / word.removeprefix("../")
                file.parent.mkdir(parents=True, exist_ok=True)
                file.touch()
        assert parse(words[1:]), f"{line}: no verb is called"


def parse(words):
    """Parse a command line down to its verb, or to the rule of `run`, and return its name."""
    if words == ["--help"]:
        return words[0]
    command = typer.main.get_command(app)
    context = command.make_context("kanalo", hoist(words))
    context.obj = CommandSettings()
    while hasattr(command, "get_command"):
        name, *rest = [*context._protected_args, *context.args]
        if context.info_name == "run":
            return name
        command = command.get_command(context, name)
        assert command is not None, f"{words}: no verb '{name}'"
        if "--help" in rest:
            return name
        context = command.make_context(name, rest, parent=context)
    return context.info_name if context.parent else ""


@pytest.mark.parametrize("page", with_blocks("toml"))
def test_toml_is_a_spec_a_plan_or_settings(page, tmp_path):
    (tmp_path / "my_bars.csv").touch()
    for text in find_blocks(page, "toml"):
        content = tomllib.loads(text)
        assert content, text
        if "strategies" in content:
            kanalo.experiment.spec_reader.parse_spec(
                content, source=page, name="page", folder=tmp_path
            )
        elif "claims" in content and "schema" in content:
            plan.parse_plan(content, source=page)


@pytest.mark.parametrize("page", with_blocks("json"))
def test_json_is_json(page):
    for text in find_blocks(page, "json"):
        assert isinstance(json.loads(text), dict | list)


# -- links -----------------------------------------------------


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_files_and_headings(page):
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)", read(page)):
        path = (DOCS / page).parent / unquote(target) if target else DOCS / page
        assert "generated/" not in target, f"{page}: {target} is not there before the site is built"
        assert path.exists(), f"{page}: {target}"
        if anchor:
            headings = re.findall(r"^#+ (.*)$", path.read_text("utf-8"), flags=re.MULTILINE)
            assert anchor in {to_anchor(each) for each in headings}, f"{page}: #{anchor}"


def to_anchor(heading):
    kept = re.sub(r"[^\w\s-]", "", heading.lower())
    return re.sub(r"\s", "-", kept.strip())


@pytest.mark.parametrize("page", PAGES)
def test_page_is_listed(page):
    gallery = DOCS / "gallery" / "index.md"
    listed = read("index.md").split() + (
        gallery.read_text("utf-8").split() if gallery.exists() else []
    )
    own = page.removesuffix(".md").removeprefix("gallery/")
    assert (
        page in ("README.md", "index.md")
        or "decisions/" in page
        or own in {each.removeprefix("gallery/") for each in listed}
    )


# -- lists that must be complete -----------------------------------------------------


@pytest.mark.parametrize("name", [*COLUMNS, *CONTEXT, *EXCHANGES])
def test_every_column_is_listed(name):
    assert re.search(rf"`(market\.)?{name}`", read("columns.md"))


SPEC_KEYS = (
    *spec_reader._KEYS,
    *spec_reader._FILE_KEYS,
    *(each.name for cls in (Costs, Execution) for each in list_settings(cls)),
    *plan._CLAIM_KEYS,
    *plan._SETTINGS,
    *plan.KINDS,
)


@pytest.mark.parametrize("key", SPEC_KEYS)
def test_every_key_is_listed(key):
    assert re.search(rf"(`|\[\[|\[|\"){key}(`|\]|\")", read("spec_keys.md"))


@pytest.mark.parametrize("key", [each.key for each in STATISTICS])
def test_every_statistic_is_listed(key):
    assert f"| `{key}` |" in read("statistics.md")
