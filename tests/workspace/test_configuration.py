"""A setting's value is that of the first who says one, and a wrong one is refused by name."""

import pytest

from kanalo.errors import SpecError
from kanalo.workspace.configuration import Declared, resolve

DECLARED = (
    Declared("sources", "tries", 5, "Tries."),
    Declared("sources", "mirror", "", "Address."),
    Declared("sources", "timeout", 10.0, "Seconds."),
)


def value(tmp_path, text="", options=None, environment=None):
    (tmp_path / "kanalo.toml").write_text(text)
    settings = resolve(tmp_path, DECLARED, options, environment or {})
    return settings[0].value, settings[0].origin


def test_an_option_counts_first_then_the_environment_then_the_file_then_the_default(tmp_path):
    text, option = "[sources]\ntries = 3\n", {"sources.tries": 1}
    environment = {"KANALO_SOURCES_TRIES": "2"}
    assert value(tmp_path, text, option, environment) == (1, "option")
    assert value(tmp_path, text, None, environment) == (2, "environment KANALO_SOURCES_TRIES")
    assert value(tmp_path, text) == (3, "kanalo.toml")
    assert value(tmp_path) == (5, "default")


def test_no_file_is_no_setting(tmp_path):
    assert [each.origin for each in resolve(tmp_path, DECLARED, environment={})] == ["default"] * 3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[sources]\ntrys = 3", r"\[sources\] has no key 'trys'\. Did you mean 'tries'\?"),
        ("[source]\ntries = 3", r"there is no table \[source\]\. Did you mean 'sources'\?"),
        ("tries = 3", r"there is no table \[tries\]\."),
        ("[sources]\ntries = 'many'", "'sources.tries' must be a positive number; received 'many'"),
        ("[sources]\ntries = 2.5", "must be a positive number; received '2.5'"),
        ("[sources]\ntries = 0", "must be a positive number"),
        ("[sources]\ntries = true", "must be a positive number"),
        ("[sources]\nmirror = 3", "'sources.mirror' must be text"),
        ("[sources", "is not TOML"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path, text, message):
    with pytest.raises(SpecError, match=message):
        value(tmp_path, text)
