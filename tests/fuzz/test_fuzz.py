"""Whatever comes in, what comes out is a result or one short sentence.

Hypothesis writes files of bars, times, specs and command lines; each is read or refused by an error
of kanalo's own, on one line of at most 400 characters. ``FUZZ_SECONDS`` says how long it looks.
"""

import string
import sys
import time
import warnings

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from kanalo.cli import main
from kanalo.errors import KanaloError
from kanalo.experiment.spec_reader import load_spec
from kanalo.market import read_bars
from kanalo.market.times import to_time

LONGEST = 400

PROFILE = settings(
    max_examples=200,
    deadline=None,
    database=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)

pytestmark = pytest.mark.slow


def check_sentence(text, *paths):
    """Assert that a message is one short line, the paths of the test left out."""
    for path in paths:
        text = text.replace(str(path), "")
    assert len(text) <= LONGEST, text[:2_000]
    assert len(text.strip().splitlines()) <= 2, text
    assert not text.startswith("unexpected "), text
    assert "Traceback" not in text, text


def look(seconds, strategy, check):
    """Try what a strategy draws until the time is over; a failure is shrunk and raised."""
    end = time.monotonic() + seconds
    count = 0

    def attempt(value):
        nonlocal count
        if time.monotonic() < end:
            check(value)
            count += 1

    while time.monotonic() < end:  # each round draws anew
        PROFILE(given(strategy)(attempt))()
    sys.stdout.write(f"{count:,} inputs in {seconds:.0f} s\n")
    assert count > 0


# -- times -----------------------------------------------------------------------------------------

NUMBERS = st.one_of(
    st.integers(-(10**25), 10**25).map(str),
    st.floats().map(repr),
    st.sampled_from(["", "NaN", "inf", "-0", "1e400", "0x10", "١٢", "1,5", "1_000", " 7 "]),
)
CLOCKS = st.builds(
    "{:04d}{}{:02d}{}{:02d}{}{:02d}:{:02d}{}".format,
    st.integers(0, 9999),
    st.sampled_from("-/."),
    st.integers(0, 13),
    st.sampled_from("-/."),
    st.integers(0, 32),
    st.sampled_from(["T", " ", "  ", "_"]),
    st.integers(0, 25),
    st.integers(0, 61),
    st.sampled_from(["", "Z", "+00", "+02:00", "-2500", " UTC", " CET", ":00", ":00.1234567891"]),
)
TIMES = st.one_of(
    CLOCKS,
    NUMBERS,
    st.dates().map(str),
    st.text(max_size=30),
    st.dates().map(lambda day: f"{day:%d.%m.%Y}"),
    st.dates().map(lambda day: f"{day:%m/%d/%Y %I:%M %p}"),
)


def test_times(seconds):
    def check(text):
        try:
            to_time(text, "--from")
        except KanaloError as error:
            check_sentence(str(error))

    look(seconds, TIMES, check)


# -- files of bars ---------------------------------------------------------------------------------

HEADERS = st.one_of(
    st.just(["time", "open", "high", "low", "close", "volume"]),
    st.permutations(["Date", "Open", "High", "Low", "Close", "Volume XMR"]),
    st.lists(
        st.one_of(
            st.sampled_from(["time", "timestamp", "open_time", "Date", "Time", "open", "OPEN"]),
            st.sampled_from(["close", "close_time", "volume", "Volume USD", "symbol", "interval"]),
            st.text(max_size=12),
        ),
        max_size=9,
    ),
)


@st.composite
def files(draw):
    """Draw the text of a file: a header, rows, a separator, line ends and perhaps damage."""
    header = draw(HEADERS)
    start = draw(st.integers(0, 3_000_000_000))
    step = draw(st.sampled_from([60, 3_600, 86_400, 0, -60, 7, 2_678_400]))
    separator = draw(st.sampled_from([",", ";", "\t", "|"]))
    rows = []
    for number in range(draw(st.integers(0, 6))):
        stamp = start + number * step
        if draw(st.booleans()):
            rows.append(
                [str(stamp), "10", "11", "9", "10.5", "100", "XMRUSDT", "1h"][: len(header)]
            )
        else:
            rows.append(draw(st.lists(st.one_of(NUMBERS, TIMES), max_size=len(header) + 1)))
    lines = [separator.join(header), *(separator.join(row) for row in rows)]
    text = draw(st.sampled_from(["\n", "\r\n", "\r"])).join(lines)
    data = text.encode(draw(st.sampled_from(["utf-8", "utf-16", "utf-8-sig"])), "replace")
    cut = draw(st.integers(0, len(data)))
    return data if draw(st.integers(0, 9)) else data[:cut] + draw(st.binary(max_size=8))


