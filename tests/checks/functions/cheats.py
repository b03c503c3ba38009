"""Functions of a frame that look ahead, as people write them by mistake, and some on purpose."""

import pandas as pd

KEPT = {}


def next_close(bars):
    """Buy where the next close is higher."""
    return bars["close"].shift(-1) > bars["close"]


def centred_mean(bars):
    """Smooth with a window that reaches as far forward as back."""
    return bars["close"].rolling(9, center=True).mean()


def normalised(bars):
    """Score the close against the mean and deviation of all bars."""
    close = bars["close"]
    score = (close - close.mean()) / close.std()
    return pd.DataFrame({"score": score, "enter_long": (score > 1).astype(int)})


def week_close(bars):
    """Hold where the close of the week is above the close of the day."""
    weekly = bars["close"].resample("7D").transform("last")
    return (weekly > bars["close"]).astype(int) - (weekly < bars["close"]).astype(int)


def filled_back(bars):
    """Fill the beginning of a mean from what comes later, and buy above it."""
    mean = bars["close"].rolling(400).mean().bfill()
    return bars["close"] > mean


def kept_by_name(bars):
    """Keep what the first call gave, whatever bars come later."""
    if "mean" not in KEPT:
        KEPT["mean"] = bars["close"].shift(-1) > bars["close"]
    return KEPT["mean"].reindex(bars.index, fill_value=False)


class Freqtrade:
    """Enter before a rise, written as for freqtrade."""

    def __init__(self, config):
        self.config = config

    def populate_indicators(self, dataframe, metadata):
        dataframe["rise"] = dataframe["close"].pct_change().shift(-2)
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        dataframe.loc[dataframe["rise"] > 0.02, ["enter_long", "enter_tag"]] = (1, "rise")
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        dataframe.loc[dataframe["rise"] < -0.02, "exit_long"] = 1
        return dataframe
