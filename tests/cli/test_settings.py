"""`kanalo settings` shows every value with its origin, and no key."""

import json

from kanalo.file_formats import DATA_MANIFEST


def test_settings_say_who_says_them(home, kanalo, monkeypatch):
    (home / "kanalo.toml").write_text("[sources]\ntries = 3\n")
    monkeypatch.setenv("KANALO_SOURCES_TIMEOUT", "4")
    model = json.loads(kanalo("settings", "--json", "-").out)
    found = {each["name"]: (each["value"], each["origin"]) for each in model["settings"]}
    assert found["sources.tries"] == (3, "kanalo.toml")
    assert found["sources.timeout"] == (4.0, "environment KANALO_SOURCES_TIMEOUT")
    assert found["sources.at_once"] == (4, "default")
    assert model["file"] == str(home / "kanalo.toml")


def test_a_key_is_said_to_be_there_and_never_shown(home, kanalo, monkeypatch):
    monkeypatch.setenv("COINALYZE_API_KEY", "hush")
    for outcome in (kanalo("settings"), kanalo("settings", "--json", "-")):
        assert outcome.code == 0
        assert "hush" not in outcome.out + outcome.err
    assert "COINALYZE_API_KEY: set" in kanalo("settings").out
    assert "COINGLASS_API_KEY: not set" in kanalo("settings").out


def test_a_wrong_key_is_wrong_usage(home, kanalo):
    (home / "kanalo.toml").write_text("[sources]\ntrys = 3\n")
    outcome = kanalo("settings")
    assert outcome.code == 2
    assert "has no key 'trys'. Did you mean 'tries'?" in outcome.err


def write_spec(home, costs='[[costs]]\nname = "own"\nfee_bps = 7\n'):
    market = '[[markets]]\ndata = "bars.csv"\n'
    (home / "backtests/own.toml").write_text(
        f'title = "A"\n{costs}{market}[[strategies]]\nname = "hold"\n'
    )


def find_costs(kanalo, *line):
    flags = ("--no-judge", "--no-cross-check", "--json", "-")
    outcome = kanalo("compare", "backtests/own.toml", *line, *flags)
    assert outcome.code == 0, outcome.err
    (costs,) = json.loads(outcome.out)["spec"]["costs"]
    return costs["fee_bps"], costs["slippage_bps"], costs["funding"]


def test_option_before_environment_before_spec_before_file_before_default(
    home, kanalo, monkeypatch
):
    write_spec(home)
    assert find_costs(kanalo) == (7, 2, True)
    (home / "kanalo.toml").write_text("[costs]\nfee_bps = 1\nslippage_bps = 3\nfunding = false\n")
    assert find_costs(kanalo) == (7, 3, False)
    monkeypatch.setenv("KANALO_COSTS_FEE_BPS", "8")
    monkeypatch.setenv("KANALO_COSTS_FUNDING", "yes")
    assert find_costs(kanalo) == (8, 3, True)
    assert find_costs(kanalo, "--fee-bps", "9", "--no-funding") == (9, 3, False)


def test_a_run_takes_costs_account_and_folder_from_the_settings(home, kanalo, monkeypatch):
    (home / "kanalo.toml").write_text(
        '[defaults]\nresults = "out"\n[costs]\nfee_bps = 11\n[execution]\ncash = 500\n'
    )
    line = ("run", "hold", "--data", "backtests/bars.csv", "--json", "-")
    monkeypatch.setenv("KANALO_EXECUTION_BOTH_TOUCHED", "target")
    model = json.loads(kanalo(*line).out)["spec"]
    assert model["costs"][0]["fee_bps"] == 11
    assert (model["execution"]["cash"], model["execution"]["both_touched"]) == (500, "target")
    assert (home / "out" / "hold" / "report.html").exists()
    assert (home / "out" / "ledger.sqlite").exists()
    assert not (home / "backtests" / "results").exists()
    model = json.loads(kanalo(*line, "--fee-bps", "5").out)["spec"]
    assert model["costs"][0]["fee_bps"] == 5  # the default, but said


def test_every_setting_is_shown_with_its_origin(home, kanalo, monkeypatch):
    (home / "kanalo.toml").write_text('[defaults]\nmarket = "xmr_1d"\n[costs]\nfee_bps = 1\n')
    monkeypatch.setenv("KANALO_EXECUTION_CASH", "7")
    model = json.loads(kanalo("settings", "--json", "-").out)
    found = {each["name"]: (each["value"], each["origin"]) for each in model["settings"]}
    assert found["defaults.market"] == ("xmr_1d", "kanalo.toml")
    assert found["costs.fee_bps"] == (1, "kanalo.toml")
    assert found["costs.maker_fee_bps"] == (None, "default")
    assert found["execution.cash"] == (7.0, "environment KANALO_EXECUTION_CASH")
    assert found["execution.limit_fills"] == ("touch", "default")
    assert "execution.cash" in kanalo("settings").out


def test_a_default_market_counts_where_none_is_named(home, kanalo):
    empty = {"version": DATA_MANIFEST.version, "tables": {}, "markets": {}, "documents": {}}
    (home / "data" / "manifest.json").write_text(json.dumps(empty))
    (home / "kanalo.toml").write_text('[defaults]\nmarket = "nowhere_1h"\n')
    for verb in (("run", "hold"), ("compare", "hold"), ("now", "hold"), ("audit", "hold")):
        outcome = kanalo(*verb)
        assert (outcome.code, "There is no market 'nowhere_1h'" in outcome.err) == (2, True), verb


def test_values_that_a_field_does_not_take_are_refused_by_name(home, kanalo, monkeypatch):
    (home / "kanalo.toml").write_text('[execution]\nboth_touched = "stopp"\n')
    outcome = kanalo("settings")
    assert outcome.code == 2
    assert "kanalo.toml: 'execution.both_touched'" in outcome.err
    assert "Did you mean 'stop'?" in outcome.err
    (home / "kanalo.toml").unlink()
    monkeypatch.setenv("KANALO_COSTS_FEE_BPS", "many")
    outcome = kanalo("run", "hold", "--data", "backtests/bars.csv")
    assert outcome.code == 2
    assert "environment KANALO_COSTS_FEE_BPS: 'costs.fee_bps'" in outcome.err
    monkeypatch.delenv("KANALO_COSTS_FEE_BPS")
    (home / "kanalo.toml").write_text("[cost]\nfee_bps = 1\n")
    assert "there is no table [cost]. Did you mean 'costs'?" in kanalo("settings").err