SUFFIXES = st.sampled_from([".csv", ".csv", ".txt", ".json", ".zip", ".gz", ".parquet", ".feather"])
ZONES = st.one_of(st.none(), st.just("UTC"), st.just("Europe/Berlin"), st.text(max_size=12))


def test_files(seconds, tmp_path):
    def check(drawn):
        data, suffix, zone = drawn
        path = tmp_path / f"bars{suffix}"
        path.write_bytes(data)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                assert len(read_bars(path, timezone=zone)) > 0
            except KanaloError as error:
                check_sentence(str(error), path)

    look(seconds, st.tuples(files(), SUFFIXES, ZONES), check)


# -- specs -----------------------------------------------------------------------------------------

WORDS = st.one_of(
    st.sampled_from(["xmr_1d", "hold_perpetual", "sma_cross", "standard", "stop", "", "..", "a/b"]),
    st.text(max_size=20),
)
SCALARS = st.one_of(
    WORDS,
    st.booleans(),
    st.integers(-(10**30), 10**30),
    st.floats(),
    st.dates(),
    st.datetimes(),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)
KEYS = {
    "costs": ["name", "fee_bps", "maker_fee_bps", "slippage_bps", "funding", "funding_missing"],
    "markets": ["name", "data", "from", "to", "timezone", "symbol", "venue", "interval"],
    "strategies": ["name", "label", "parameters", "markets"],
    "execution": ["cash", "max_leverage", "both_touched", "entry_bar_exits", "limit_fills"],
}


@st.composite
def specs(draw):
    """Draw a spec that is right but for a few places."""
    content = {
        "markets": [{"name": "xmr_1d"}],
        "strategies": [{"name": "sma_cross"}],
        "costs": [{}],
        "execution": {},
    }
    for _ in range(draw(st.integers(0, 4))):
        group = draw(st.sampled_from([*KEYS, "top"]))
        value = draw(VALUES)
        if group == "top":
            names = st.sampled_from(["name", "title", "question", "yardsticks", *KEYS])
            content[draw(names | WORDS)] = value
            continue
        table = content.get(group)
        table = table[0] if isinstance(table, list) and table else table
        if isinstance(table, dict):
            table[draw(st.sampled_from(KEYS[group]) | WORDS)] = value
    return content


