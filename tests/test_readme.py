"""What the README shows runs as it stands."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def find_blocks(language):
    """Return the code blocks of a language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```", README, flags=re.DOTALL | re.MULTILINE)


STRATEGY, FIRST, SESSION = find_blocks("python")
(SPEC,) = find_blocks("toml")


def run(*arguments, cwd):
    environment = os.environ | {"KANALO_WORKSPACE": str(cwd)}
    return subprocess.run(
        (sys.executable, *arguments),
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Make a workspace that holds the README's strategy and its spec."""
    home = tmp_path_factory.mktemp("readme") / "home"
    done = run("-m", "kanalo", "init", str(home), cwd=ROOT)
    assert done.returncode == 0, done.stderr
    (home / "strategies" / "dip_buyer.py").write_text(STRATEGY)
    (home / "backtests" / "dips.toml").write_text(SPEC)
    return home


def test_strategy_is_as_short_as_promised():
    code = [line for line in STRATEGY.splitlines() if line.strip()]
    assert len(code) <= 25


@pytest.mark.slow
def test_every_command_exists():
    commands = set(re.findall(r"`(?:\.venv/bin/)?kanalo ([a-z-]+)(?: ([a-z]+))?", README))
    assert {verb for verb, _ in commands} >= {"compare", "run", "strategies", "data", "init"}
    for verb, second in commands:
        words = [verb, second] if verb == "data" else [verb]
        done = run("-m", "kanalo", *words, "--help", cwd=ROOT)
        assert done.returncode == 0, done.stderr


def test_every_make_target_exists():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    named = set(re.findall(r"make ([a-z]+)", README)) | {"quick", "check", "wheel"}
    assert named <= targets


def test_every_link_leads_somewhere():
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "docs/README.md", "docs/decisions/README.md"])
def test_every_link_of_the_guides_leads_somewhere(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", text)
    assert links
    assert [link for link in links if not (ROOT / page).parent.joinpath(link).exists()] == []


@pytest.mark.slow
def test_strategy_runs_with_the_options_shown(home):
    (line,) = re.findall(r"^\.venv/bin/kanalo (run dip_buyer .*)$", README, flags=re.MULTILINE)
    done = run("-m", "kanalo", *line.split(), cwd=home)
    assert done.returncode == 0, done.stderr
    assert "dip_buyer" in done.stdout


@pytest.mark.slow
def test_spec_compares_what_it_names(home):
    done = run("-m", "kanalo", "compare", "backtests/dips.toml", cwd=home)
    assert done.returncode == 0, done.stderr
    for each in tomllib.loads(SPEC)["strategies"]:
        assert each.get("label", each["name"]) in done.stdout


@pytest.mark.slow
def test_figure_is_the_one_that_its_script_draws(home):
    done = run(str(ROOT / "docs/images/draw_article.py"), "figure.svg", cwd=home)
    assert done.returncode == 0, done.stderr
    root = ElementTree.fromstring((home / "figure.svg").read_text(encoding="utf-8"))
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    words = "".join(root.itertext())
    assert "breakdown support" in words
    assert "docs/images/article_on_trial.svg" in README


@pytest.mark.slow
def test_first_session_takes_five_lines_to_statistics_and_a_plot(home):
    assert len([line for line in FIRST.splitlines() if line.strip()]) <= 5
    done = run("-W", "error", "-c", FIRST, cwd=home)
    assert done.returncode == 0, done.stderr
    assert re.search(r"^Return \[%\] +-?\d", done.stdout, flags=re.MULTILINE)
    assert (home / "donchian.png").read_bytes()[:4] == b"\x89PNG"


@pytest.mark.slow
def test_session_compares_and_sweeps(home):
    done = run("-W", "error", "-c", SESSION, cwd=home)
    assert done.returncode == 0, done.stderr
    for name in ("hold_perpetual", "donchian_breakout(entry=55)", "donchian_breakout"):
        assert name in done.stdout
    assert (home / "heatmap.png").read_bytes()[:4] == b"\x89PNG"


@pytest.mark.slow
def test_names_alone_are_compared(home):
    (line,) = re.findall(r"`kanalo (compare dip_buyer [^`]*)`", README)
    done = run("-m", "kanalo", *line.split(), "--no-judge", cwd=home)
    assert done.returncode == 0, done.stderr
    assert "dip_buyer" in done.stdout
