"""The table that answers first: markets × rules with the light and the figures that decide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kanalo.report.compare.groups import HOLDING, RANDOM, RANDOM_ENTRIES, Group, to_groups
from kanalo.report.compare.schema import ComparisonModel, ResultModel, StatisticModel
from kanalo.report.compare.tables import to_cells
from kanalo.report.toolkit.formats import format_value
from kanalo.report.toolkit.tables import Cell, Row, Table

ANSWER = ("total_return", "cagr", "max_drawdown", "sharpe_ratio", "n_trades")
"""Keys of the statistics of the table, in order."""

_RANK = "Random Beaten [%]"
_RANK_HELP = (
    "Share of the random entries, matched in number and length of trades, whose Sharpe ratio is "
    "below the rule's; 50 is chance, 95 is what the verdict asks for."
)
_ROLES = {HOLDING: "holding", RANDOM: "random"}


def to_answer(model: ComparisonModel) -> Table:
    """Build one table of all rules on all markets, random yardsticks left out.

    Parameters
    ----------
    model : ComparisonModel
        From `kanalo.report.to_model`.

    Returns
    -------
    Table
        A row for each rule, market and cost set. Where there are several markets or cost sets, the
        first row of each opens a section, and a column names them; the verdict is ``green``,
        ``amber``, ``red``, ``not judged`` or the kind of yardstick; ranks are in percent and
        missing where no placebo was drawn.
    """
    groups = to_groups(model)
    shown = [each for key in ANSWER for each in model["statistics"] if each["key"] == key]
    several = len(groups) > 1
    one_cost_set = len(model["costs"]) == 1
    rows = []
    for group in groups:
        where = group.market["name"] if one_cost_set else group.title
        found = _to_rows(group, shown, (Cell(where),) if several else ())
        rows += [replace(found[0], section=where), *found[1:]] if several and found else found
    columns = ("Market",) if several else ()
    labels = tuple(each["label"] for each in shown)
    help_ = ("",) * several + ("The verdict; hover over a name for the reason.",)
    return Table(
        "Strategy",
        (*columns, "Verdict", *labels, _RANK),
        tuple(rows),
        (*help_, *(each["help"] for each in shown), _RANK_HELP),
    )


def _to_rows(group: Group, shown: Sequence[StatisticModel], market: tuple[Cell, ...]) -> list[Row]:
    entries = group.compared
    columns = [to_cells(entries, each) for each in shown]
    return [
        Row(
            entry["label"],
            (*market, Cell(_to_verdict(entry)), *cells, _to_rank(entry)),
            help=entry["judgement"]["short"] if entry["judgement"] else "",
        )
        for entry, *cells in zip(entries, *columns, strict=True)
    ]


def _to_verdict(entry: ResultModel) -> str:
    judged = entry["judgement"]
    if judged is not None:
        return judged["light"]
    return _ROLES.get(entry["role"], "not judged")


def _to_rank(entry: ResultModel) -> Cell:
    judged = entry["judgement"]
    rank = None if judged is None else judged["placebo"]["kinds"].get(RANDOM_ENTRIES)
    value = None if rank is None else rank["percentile"]
    return Cell(format_value(value, "fraction"), value)
