"""Every public function and class names what is wrong with its arguments, and what it takes.

One table: the name, a call, and what its error must say. A new public name needs a row.
"""

import re

import numpy as np
import pytest

import kanalo
from kanalo.errors import KanaloError

WORKSPACE = kanalo.find_workspace()
MARKET = kanalo.load_market("xmr_1d").between("2025-12-01")
RULE = WORKSPACE.load_strategy("sma_cross")
BARS = MARKET.bars
TRUE = np.ones(5, dtype=bool)
SPACE = {"fast": (5, 9)}
BT_RULE = kanalo.to_backtrader(RULE, MARKET)

CASES = [
    # -- run ---------------------------------------------------------------------------------------
    ("run", lambda: kanalo.run(5, MARKET), "run(): 'rule' must be a rule: .* received 5."),
    ("run", lambda: kanalo.run(dict, MARKET), "'rule' must be a rule: .*the class dict"),
    ("run", lambda: kanalo.run("sma_cros", MARKET), "no strategy 'sma_cros'. Did you mean 'sma_"),
    ("run", lambda: kanalo.run(RULE, 5), "run(): 'market' must be a market: .* received 5."),
    ("run", lambda: kanalo.run(RULE, {"close": [1]}), "'market' must be a market"),
    ("run", lambda: kanalo.run(RULE, "xmr_1x"), "no market 'xmr_1x'. Did you mean 'xmr_1"),
    ("run", lambda: kanalo.run(RULE, "no/bars.csv"), "bars.csv: there is no such file"),
    ("run", lambda: kanalo.run(RULE, BARS.iloc[:, :3]), "column 'close' is missing"),
    ("run", lambda: kanalo.run(RULE, BARS.assign(close=np.nan)), "column 'close': expected a fin"),
    ("run", lambda: kanalo.run(RULE, MARKET, costs=5), "run(): 'costs' must be a kanalo.Costs"),
    ("run", lambda: kanalo.run(RULE, MARKET, costs={"fee_bps": 3}), "'costs' must be a kanalo.C"),
    ("run", lambda: kanalo.run(RULE, MARKET, execution=3), "'execution' must be a kanalo.Execut"),
    ("run", lambda: kanalo.run(RULE, MARKET, parameters=5), "'parameters' must be a mapping"),
    ("run", lambda: kanalo.run(RULE, MARKET, parameters={"fats": 3}), "Did you mean 'fast'?"),
    ("run", lambda: kanalo.run(RULE, MARKET, parameters={"fast": "a"}), "must be an int in .*'a'"),
    ("run", lambda: kanalo.run(RULE(), MARKET, parameters={"fast": 9}), "Write SmaCross(fast=9, "),
    ("run", lambda: kanalo.run(RULE(), MARKET, parameters={}), "'parameters' cannot be given with"),
    ("run", lambda: kanalo.run(BT_RULE, MARKET, parameters={"fats": 3}), "Did you mean 'fast'?"),
    ("run", lambda: kanalo.run(RULE, MARKET, engine="fast"), "run(): 'engine' must be one of comp"),
    ("run", lambda: kanalo.run(RULE, MARKET, engine=None), "'engine' must be one of .*None"),
    ("run", lambda: kanalo.run(RULE, MARKET, cross_check="y"), "'cross_check' must be True or F"),
    ("run", lambda: kanalo.run(RULE, MARKET, workspace="."), "'workspace' must be a kanalo.Worksp"),
    # -- compare -----------------------------------------------------------------------------------
    ("compare", lambda: kanalo.compare("sma_cross", MARKET), "compare(): 'rules' must be a list"),
    ("compare", lambda: kanalo.compare([RULE, 5], MARKET), "compare(): 'rule' must be a rule"),
    ("compare", lambda: kanalo.compare([RULE], 5), "compare(): 'market' must be a market"),
    ("compare", lambda: kanalo.compare([RULE], MARKET, costs="free"), "compare(): 'costs' must be"),
    ("compare", lambda: kanalo.compare([RULE], MARKET, judge=1), "'judge' must be True or False"),
    # -- judge -------------------------------------------------------------------------------------
    ("judge", lambda: kanalo.judge(5), "judge(): 'returns' must be a Series, a DataFrame or pa"),
    ("judge", lambda: kanalo.judge("no.csv", 3), "no.csv: there is no such file"),
    ("judge", lambda: kanalo.judge(BARS["close"], "a"), "judge(): 'n_trials' must be an int"),
    ("judge", lambda: kanalo.judge(BARS["close"], unit="bps"), "'unit' must be percent or fract"),
    ("judge", lambda: kanalo.judge(BARS["close"], market=5), "'market' must be a kanalo.Market"),
    ("judge", lambda: kanalo.judge(BARS["close"]), "in percent? .*--unit percent"),
    # -- specs -------------------------------------------------------------------------------------
    ("run_spec", lambda: kanalo.run_spec(5), "run_spec(): 'spec' must be a kanalo.Spec or the"),
    ("run_spec", lambda: kanalo.run_spec("no.toml"), "no.toml: cannot be read"),
    ("load_spec", lambda: kanalo.load_spec(5), "load_spec(): 'path' must be the path of a TOML"),
    ("Spec", lambda: kanalo.Spec(nmae="x"), "Spec has no argument 'nmae'. Did you mean 'name'?"),
    # -- costs and account -------------------------------------------------------------------------
    ("Costs", lambda: kanalo.Costs(fee=3), "Costs has no argument 'fee'. Did you mean 'fee_bps'?"),
    ("Costs", lambda: kanalo.Costs(fee_bps="5"), "Costs(): 'fee_bps' must be a number .* '5'."),
    ("Costs", lambda: kanalo.Costs(maker_fee_bps=np.nan), "'maker_fee_bps' must be .* nan."),
    ("Costs", lambda: kanalo.Costs(slippage_bps=True), "'slippage_bps' must be a number .* True."),
    ("Costs", lambda: kanalo.Costs(funding=1), "Costs(): 'funding' must be True or False; rec"),
    ("Costs", lambda: kanalo.Costs(funding_missing=np.inf), "'funding_missing' must be .* inf."),
    ("Execution", lambda: kanalo.Execution(csh=3), "Execution has no argument 'csh'. Did you mean"),
    ("Execution", lambda: kanalo.Execution(cash=0), "Execution(): 'cash' must be a number above 0"),
    ("Execution", lambda: kanalo.Execution(cash=1e308), "'cash' must be a number above 0"),
    ("Execution", lambda: kanalo.Execution(max_leverage=None), "'max_leverage' must be .* None."),
    ("Execution", lambda: kanalo.Execution(both_touched="stpo"), "Did you mean 'stop'?"),
    ("Execution", lambda: kanalo.Execution(entry_bar_exits=0), "'entry_bar_exits' must be True"),
    # -- rules and decisions -----------------------------------------------------------------------
    ("Strategy", lambda: RULE(fats=3), "SmaCross has no argument 'fats'. Did you mean 'fast'?"),
    ("Strategy", lambda: RULE(fast=0), "'fast' parameter of SmaCross must be an int in [1, 200]"),
    ("Strategy", lambda: RULE(fast=np.nan), "'fast' parameter of SmaCross must be an int .* nan"),
    ("Strategy", lambda: RULE(shorts=1), "'shorts' parameter of SmaCross must be a bool; rec"),
    ("param", lambda: kanalo.param([]), "param(): 'default' must be an int, float, bool or str"),
    ("param", lambda: kanalo.param(3, low="a"), "param(): 'low' must be a number; received 'a'."),
    ("param", lambda: kanalo.param(3, low=np.nan), "param(): 'low' must be a number; received n"),
    ("param", lambda: kanalo.param(3, low=5, high=9), "'default' must be in [5, 9]; received 3."),
    ("param", lambda: kanalo.param(3, unit=5), "param(): 'unit' must be text; received 5."),
    (
        "param",
        lambda: kanalo.param("a", choices=["a"]),
        "param(): 'choices' must be a tuple of texts such as ('a', 'b'); received ['a'].",
    ),
    ("param", lambda: kanalo.param("c", choices=("a", "b")), "'default' must be one of a, b; rec"),
    ("Decisions", lambda: kanalo.Decisions(lnog=1), "Decisions has no argument 'lnog'."),
    ("Decisions", lambda: kanalo.Decisions.from_arrays("5"), "'n_bars' must be an int; received"),
    ("Decisions", lambda: kanalo.Decisions.from_arrays(-1), "'n_bars' must be 0 or more; received"),
    (
        "Decisions",
        lambda: kanalo.Decisions.from_arrays(4, long=TRUE),
        "'long' must be a bool array",
    ),
    (
        "Decisions",
        lambda: kanalo.Decisions.from_arrays(5, long=TRUE, stop="low"),
        "'stop' must hold numbers; received 'low'.",
    ),
    (
        "Decisions",
        lambda: kanalo.Decisions.from_arrays(5, long=TRUE, size=[1, 2]),
        "'size' must be one value or 5 of them",
    ),
    # -- markets -----------------------------------------------------------------------------------
    ("Market", lambda: kanalo.Market(symbl="A"), "Market has no argument 'symbl'. Did you mean 's"),
    ("Market", lambda: kanalo.Market("A", "1d", 5, 5), "Market(): 'bars' must be a DataFrame"),
    ("Market", lambda: kanalo.Market("A", "1d", BARS, 5), "Market(): 'venue' must be an array"),
    ("Market", lambda: kanalo.Market("A", 5, BARS, MARKET.venue), "An interval is a whole .* 5."),
    ("Market", lambda: kanalo.Market("A", "1d", BARS, MARKET.venue[:3]), "3 venues for "),
    ("Market", lambda: kanalo.Market.from_bars(None), "Market.from_bars(): 'bars' must be a DataF"),
    ("Market", lambda: kanalo.Market.from_bars(BARS, nmae="x"), "Did you mean 'name'?"),
    ("Market", lambda: kanalo.Market.from_bars(BARS, symbol=5), "'symbol' must be text; received"),
    (
        "Market",
        lambda: MARKET.between("02.07.2025"),
        "'start' may be 2 July 2025 or",
    ),
    ("Market", lambda: MARKET.between(None, 5), "between(): 'end' must be a unix stamp"),
    ("Market", lambda: MARKET.between("2199-01-01"), "no bar opens between 2199-01-01 and the end"),
    ("load_market", lambda: kanalo.load_market(5), "load_market(): 'name' must be the name of a"),
    ("load_market", lambda: kanalo.load_market("xmr_1x"), "no market 'xmr_1x'. Did you mean"),
    ("load_market", lambda: kanalo.load_market("a/b.csv"), "A file is read with kanalo.read_bars("),
    ("read_bars", lambda: kanalo.read_bars(5), "read_bars(): 'path' must be the path of a file"),
    ("read_bars", lambda: kanalo.read_bars("no.csv"), "no.csv: there is no such file"),
    ("read_bars", lambda: kanalo.read_bars("no.csv", timezone=5), "'timezone' must be text; rec"),
    # -- workspaces --------------------------------------------------------------------------------
    ("Workspace", lambda: kanalo.Workspace(5), "Workspace(): 'root' must be the path of a folder"),
    ("Workspace", lambda: WORKSPACE.load_strategy(5), "'name' must be the name of a rule"),
    ("Workspace", lambda: WORKSPACE.load_market(5), "'name' must be the name of a market"),
    (
        "find_workspace",
        lambda: kanalo.find_workspace(5),
        "'directory' must be the path of a folder",
    ),
    ("find_workspace", lambda: kanalo.find_workspace("/nowhere"), "/nowhere is not a workspace"),
    # -- sweeps ------------------------------------------------------------------------------------
    ("run_sweep", lambda: kanalo.run_sweep(5, MARKET, {"fast": [5]}), "5 is not a kanalo.Strategy"),
    ("run_sweep", lambda: kanalo.run_sweep(RULE(), MARKET, {}), "Pass the class SmaCross."),
    (
        "run_sweep",
        lambda: kanalo.run_sweep(RULE, 5, {"fast": [5]}),
        "run_sweep(): 'market' must be",
    ),
    ("run_sweep", lambda: kanalo.run_sweep(RULE, MARKET, 5), "run_sweep(): 'grid' must be a mapp"),
    ("run_sweep", lambda: kanalo.run_sweep(RULE, MARKET, {"fats": [5]}), "Did you mean 'fast'?"),
    ("run_sweep", lambda: kanalo.run_sweep(RULE, MARKET, {"fast": []}), "no values for 'fast'"),
    ("run_sweep", lambda: kanalo.run_sweep(RULE, MARKET, {"fast": [np.nan]}), "an int in .* nan"),
    (
        "run_sweep",
        lambda: kanalo.run_sweep(RULE, MARKET, {"fast": [5]}, costs=5),
        "run_sweep(): 'costs' must be a kanalo.Costs",
    ),
    (
        "run_sweep",
        lambda: kanalo.run_sweep(RULE, MARKET, {"fast": [5]}, folder=5),
        "run_sweep(): 'folder' must be the path of a folder; received 5.",
    ),
    (
        "run_walk_forward",
        lambda: kanalo.run_walk_forward(RULE, MARKET, {"fast": [5]}, train="99999d"),
        "'train' must be a length of at most 36,500 days",
    ),
    (
        "run_walk_forward",
        lambda: kanalo.run_walk_forward(RULE, MARKET, {"fast": [5]}, test=5),
        "'test' must be a length of .* received 5.",
    ),
    (
        "run_walk_forward",
        lambda: kanalo.run_walk_forward(RULE, MARKET, {"fast": [5]}, select="sharp_ratio"),
        "Did you mean 'sharpe_ratio'?",
    ),
    (
        "run_walk_forward",
        lambda: kanalo.run_walk_forward(RULE, MARKET, {"fast": [5]}, select=5),
        "'select' must be the key of a statistic; received 5.",
    ),
    (
        "run_walk_forward",
        lambda: kanalo.run_walk_forward(RULE, 5, {"fast": [5]}),
        "run_walk_forward(): 'market' must be a market",
    ),
    # -- backtrader --------------------------------------------------------------------------------
    ("to_backtrader", lambda: kanalo.to_backtrader(5, MARKET), "'strategy' must be the class of a"),
    ("to_backtrader", lambda: kanalo.to_backtrader(RULE(), MARKET), "must be the class of a kan"),
    ("to_backtrader", lambda: kanalo.to_backtrader(RULE, 5), "'market' must be a kanalo.Market"),
    # -- checks ------------------------------------------------------------------------------------
    ("certify", lambda: kanalo.certify(5, MARKET), "only a kanalo.Strategy can be certified"),
    ("certify", lambda: kanalo.certify(RULE(), MARKET, cuts=-1), "at least 1; received -1."),
    ("certify", lambda: kanalo.certify(RULE(), 5), "certify(): 'market' must be a kanalo.Market"),
    (
        "certify_signal",
        lambda: kanalo.certify_signal(5, MARKET),
        "'function' must be a function",
    ),
    ("certify_signal", lambda: kanalo.certify_signal(len, 5), "'market' must be a kanalo.Market"),
    (
        "certify_detector",
        lambda: kanalo.certify_detector(5, MARKET),
        "'detector' must be a function",
    ),
    ("certify_detector", lambda: kanalo.certify_detector(len, 5), "'market' must be a kanalo.Mark"),
    ("check_strategy", lambda: kanalo.check_strategy(5), "'cls' must be a subclass of kanalo.Str"),
    (
        "check_strategy",
        lambda: kanalo.check_strategy(RULE()),
        "received SmaCross(.* Did you mean SmaCr",
    ),
    ("check_strategy", lambda: kanalo.check_strategy(RULE, 5), "'market' must be a kanalo.Market"),
    ("Certificate", lambda: kanalo.Certificate(clen=1), "Certificate has no argument 'clen'."),
    # -- outcomes ----------------------------------------------------------------------------------
    ("Result", lambda: kanalo.Result(strtegy=1), "Result has no argument 'strtegy'. Did you mean"),
    ("Comparison", lambda: kanalo.Comparison(rnus=1), "no argument 'rnus'. Did you mean 'runs'?"),
    ("SweepResult", lambda: kanalo.SweepResult(tble=1), "no argument 'tble'. Did you mean 'table"),
    (
        "run_monte_carlo",
        lambda: kanalo.run_monte_carlo(RULE, MARKET, paths=3, model="block"),
        "Did you mean 'blocks'",
    ),
    ("run_monte_carlo", lambda: kanalo.run_monte_carlo(RULE, MARKET, paths=0), "paths"),
    (
        "run_search",
        lambda: kanalo.run_search(RULE, MARKET, {"fast": [1, 900]}),
        "The 'fast' parameter of SmaCross must be an int in [1, 200]; received 900.",
    ),
    (
        "run_search",
        lambda: kanalo.run_search(RULE, MARKET, {"fast": [5]}, by="sharp_ratio"),
        "Did you mean 'sharpe_ratio'?",
    ),
    (
        "run_search",
        lambda: kanalo.run_search(RULE, MARKET, {"fast": [5]}, trials=0),
        "'trials' must be a whole number from 1 to 100,000; received 0.",
    ),
    (
        "SearchResult",
        lambda: kanalo.SearchResult(sweptt=1),
        "no argument 'sweptt'. Did you mean 'swept'",
    ),
    (
        "MonteCarlo",
        lambda: kanalo.MonteCarlo(actul=1),
        "no argument 'actul'. Did you mean 'actual'",
    ),
    (
        "SearchResult",
        lambda: kanalo.SearchResult(swpet=1),
        "no argument 'swpet'. Did you mean 'swe",
    ),
    ("run_search", lambda: kanalo.run_search(RULE, MARKET, 5), "'space' must be a mapping such as"),
    ("run_search", lambda: kanalo.run_search(RULE, 5, SPACE), "run_search(): 'market' must be a m"),
    ("run_search", lambda: kanalo.run_search(5, MARKET, SPACE), "5 is not a kanalo.Strategy"),
    (
        "run_search",
        lambda: kanalo.run_search(RULE, MARKET, {"fats": (1, 9)}),
        "Did you mean 'fast'",
    ),
    (
        "run_search",
        lambda: kanalo.run_search(RULE, MARKET, {"fast": (0, 9)}),
        "must be an int in .*0",
    ),
    (
        "run_search",
        lambda: kanalo.run_search(RULE, MARKET, SPACE, trials=0),
        "'trials' must be a wh",
    ),
    (
        "run_search",
        lambda: kanalo.run_search(RULE, MARKET, SPACE, by="sharp"),
        "no statistic 'sharp",
    ),
    ("run_search", lambda: kanalo.run_search(RULE, MARKET, SPACE, sampler="tpf"), "mean 'tpe'?"),
    # -- certificates and reports ------------------------------------------------------------------
    (
        "certify_function",
        lambda: kanalo.certify_function(5, MARKET),
        "'function' must be a functio",
    ),
    (
        "certify_function",
        lambda: kanalo.certify_function(len, 5),
        "'market' must be a kanalo.Market",
    ),
    (
        "certify_function",
        lambda: kanalo.certify_function(len, MARKET, cuts="a"),
        "'cuts' must be an",
    ),
    (
        "certify_backtrader",
        lambda: kanalo.certify_backtrader(RULE, MARKET),
        "a class written for b",
    ),
    (
        "certify_backtrader",
        lambda: kanalo.certify_backtrader(BT_RULE, 5),
        "'market' must be a kanal",
    ),
    ("read_report", lambda: kanalo.read_report(5), "read_report(): 'path' must be the path of a"),
    ("read_report", lambda: kanalo.read_report("no.json"), "no.json cannot be read"),
    ("WalkForward", lambda: kanalo.WalkForward(flods=1), "no argument 'flods'. Did you mean 'fol"),
]


