"""``kanalo compare``: strategies × markets × costs, side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kanalo.cli import options
from kanalo.cli.configured import find_layers
from kanalo.cli.options import End, Json, Output, PanelFolder, Pdf, Start, Timezone
from kanalo.execution.costs import Costs
from kanalo.execution.rules import Execution

if TYPE_CHECKING:
    from kanalo.experiment.spec import MarketSpec, Spec

DEFAULT_SPEC = "article.toml"


What = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="SPEC.toml|STRATEGY",
        help="A spec, or strategies of the workspace; by default the spec "
        "backtests/article.toml of the workspace.",
        show_default=False,
    ),
]
Markets = Annotated[
    list[str] | None,
    typer.Option(
        "--market",
        metavar="NAME",
        help="A market of the data; may be repeated. Those of a spec are left out then.  "
        f"[default {options.DEFAULT_MARKET}]",
    ),
]
Files = Annotated[
    list[Path] | None,
    typer.Option(
        "--data",
        metavar="PATH",
        help="Compare on the bars of this file (CSV, Parquet, feather) instead of a bundled "
        "market or the markets of the spec; may be repeated.",
    ),
]
CrossCheck = Annotated[
    bool,
    typer.Option(
        "--cross-check/--no-cross-check",
        help="Repeat every strategy on the reference engine, and stop where it differs.",
    ),
]
Judge = Annotated[
    bool,
    typer.Option(
        "--judge/--no-judge",
        help="Say of every rule whether it is better than luck, and why or why not.",
    ),
]

Fresh = Annotated[
    bool,
    typer.Option(
        "--fresh",
        help="Cross-check, judge and write the report anew, too, where neither code nor data, "
        "parameters, costs or options have changed since an earlier run.",
    ),
]


TargetVol = Annotated[
    float | None,
    typer.Option(
        metavar="FRACTION",
        help="Size every entry by a volatility a year, such as 0.4; goes with names of strategies.",
    ),
]


@options.takes_account
def compare(
    context: typer.Context,
    what: What = None,
    market: Markets = None,
    panel: PanelFolder = None,
    data: Files = None,
    timezone: Timezone = None,
    start: Start = None,
    end: End = None,
    target_vol: TargetVol = None,
    *,
    costs: Costs,
    execution: Execution,
    output: Output = None,
    cross_check: CrossCheck = True,
    judge: Judge = True,
    json_path: Json = None,
    pdf: Pdf = False,
    fresh: Fresh = False,
) -> None:
    """Compare strategies on markets, judge them, and write the report.

    In a terminal the table comes first; cross-checks and verdicts fill in as they are there.

    What a spec leaves out has these defaults: cash 100,000, fee 5 bps, slippage 2 bps, funding on.
    With --panel every rule runs on every coin of a panel; the report says whether it is general.
    Options and the environment count before a spec, that before kanalo.toml of the workspace.
    """
    from kanalo.cli.panel_compare import compare_on_panel, is_panel
    from kanalo.cli.reported import run_and_show

    del costs, execution  # a spec may come between: `find_layers` asks who said what
    options.check_timezone(timezone, data)
    workspace = context.obj.workspace
    files = _to_markets(data or [], timezone, start, end)
    if options.is_spec(what or []):
        path = Path(what[0]) if what else workspace.backtests_dir / DEFAULT_SPEC
        spec = _read_spec(context, path, market, files, target_vol).within(start, end)
    else:
        spec = _make_spec(context, what or [], market, files, target_vol).within(start, end)
    if panel is not None or is_panel(spec):
        compare_on_panel(context, spec, panel or "", output=output, json_path=json_path)
        return
    run_and_show(
        spec,
        workspace,
        folder=output,
        json_path=json_path,
        quiet=context.obj.quiet,
        cross_check=cross_check,
        kind="compare",
        judge=judge,
        pdf=pdf,
        fresh=fresh,
    )


def _read_spec(
    context: typer.Context,
    path: Path,
    market: list[str] | None,
    files: Sequence[MarketSpec],
    target_vol: float | None,
) -> Spec:
    """Read a spec; what options and the environment say counts before it."""
    from kanalo.experiment.spec_reader import load_spec

    if target_vol is not None:
        raise typer.BadParameter(
            "--target-vol goes with names of strategies; a spec says it itself. "
            f"Write it into {path}."
        )
    layers = find_layers(context, context.obj.workspace.root)
    markets = _name_markets(market, files)
    return load_spec(path, markets=markets, above=layers.above, below=layers.below)


def _make_spec(
    context: typer.Context,
    names: Sequence[str],
    market: list[str] | None,
    files: Sequence[MarketSpec],
    target_vol: float | None,
) -> Spec:
    """Make the spec of a command line that names strategies."""
    from kanalo.experiment.spec_reader import parse_spec

    workspace = context.obj.workspace
    layers = find_layers(context, workspace.root)
    modules = [each.replace("-", "_") for each in names]
    sized = {} if target_vol is None else {"target_vol": target_vol}
    content: dict[str, Any] = {
        "name": "-".join(modules)[:80],
        "title": ", ".join(modules),
        "strategies": [{"name": each, "parameters": sized} for each in modules],
        "costs": [{}],
    }
    markets = _name_markets(market or (None if files else [workspace.default_market]), files)
    return parse_spec(
        content, source="kanalo compare", markets=markets, above=layers.above, below=layers.below
    )


def _name_markets(
    market: Sequence[str] | None, files: Sequence[MarketSpec]
) -> tuple[MarketSpec, ...]:
    """Return the markets that the command line names; none where it names none."""
    from kanalo.experiment.spec import MarketSpec

    if market and files:
        raise typer.BadParameter("give either --market or --data, not both.")
    return (*files, *(MarketSpec(each) for each in market or ()))


def _to_markets(
    files: Sequence[Path], timezone: str | None, start: str | None, end: str | None
) -> tuple[MarketSpec, ...]:
    """Describe files of bars as the markets of a spec."""
    if not files:
        return ()
    from kanalo.experiment.spec import MarketSpec

    for stem, count in Counter(path.stem for path in files).items():
        if count > 1:
            raise typer.BadParameter(f"--data names two files called '{stem}'; rename one.")
    return tuple(
        MarketSpec(path.stem, str(path.absolute()), start or "", end or "", timezone or "")
        for path in files
    )
