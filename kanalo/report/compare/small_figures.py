"""Small figures of one result: its calendar years and the returns of its trades."""

from __future__ import annotations

from itertools import pairwise

from kanalo.report.compare.schema import ResultModel
from kanalo.report.toolkit.bars import draw_bars
from kanalo.report.toolkit.formats import format_count, format_percent, format_value


def draw_years(entry: ResultModel) -> str:
    """Draw the return of each calendar year, in percent."""
    years = entry["monthly_returns"]
    totals = [each["total"] for each in years]
    texts = [format_value(each, "fraction") for each in totals]
    labels = [str(each["year"]) for each in years]
    return draw_bars(labels, totals, texts, f"Returns of {entry['label']} by year")


def draw_returns(entry: ResultModel) -> str:
    """Draw how many closed trades had a return in each column of the model's histogram."""
    edges, counts = entry["trade_returns"]["edges"], entry["trade_returns"]["counts"]
    middles = [(low + high) / 2 for low, high in pairwise(edges)]
    labels = [format_value(low, "fraction") for low in edges[:-1]]
    texts = [str(each) if each else "" for each in counts]
    title = f"Returns of the closed trades of {entry['label']}"
    return draw_bars(labels, [float(each) for each in counts], texts, title, middles)


def caption_returns(entry: ResultModel) -> str:
    """Say what the histogram shows and how wide its columns are."""
    edges, counts = entry["trade_returns"]["edges"], entry["trade_returns"]["counts"]
    if not counts:
        return "No trade has ended."
    width = format_percent(edges[1] - edges[0])
    return f"{format_count(sum(counts), 'closed trade')} by return [%], in columns of {width}."
