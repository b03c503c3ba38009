"""Whatever happens to a command, files are whole, results come, and doing it again mends the rest.

Commands are killed at every write and rename and at random moments, meet a full disk, find damaged
files, and run side by side. ``make chaos`` does so for ten minutes and prints how often.
"""

import collections
import json
import shutil
import sqlite3
import sys

import numpy as np
import pandas as pd
import pytest

pytestmark = pytest.mark.slow

LONGEST = 400
LEDGER = "backtests/results/ledger.sqlite"
SHOWN = ("run", "compare", "walk-forward", "audit")
"""Commands that print results before, or without, writing any."""


def find_results(root):
    """List the files that commands wrote, drafts, locks and logs left out."""
    folders = ("backtests/results", "swept", "data/imported")
    paths = [path for folder in folders for path in (root / folder).rglob("*")]
    return sorted(
        path for path in paths if path.is_file() and not path.name.startswith((".", "ledger."))
    )


def find_drafts(root):
    """List what is written before a rename gives it its name."""
    return sorted(path for ending in ("draft", "tmp") for path in root.rglob(f".*.{ending}"))


def check_whole(root):
    """Assert that each file is whole."""
    for path in find_results(root):
        if path.suffix == ".json":
            json.loads(path.read_text("utf-8"))
        elif path.suffix == ".npy":
            np.load(path)
        elif path.suffix == ".parquet":
            pd.read_parquet(path)
        elif path.suffix == ".html":
            assert path.read_text("utf-8").rstrip().endswith("</html>"), path
        else:
            assert path.stat().st_size, path


def read_ledger(root, query):
    """Return the rows of a query to the ledger, once SQLite has found all its pages sound."""
    connection = sqlite3.connect(root / LEDGER)
    try:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def find_trials(root):
    """Return each distinct trial with its latest Sharpe ratio, in an order of their own."""
    if not (root / LEDGER).exists():  # imports try nothing
        return []
    query = (
        "SELECT settings.market, settings.start, trials.parameters, outcomes.sharpe FROM trials "
        "JOIN settings ON settings.id = trials.setting JOIN outcomes ON outcomes.id = "
        "(SELECT MAX(id) FROM outcomes WHERE trial = trials.id)"
    )
    rows = read_ledger(root, query)
    return sorted(((*row, sharpe and round(sharpe, 9)) for *row, sharpe in rows), key=str)


def check_sentence(outcome, root):
    """Assert that errors and warnings are short sentences."""
    text = outcome.err.replace(str(root), "")
    assert "Traceback" not in text, text
    assert "unexpected " not in text, text
    assert all(len(line) <= LONGEST for line in text.splitlines()), text


def check_done(outcome, root):
    """Assert that a command did all it should, and left nothing half done by it or another."""
    assert outcome.code == 0, outcome.err
    check_sentence(outcome, root)
    check_whole(root)
    assert find_drafts(root) == []


def tell(what, counts):
    """Print how often something was done."""
    text = ", ".join(f"{count:,} × {name}" for name, count in sorted(counts.items()))
    sys.stdout.write(f"{what}: {text}\n")


@pytest.fixture(scope="session")
def expected(forks, commands, fresh_home, tmp_path_factory):
    """Run each command undisturbed in a fresh workspace: its outcome, its trials and its table."""
    found = {}
    for name, arguments in commands.items():
        root = tmp_path_factory.mktemp(name) / "home"
        shutil.copytree(fresh_home, root)
        outcome = forks.run(root, arguments)
        check_done(outcome, root)
        table = root / "swept" / "sweep.parquet"
        data = table.read_bytes() if name == "sweep" else b""
        found[name] = (outcome, find_trials(root), data)
    return found


def test_killed(forks, commands, expected, fresh_home, copy_home, rounds, draw):
    places = [(name, step) for name in commands for step in range(len(expected[name][0].steps))]
    draw.shuffle(places)
    counts = collections.Counter()
    for number in rounds():
        name, step = places[number % len(places)]
        at_random = number >= len(places) or number % 4 == 3
        root = copy_home(fresh_home)
        kill = {"kill_after": draw.uniform(0, 1.5)} if at_random else {"kill_step": step + 1}
        outcome = forks.run(root, commands[name], **kill)
        assert outcome.code in ((0, -9) if at_random else (-9,)), (name, kill, outcome.err)
        check_whole(root)
        check_done(forks.run(root, commands[name]), root)
        assert find_trials(root) == expected[name][1], (name, kill)
        if name == "sweep":
            assert (root / "swept" / "sweep.parquet").read_bytes() == expected[name][2]
        counts[f"{name} ended" if outcome.code == 0 else f"{name} killed"] += 1
    tell("Killed and done again", counts)


