"""Years and trade returns of a result are drawn from the model alone."""

from kanalo.report.compare.small_figures import caption_returns, draw_returns, draw_years


def find_traded(model):
    return next(each for each in model["results"] if each["trade_returns"]["counts"])


def test_a_bar_for_each_year(model):
    entry = find_traded(model)
    assert draw_years(entry).count("<rect") == len(entry["monthly_returns"])


def test_a_bar_for_each_column_of_the_histogram(model):
    entry = find_traded(model)
    assert draw_returns(entry).count("<rect") == len(entry["trade_returns"]["counts"])
    closed = sum(trade["exit_time"] is not None for trade in entry["trades"])
    assert f"{closed} closed trade" in caption_returns(entry)


def test_a_result_without_a_trade_says_so(model):
    still = next(each for each in model["results"] if not each["trades"])
    assert caption_returns(still) == "No trade has ended."
