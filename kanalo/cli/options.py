"""Options that several verbs take, each declared once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Start = Annotated[
    str | None,
    typer.Option(
        "--from", metavar="DATE", help="Trade bars from here on (UTC); earlier bars warm up."
    ),
]
End = Annotated[
    str | None, typer.Option("--to", metavar="DATE", help="Trade bars that open before this (UTC).")
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
Json = Annotated[
    str | None,
    typer.Option(
        "--json",
        metavar="PATH",
        help="Write the JSON here too; - prints it on standard output instead of the table.",
    ),
]
