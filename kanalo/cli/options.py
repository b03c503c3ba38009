"""Options that several verbs take, each declared once."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from kanalo.cli.configured import ACCOUNT, find_account
from kanalo.execution.settings_fields import Setting, list_settings

DEFAULT_MARKET = "xmr_1h"
"""The market that verbs take where neither they nor the settings name one."""


def _check_json(value: str | None) -> str | None:
    """Refuse a place for the JSON that cannot be written, before time is spent on a run."""
    if value is None or value == "-":
        return value
    from kanalo.cli.output import check_writable

    path = Path(value)
    if path.expanduser().is_dir():
        raise typer.BadParameter(f"{value} is a folder; name a file, or - for standard output.")
    check_writable(path.parent)
    return value


def _to_time(name: str) -> Callable[[str | None], str | None]:
    """Make the callback that refuses a time which cannot be read without guessing."""

    def check(value: str | None) -> str | None:
        if value is not None:
            from kanalo.market.times import to_time

            to_time(value, name)
        return value

    return check


Start = Annotated[
    str | None,
    typer.Option(
        "--from",
        metavar="DATE",
        callback=_to_time("--from"),
        help="Trade bars from here on (UTC); earlier bars warm up.",
    ),
]
End = Annotated[
    str | None,
    typer.Option(
        "--to",
        metavar="DATE",
        callback=_to_time("--to"),
        help="Trade bars that open before this (UTC).",
    ),
]
Timezone = Annotated[
    str | None,
    typer.Option(
        "--timezone",
        metavar="ZONE",
        help="Zone of --data whose times are text without one, such as UTC or Europe/Berlin.",
    ),
]
Output = Annotated[
    Path | None,
    typer.Option(
        "-o",
        "--output",
        metavar="DIR",
        help="Folder for the report; by default backtests/results/<name> in the workspace.",
    ),
]
Pdf = Annotated[
    bool,
    typer.Option("--pdf", help="Print the page to report.pdf too; needs Chromium on the path."),
]
Json = Annotated[
    str | None,
    typer.Option(
        "--json",
        metavar="PATH",
        callback=_check_json,
        help="Write the JSON here too; - prints it on standard output instead of the table.",
    ),
]

MarketName = Annotated[
    str | None,
    typer.Option(metavar="NAME", help=f"A bundled market.  [default {DEFAULT_MARKET}]"),
]
Bars = Annotated[
    Path | None,
    typer.Option(metavar="PATH", help="Bars of your own instead: CSV, Parquet or feather."),
]


def takes_account(verb: Callable[..., None]) -> Callable[..., None]:
    """Give a verb the options of costs and account where it takes ``costs`` and ``execution``.

    The options, their types, defaults and help are those that `Costs` and `Execution` declare. An
    option that is not given takes its value from the environment, else from ``kanalo.toml``.

    Parameters
    ----------
    verb : callable
        Has the keyword-only arguments ``costs`` and ``execution``.

    Returns
    -------
    callable
        Has one argument for each option in their place, and calls the verb.
    """

    @functools.wraps(verb)
    def with_options(*args: Any, **given: Any) -> None:
        from kanalo.cli.base import find_workspace_of

        for cls in ACCOUNT.values():
            for each in list_settings(cls):
                del given[each.name]  # `find_account` asks who gave them
        context = given["context"] if "context" in given else args[0]
        account = find_account(context, find_workspace_of(context).root)
        verb(*args, **given, **account)

    parameters = inspect.signature(verb, eval_str=True).parameters.values()
    everything = [
        option
        for each in parameters
        for option in (_to_options(ACCOUNT[each.name]) if each.name in ACCOUNT else [each])
    ]
    with_options.__signature__ = inspect.Signature(everything)  # type: ignore[attr-defined]
    with_options.__annotations__ = {each.name: each.annotation for each in everything}
    return with_options


def _to_options(cls: type) -> list[inspect.Parameter]:
    return [
        inspect.Parameter(
            each.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=str(each.default) if each.choices else each.default,
            annotation=Annotated[each.kind, _to_option(each)],
        )
        for each in list_settings(cls)
    ]


def _to_option(declared: Setting) -> Any:
    name = f"--{declared.name.replace('_', '-')}"
    if declared.kind is bool:
        return typer.Option(f"{name}/--no-{name[2:]}", help=declared.help)
    if declared.choices:
        return typer.Option(name, metavar="RULE", help=declared.help)
    return typer.Option(name, help=declared.help)


def check_timezone(timezone: str | None, data: object) -> None:
    """Refuse a time zone where no file is read: bundled markets have theirs.

    Parameters
    ----------
    timezone : str or None
        Of ``--timezone``.
    data : object
        Of ``--data``; None or empty where it was not given.

    Raises
    ------
    typer.BadParameter
        If the zone would be ignored.
    """
    if timezone is not None and not data:
        raise typer.BadParameter(
            f"--timezone says how to read --data; received {timezone!r} without a file."
        )


PanelFolder = Annotated[
    str | None,
    typer.Option(
        "--panel",
        metavar="[DIR]",
        help="Ask a panel of coins: the bundled perpetuals, or a folder of <coin>_1h.parquet.",
    ),
]


def is_spec(what: Sequence[str]) -> bool:
    """Tell whether the arguments name a spec: none at all, or one file.

    Parameters
    ----------
    what : sequence of str
        The arguments.

    Raises
    ------
    typer.BadParameter
        If a spec is named beside other arguments.

    Examples
    --------
    >>> is_spec([]), is_spec(["dips.toml"]), is_spec(["sma_cross", "breakdown"])
    (True, True, False)
    """
    specs = [each for each in what if Path(each).suffix or Path(each).name != each]
    if specs and len(what) > 1:
        raise typer.BadParameter(
            f"give one spec, or names of strategies; received {specs[0]!r} beside other arguments."
        )
    return len(specs) == len(what)