def to_toml(value):
    """Write a value as TOML, inline."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        escaped = (
            f"\\U{ord(sign):08x}" if sign in '"\\' or ord(sign) < 32 else sign for sign in value
        )
        return f'"{"".join(escaped)}"'
    if isinstance(value, dict):
        return "{" + ", ".join(f"{to_toml(k)} = {to_toml(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(to_toml, value)) + "]"
    return repr(value) if isinstance(value, (int, float)) else value.isoformat()


def _escape(sign):
    return f"\\U{ord(sign):08x}" if sign in '"\\' or ord(sign) < 32 else sign


def write_spec(content):
    """Write a whole spec as TOML text."""
    return "\n".join(f"{to_toml(key)} = {to_toml(value)}" for key, value in content.items())


def test_specs(seconds, tmp_path):
    path = tmp_path / "spec.toml"

    def check(drawn):
        text, damage, at = drawn
        text = write_spec(text)
        place = int(at * len(text))
        path.write_bytes((text[:place] + damage + text[place:]).encode("utf-8", "surrogatepass"))
        try:
            load_spec(path)
        except KanaloError as error:
            check_sentence(str(error), path)

    damage = st.one_of(st.just(""), st.just(""), st.text(max_size=5), st.just("[" * 3_000))
    look(seconds, st.tuples(specs(), damage, st.floats(0, 1)), check)


# -- command lines ---------------------------------------------------------------------------------

VERBS = [
    *("compare", "run", "sweep", "walk-forward", "audit", "strategies", "replay", "verify"),
    *("ledger", "clean", "study", "claims", "new-strategy", "settings", "liquidations map"),
    *("liquidations flow", "liquidations score", "data list", "data check", "data remove"),
    *("data formats", "data import bars", "data import okx-liquidations", "run hold"),
]
OPTIONS = [
    *("--from", "--to", "--market", "--data", "--timezone", "--cash", "--fee-bps", "--json"),
    *("--slippage-bps", "--funding-missing", "--max-leverage", "--both-touched", "--engine"),
    *("--grid", "--random", "--seed", "--train", "--test", "--select", "--purge", "--by", "--top"),
    *("--event", "--measured-move", "--horizons", "--spacing", "--controls", "--caliper", "--wake"),
    *("--draws", "--within", "--at", "--half-life", "--facts", "--spec", "--last", "--kind"),
    *("--status", "--strategy", "--exchange", "--symbol", "--name", "--unit", "--contract-value"),
    *("--period", "--replace", "--dry-run", "--yes", "--thorough", "--min-trades", "--anchored"),
    *("--after-bars", "--days", "--quiet", "--no-funding", "--no-judge"),
    *("--workspace", "-o", "--debgu"),
]
ARGUMENTS = st.one_of(
    st.sampled_from(["hold", "late.toml", "hodl", "bars.csv", "nothing.csv", "xmr_1d", "-", "/"]),
    st.sampled_from(["after_bars=1:9:1", "after_bars=", "=", "stop", "resolve", "99999d", "1h"]),
    st.sampled_from(["return_1d > 0", "close >", "((((", "last", "0", "-1", "trials", "channel"]),
    st.sampled_from(["\x1b[2J", "\u202eevil", "../..", "a" * 3_000, "9" * 5_000, "\0", "nan"]),
    NUMBERS,
    TIMES,
    st.text(string.printable, max_size=12),
)


@st.composite
def command_lines(draw):
    """Draw a verb with arguments and options; none of them may write outside of its folder."""
    line = draw(st.sampled_from(VERBS)).split()
    if draw(st.booleans()):
        line.append("hold")
    for _ in range(draw(st.integers(0, 4))):
        if draw(st.booleans()):
            line.append(draw(st.sampled_from(OPTIONS)))
        line.append(draw(ARGUMENTS))
    places = {"-o", "--workspace", "--json"}
    return [
        "mine" if before in places and each not in ("-", "/") else each
        for before, each in zip(["", *line], line, strict=False)
    ]


RULE = '''"""Hold."""
from dataclasses import dataclass
import numpy as np
from kanalo.strategy import Decisions, Strategy, param

@dataclass(frozen=True)
class Hold(Strategy):
    """Buy after some bars and hold."""

    after_bars: int = param(2, low=1, high=9, unit="bars", help="Bars to wait.")

    def decide(self, market):
        entry = np.zeros(len(market), dtype=bool)
        entry[self.after_bars] = True
        return Decisions.from_arrays(len(market), long=entry)
'''


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Make a workspace with one rule, a spec and forty daily bars, and work in it."""
    root = tmp_path / "home"
    for folder in ("strategies", "data", "backtests"):
        (root / folder).mkdir(parents=True)
    (root / "strategies" / "__init__.py").touch()
    (root / "strategies" / "hold.py").write_text(RULE)
    (root / "late.toml").write_text(
        '[[markets]]\ndata = "bars.csv"\n[[strategies]]\nname = "hold"\n'
    )
    bars = [
        f"{1_700_006_400 + 86_400 * day},{day + 9},{day + 12},{day + 8},{day + 10},1"
        for day in range(40)
    ]
    (root / "bars.csv").write_text("\n".join(["time,open,high,low,close,volume", *bars]))
    (root / "data" / "manifest.json").write_text('{"version": 1, "tables": {}, "markets": {}}')
    monkeypatch.chdir(root)
    monkeypatch.setattr(sys, "path", list(sys.path))
    forgotten = {name: sys.modules.pop(name) for name in list(sys.modules) if _is_rule(name)}
    yield root
    for name in [name for name in sys.modules if _is_rule(name)]:
        del sys.modules[name]
    sys.modules.update(forgotten)


def _is_rule(name):
    return name.split(".")[0] == "strategies"


def test_commands(seconds, home, capsys):
    def check(line):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            code = main(line)
        errors = capsys.readouterr().err
        assert code in (0, 1, 2), (line, errors)
        assert code == 0 or errors, line
        for message in errors.split("error: ")[1:]:
            check_sentence(message.partition("\nTry '")[0], home)

    look(seconds, command_lines(), check)
