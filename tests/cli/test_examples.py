"""Every verb has examples, and each can be typed as it stands."""

import re
import shlex

import pytest
import typer

from kanalo.cli.app import app, hoist
from kanalo.cli.base import CommandSettings
from kanalo.cli.examples import EXAMPLES, PANELS

COMMAND = typer.main.get_command(app)


def list_verbs(command=COMMAND, words=()):
    """Return the words of every verb; the rules below `run` are not verbs."""
    commands = {} if words == ("run",) else getattr(command, "commands", {})
    for name, below in commands.items():
        if not below.hidden:
            yield " ".join((*words, name))
            yield from list_verbs(below, (*words, name))


VERBS = tuple(list_verbs())


def parse(line):
    """Parse a command line down to its verb, and run nothing."""
    command, arguments = COMMAND, hoist(shlex.split(line)[1:])
    context = command.make_context("kanalo", arguments)
    context.obj = CommandSettings()
    while hasattr(command, "get_command"):
        name, *rest = [*context._protected_args, *context.args]
        command = command.get_command(context, name)
        assert command is not None, f"{line}: no verb '{name}'"
        context = command.make_context(name, rest, parent=context)
    return context.command_path


@pytest.mark.parametrize("verb", VERBS)
def test_verb_has_an_example_and_a_summary(verb):
    assert EXAMPLES.get(verb), f"add an example of '{verb}' to kanalo/cli/examples.py"
    assert all(each.line.startswith(f"kanalo {verb}") or " " not in verb for each in EXAMPLES[verb])


def test_every_verb_has_one_heading():
    placed = [name for names in PANELS.values() for name in names]
    assert sorted(placed) == sorted(verb for verb in VERBS if " " not in verb)


@pytest.mark.parametrize("line", [each.line for lines in EXAMPLES.values() for each in lines])
def test_example_can_be_typed(line, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for name in ("my_bars.csv", "returns.csv", "trades.csv", "export.json"):
        (tmp_path / name).touch()
    assert parse(line).startswith("kanalo ")


def test_parse_refuses_an_option_that_is_not_there():
    with pytest.raises(typer.TyperException, match="No such option"):
        parse("kanalo data list --nothing")


@pytest.mark.parametrize("verb", VERBS)
def test_help_shows_the_example_and_cuts_nothing(kanalo, verb):
    text = kanalo(*verb.split(), "--help").out
    assert EXAMPLES[verb][0].line in text
    assert not re.search(r"\w\.\.\.$", text, flags=re.MULTILINE)


def test_help_of_all_cuts_no_summary(kanalo):
    text = kanalo("--help").out.partition("Run and compare rules:")[2]
    assert "..." not in text
    assert "Compare strategies on markets, judge them, and write the report." in text


def test_shell_completes_verbs(kanalo, monkeypatch):
    monkeypatch.setenv("_KANALO_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", "kanalo data d")
    monkeypatch.setenv("COMP_CWORD", "2")
    with pytest.raises(SystemExit):
        kanalo()
