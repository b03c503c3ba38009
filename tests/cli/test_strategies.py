"""`kanalo strategies` lists rules and parameters, broken ones too."""


def test_rules_are_listed_with_their_parameters(home, kanalo):
    outcome = kanalo("strategies")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.startswith(
        "hold\n"
        "  Buy after some bars and hold.\n"
        "    --after-bars         Bars to wait.  [bars; 1 to 9; default 2]\n"
        "    --share              Share of equity.  [0.1 to 1.0; default 1.0]\n"
    )


def test_backtrader_parameters_are_listed_where_a_command_line_can_set_them(home, kanalo):
    out = kanalo("strategies").out
    assert "--size               [default 3]" in out
    assert "--loud               [default False]" in out
    assert "--thing" not in out


def test_broken_rule_is_named_and_does_not_hide_the_others(home, kanalo):
    (home / "strategies" / "broken.py").write_text("x = = 1\n")
    outcome = kanalo("strategies")
    assert outcome.code == 1
    assert "(broken: invalid syntax, line 1)" in outcome.out
    assert "\nhold\n" in outcome.out


def test_empty_workspace_says_so(home, kanalo):
    for path in (home / "strategies").glob("[!_]*.py"):
        path.unlink()
    assert kanalo("strategies").out == f"No strategies in {home / 'strategies'}.\n"
