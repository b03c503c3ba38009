"""The answer of a comparison in one plain sentence per market, never stronger than its evidence.

A sentence names the rule that earned most, always with its drawdown, its number of closed trades,
the data and what buying and holding did over the same bars. The rank describes one price history;
whether it is more than luck is not decided here, and the text says so.
"""

from __future__ import annotations

from kanalo.analyzers.trades import FEW_TRADES
from kanalo.report.compare.groups import RANDOM, RANDOM_ENTRIES, Group, has_traded
from kanalo.report.compare.schema import ResultModel, VerdictModel
from kanalo.report.toolkit.formats import format_count, format_percent, format_time
from kanalo.text import count

STANDING_CAVEAT = (
    "The ranking describes one price history and is no test against luck; the best of several "
    "rules looks better than it is."
)
"""What every face says under the sentences."""


def to_verdict(group: Group) -> VerdictModel:
    """Answer which rule earned something, at what drawdown, against buying and holding.

    Returns
    -------
    dict
        ``market``, ``costs``, ``headline`` (one sentence: whether a rule is better than luck, and
        which earned most), ``sentence``, ``caveats`` (list of sentences), ``leader`` (label of
        the rule that earned most, None if none traded) and ``beats_holding`` (whether the leader
        returned more than buying and holding did after its costs and more than the price before
        any; None where holding was not run or nothing traded).
    """
    traded = [each for each in group.rules if has_traded(each) and _earned(each) is not None]
    leader = max(traded, key=lambda each: _earned(each) or 0.0, default=None)
    beats = None
    if leader is not None and group.holding is not None:
        beats = _total(leader) > max(_total(group.holding), _price_change(leader))
    return {
        "market": group.market["name"],
        "costs": group.costs["name"],
        "leader": None if leader is None else leader["label"],
        "beats_holding": beats,
        "headline": _to_headline(group, leader, beats),
        "sentence": _to_sentence(group, leader),
        "caveats": _to_caveats(group, leader),
    }


def _to_headline(group: Group, leader: ResultModel | None, beats_holding: bool | None) -> str:
    """Answer first whether a rule is better than luck, then which earned most.

    Where the claim is made for several rules, the one that earned most is named; where holding made
    more, that is said.
    """
    where = group.title
    if leader is None:
        return f"{where}: no result, {_nothing_traded(group)}."
    claimed = [each for each in group.rules if _light_of(each) == "green"]
    if claimed:
        best = max(claimed, key=_total)
        return f"{where}: {best['label']} is better than luck: {_figures(best)}."
    judged = leader["judgement"]
    did, n_rules = "made", len(group.rules)
    if n_rules > 1:
        did = f"{'earned most' if _total(leader) > 0 else 'lost least'} of {n_rules} rules"
        did += " but less than holding," if beats_holding is False else ","
    done = f"{leader['label']} {did} {_figures(leader)}"
    if judged is None:
        return f"{where}: {done}; not judged, so luck is not excluded."
    if judged["light"] == "red":
        return f"{where}: no rule is better than luck. {done}: {judged['short']}."
    return f"{where}: cannot tell. {done}: {judged['short']}."


def _figures(entry: ResultModel) -> str:
    return f"{_annual(entry)}, drawdown {_drawdown(entry)}, {_trades(entry)}"


def _light_of(entry: ResultModel) -> str:
    judged = entry["judgement"]
    return "" if judged is None else judged["light"]


def _nothing_traded(group: Group) -> str:
    return "no rule made a trade" if group.rules else "only yardsticks were run"


def _to_sentence(group: Group, leader: ResultModel | None) -> str:
    where = (
        f"On {group.market['name']} ({format_time(group.market['start'])} to "
        f"{format_time(group.market['end'])})"
    )
    if leader is None:
        return f"{where}, {_nothing_traded(group)}{_holding_clause(group, None)}."
    return f"{where}, {_leader_clause(group, leader)}{_holding_clause(group, leader)}."


def _leader_clause(group: Group, leader: ResultModel) -> str:
    label, n_rules = leader["label"], len(group.rules)
    facts = f"{_annual(leader)} at a worst drawdown of {_drawdown(leader)} over {_trades(leader)}"
    if _total(leader) <= 0:
        if n_rules == 1:
            return f"{label} earned nothing: {facts}"
        n_traded = sum(map(has_traded, group.rules))
        if n_traded == 1:
            return f"only {label} of {n_rules} rules traded, and earned nothing: {facts}"
        those = f"{n_rules} rules" if n_traded == n_rules else f"{n_traded} rules that traded"
        return f"none of the {those} earned anything; {label} lost least: {facts}"
    if n_rules == 1:
        return f"{label} made {facts}"
    return f"{label} earned the most of {n_rules} rules: {facts}"


