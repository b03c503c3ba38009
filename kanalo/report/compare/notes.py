"""What every face says beside the tables: the costs by name, the lights, what may look odd."""

from __future__ import annotations

from kanalo.report.compare.groups import Group
from kanalo.report.compare.schema import ComparisonModel, CostsModel
from kanalo.report.toolkit.formats import format_percent

VERDICT_LIGHTS = (
    "Verdict lights: green: better than luck; amber: cannot be told from luck, or too few trades; "
    "red: lost money, uses future data, or no better than holding."
)
"""The lights of rules, in short; the model's ``caveat`` has the whole."""

DATA_LIGHTS = "Data quality is a light of its own: of the bars, not of a rule."


def say_lights(model: ComparisonModel) -> str:
    """Say what the lights of a model mean, as far as it has any."""
    return DATA_LIGHTS if model["judgement"] is None else f"{VERDICT_LIGHTS} {DATA_LIGHTS}"


def say_costs(costs: CostsModel) -> str:
    """Say in one line what a cost set charges.

    Parameters
    ----------
    costs : CostsModel
        One of the model's ``costs``.

    Returns
    -------
    str
        For example ``"Costs 'standard': fee 5 bps, slippage 2 bps, market impact × 1, funding"``.
    """
    values = costs["values"]
    maker = values.get("maker_fee_bps")
    parts = [
        f"fee {values['fee_bps']:g} bps" + ("" if maker is None else f" (maker {maker:g})"),
        f"slippage {values['slippage_bps']:g} bps",
        f"market impact × {values['impact']:g}" if values.get("impact") else "no market impact",
        "funding" if values.get("funding") else "no funding",
    ]
    return f"Costs '{costs['name']}': {', '.join(parts)}."


def say_holding(group: Group) -> str:
    """Explain why holding a perpetual shows a higher Sharpe ratio at a lower return.

    Parameters
    ----------
    group : Group
        Results of one market and cost set.

    Returns
    -------
    str
        Empty where holding was not run with and without funding, or both figures agree on which
        was better.

    Notes
    -----
    Funding is paid from the account while the coins stay, so the exposure grows as a fraction of
    the equity. Mean and deviation of daily returns grow with it and their ratio hardly moves; the
    growth of an account is about the mean less half of the variance.
    """
    perpetual, spot = group.holding, group.spot_holding
    if perpetual is None or spot is None:
        return ""
    keys = ("sharpe_ratio", "total_return", "average_exposure", "annual_volatility")
    first, second = ([each["statistics"].get(key) for key in keys] for each in (perpetual, spot))
    if None in first or None in second:
        return ""
    ours, theirs = ([float(each or 0.0) for each in values] for values in (first, second))
    if not (ours[0] > theirs[0] and ours[1] < theirs[1] and ours[2] > theirs[2]):
        return ""
    return (
        f"{perpetual['label']} has a higher Sharpe ratio than {spot['label']} and returned less: "
        f"its funding shrinks the account and not the position, which grew to {ours[2]:.2f} times "
        f"the equity on average. That raises both the mean and the deviation of its daily returns "
        f"(to {format_percent(ours[3])} a year against {format_percent(theirs[3])}); growth is "
        "about the mean less half of the variance, which the Sharpe ratio does not count."
    )