def to_pattern(text):
    """Return a pattern of a text in which ``.*`` alone is not literal."""
    return ".*".join(re.escape(part) for part in text.split(".*"))


@pytest.mark.parametrize(
    ("name", "call", "message"), CASES, ids=[f"{i}-{name}" for i, (name, _, _) in enumerate(CASES)]
)
def test_wrong_arguments_are_named(name, call, message):
    with pytest.raises(KanaloError, match=to_pattern(message)) as caught:
        call()
    text = str(caught.value)
    assert len(text) <= 400
    assert len(text.splitlines()) == 1
    assert isinstance(caught.value, (ValueError, TypeError, LookupError, OSError))


def test_every_public_name_is_in_the_table():
    assert {name for name, _, _ in CASES} == set(kanalo.__all__)


@pytest.mark.parametrize(
    "call",
    [
        lambda: kanalo.Costs(fee_bps=np.float64(5), funding=np.True_).fee,
        lambda: kanalo.Execution(cash=np.int64(500), max_leverage=np.float32(2)),
        lambda: RULE(fast=np.int32(5), shorts=np.False_),
        lambda: kanalo.param(np.int64(5), low=np.int64(1), high=np.float64(9)),
        lambda: kanalo.Decisions.from_arrays(np.int64(5), long=TRUE, size=np.float32(0.5)),
        lambda: MARKET.between(np.datetime64("2026-01-01")),
        lambda: kanalo.run(RULE, MARKET, parameters={"fast": np.int64(9)}, cross_check=np.False_),
        lambda: kanalo.run_sweep(RULE, MARKET, {"fast": np.arange(5, 8)}),
    ],
)
def test_scalars_of_numpy_are_welcome(call):
    assert call() is not None


@pytest.mark.parametrize(
    "value",
    [
        MARKET,
        RULE(),
        WORKSPACE,
        kanalo.Costs(),
        kanalo.Execution(),
        kanalo.run(RULE, MARKET),
        kanalo.compare([RULE], MARKET),
        kanalo.load_spec(WORKSPACE.backtests_dir / "article.toml"),
        kanalo.run_sweep(RULE, MARKET, {"fast": [5]}),
        RULE().decide(MARKET),
    ],
    ids=lambda value: type(value).__name__,
)
def test_reprs_are_short(value):
    assert len(repr(value)) <= 300
    assert len(repr(value).splitlines()) == 1