def _holding_clause(group: Group, leader: ResultModel | None) -> str:
    holding = group.holding
    if holding is None:
        return "; no buy-and-hold benchmark in this run"
    spot = group.spot_holding
    annual = _annual(holding) + ("" if spot is None else f" ({_annual(spot)} without funding)")
    if leader is None:
        return f"; buying and holding made {annual} at {_drawdown(holding)}"
    beaten = _total(leader) > _total(holding)
    made = f"; buying and holding made {'less' if beaten else 'more'}, {annual}"
    if _worst(leader) > _worst(holding):
        fell = f"at a deeper drawdown of {_drawdown(holding)}"
    else:
        fell = f"{'but ' if beaten else ''}at a drawdown no deeper ({_drawdown(holding)})"
    if not beaten:
        return f"{made}, {fell}: no rule beat it on return"
    return f"{made}, {fell}{_price_clause(leader)}"


def _price_clause(leader: ResultModel) -> str:
    """Say so where holding was beaten only because of what holding was charged."""
    change = _price_change(leader)
    if _total(leader) > change:
        return ""
    gains = [format_percent(value, signed=True) for value in (change, _total(leader))]
    because = ", but only because of its costs and funding"
    return f"{because}: in all, the price itself gained {gains[0]} and the rule {gains[1]}"


def _to_caveats(group: Group, leader: ResultModel | None) -> list[str]:
    caveats = [_thin(leader), _light(group), _still(group), _random(group, leader)]
    return [caveat for caveat in caveats if caveat]


def _thin(leader: ResultModel | None) -> str:
    if leader is None or _n_closed(leader) >= FEW_TRADES:
        return ""
    number = _n_closed(leader)
    if not number:
        return f"{leader['label']} closed no trade: too few to distinguish it from chance."
    verb = "is" if number == 1 else "are"
    return f"{_trades(leader)} of {leader['label']} {verb} too few to distinguish it from chance."


def _light(group: Group) -> str:
    light = group.market["passport"].get("light")
    if light not in ("red", "amber"):
        return ""
    return f"The data of {group.market['name']} are {light}: read the passport first."


def _still(group: Group) -> str:
    still = [each["label"] for each in group.rules if not has_traded(each)]
    return f"Without a trade: {', '.join(still)}." if still else ""


def _random(group: Group, leader: ResultModel | None) -> str:
    if leader is None:
        return ""
    judged = leader["judgement"]
    rank = None if judged is None else judged["placebo"]["kinds"].get(RANDOM_ENTRIES)
    if rank is not None and rank["percentile"] is not None:
        drawn = count(rank["n"], "random entry", "random entries")
        share = format_percent(1 - rank["percentile"])
        return f"{share} of {drawn} like those of {leader['label']} have a Sharpe ratio as high."
    rivals = [each for each in group.results if each["role"] == RANDOM and has_traded(each)]
    if not rivals:
        return ""
    as_good = sum(_total(each) >= _total(leader) for each in rivals)
    done = f"{as_good} of {format_count(len(rivals), 'random-entry yardstick')}"
    return f"{done} earned as much as {leader['label']}."


def _annual(entry: ResultModel) -> str:
    cagr = entry["statistics"].get("cagr")
    if cagr is None:
        return f"{format_percent(_total(entry), signed=True)} in all"
    return f"{format_percent(cagr, signed=True)} a year"


def _drawdown(entry: ResultModel) -> str:
    return format_percent(entry["statistics"].get("max_drawdown"))


def _worst(entry: ResultModel) -> float:
    return float(entry["statistics"].get("max_drawdown") or 0.0)


def _earned(entry: ResultModel) -> float | None:
    value: float | None = entry["statistics"].get("total_return")
    return value


def _total(entry: ResultModel) -> float:
    return float(_earned(entry) or 0.0)


def _price_change(entry: ResultModel) -> float:
    return float(entry["statistics"].get("buy_and_hold_return") or 0.0)


def _n_closed(entry: ResultModel) -> int:
    return sum(trade["exit_time"] is not None for trade in entry["trades"])


def _trades(entry: ResultModel) -> str:
    return format_count(_n_closed(entry), "closed trade")