def test_disk_full(forks, commands, expected, fresh_home, copy_home, rounds, draw):
    counts = collections.Counter()
    for _ in rounds():
        name = draw.choice(list(commands))
        root = copy_home(fresh_home)
        if draw.random() < 0.5:
            full = {"full_step": draw.randint(1, len(expected[name][0].steps))}
        else:
            full = {"file_bytes": draw.choice([0, 1, 100, 4_096, 20_000, 100_000])}
        outcome = forks.run(root, commands[name], **full)
        assert outcome.code in (0, 1), (name, full, outcome)
        check_sentence(outcome, root)
        assert outcome.code == 0 or "error: " in outcome.err, (name, full, outcome.err)
        if name in SHOWN:
            assert outcome.out == expected[name][0].out, (name, full, outcome.err)
        check_whole(root)
        check_done(forks.run(root, commands[name]), root)
        assert find_trials(root) == expected[name][1], (name, full)
        counts[f"{name} ended with {outcome.code}"] += 1
    tell("Disk full and done again", counts)


def damage(path, draw):
    """Damage a file in one of the ways in which files are damaged, and name it."""
    data = path.read_bytes()
    place, length = draw.randrange(len(data)), draw.randint(1, 200)
    noise = draw.randbytes(length)
    ways = {
        "emptied": b"",
        "cut": data[:place],
        "overwritten": noise * 20,
        "spoilt in its middle": data[:place] + noise + data[place + length :],
    }
    way = draw.choice([*ways, "removed"])
    if way == "removed":
        path.unlink()
    else:
        path.write_bytes(ways[way])
    return way


def test_files_damaged(forks, commands, done_home, copy_home, rounds, draw):
    views = {"trials": ["ledger", "trials"], "runs": ["ledger"], "verify": ["verify", "1"]}
    choices = {**commands, **views, "clean": ["clean"]}
    counts = collections.Counter()
    for _ in rounds():
        root = copy_home(done_home)
        path = draw.choice([*find_results(root), *[root / LEDGER] * 10])
        content, way = path.read_bytes(), damage(path, draw)
        damaged = path.read_bytes() if path.exists() else b""
        name = draw.choice(list(choices))
        outcome = forks.run(root, choices[name])
        told = (name, path.name, way, outcome)
        assert outcome.code in (0, 1, 2), told
        check_sentence(outcome, root)
        assert name not in SHOWN or outcome.code == 0, told
        reads_ledger = name != "clean"  # which lists sizes and looks into nothing
        if (
            reads_ledger
            and path.name == "ledger.sqlite"
            and way in ("emptied", "cut", "overwritten")
        ):
            assert damaged == content or "ledger" in outcome.err, told
        counts[f"{path.suffix[1:]} {way}"] += 1
    tell("Damaged", counts)


def test_side_by_side_together(forks, commands, done_home, fresh_home, copy_home, rounds, draw):
    counts = collections.Counter()
    trials = find_trials(done_home)
    for _ in rounds():
        root = copy_home(fresh_home)
        names = [*commands, *draw.choices(list(commands), k=3)]
        draw.shuffle(names)
        outcomes = forks.run_all(root, *({"arguments": commands[name]} for name in names))
        refused = 0
        for name, outcome in zip(names, outcomes, strict=True):
            if name == "sweep" and outcome.code:
                assert "Another process is sweeping into" in outcome.err
                refused += 1
                continue
            assert outcome.code == 0, (name, outcome.err)
            assert not outcome.err.replace("Report: ", "", 1).count(": "), (name, outcome.err)
            counts[name] += 1
        check_whole(root)
        assert find_drafts(root) == []
        assert find_trials(root) == trials
        (ended,) = read_ledger(root, "SELECT COUNT(*) FROM runs WHERE status = 'finished'")
        assert ended[0] <= len(names) - refused
        counts["sweep refused"] += refused
    tell("Side by side", counts)
