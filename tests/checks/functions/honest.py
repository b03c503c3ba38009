"""Functions of a frame that know the past alone, though some look as if they did not."""

import functools

import numpy as np
import pandas as pd


@functools.lru_cache(maxsize=4)
def to_weights(length):
    """Return weights that fall linearly, worked out once for each length."""
    weights = np.arange(length, 0, -1.0)
    return weights / weights.sum()


def cached_weights(bars):
    """Buy above a weighted mean."""
    close = bars["close"].to_numpy()
    mean = np.convolve(close, to_weights(24))[: len(close)]
    return pd.Series((close > mean) & (np.arange(len(close)) > 24), index=bars.index)


def seeded_draws(bars):
    """Toss a coin at every bar with a generator of a fixed seed."""
    return np.random.default_rng(42).random(len(bars)) < 0.1


def two_draws(bars):
    """Draw two columns one after the other: the second depends on the number of bars."""
    rng = np.random.default_rng(7)
    enter, leave = rng.random(len(bars)), rng.random(len(bars))
    return pd.DataFrame({"enter_long": enter < 0.1, "exit_long": leave < 0.1}, index=bars.index)


def slow_filter(bars):
    """Buy above an exponential mean that never forgets."""
    return bars["close"] > bars["close"].ewm(span=2_000, adjust=False).mean()


def needs_a_month(bars):
    """Refuse fewer than thirty bars."""
    if len(bars) < 30:
        raise ValueError(f"needs 30 bars; received {len(bars)}")
    return bars["close"].rolling(30).mean().dropna()


def missing_text(bars):
    """Say why, where there is a reason, and nothing elsewhere."""
    rises = bars["close"].pct_change()
    return pd.DataFrame({"enter_long": rises > 0.02, "tag": np.where(rises > 0.02, "rise", None)})


def populate_entry_trend(dataframe, metadata):
    """Enter on a rise, in the shape of freqtrade."""
    dataframe["enter_long"] = (dataframe["close"].pct_change() > 0.02).astype(int)
    dataframe["enter_tag"] = metadata["pair"]
    return dataframe


class Freqtrade:
    """Enter above a mean, written as for freqtrade with its frame and metadata."""

    def populate_indicators(self, dataframe, metadata):
        assert list(dataframe.columns) == ["date", "open", "high", "low", "close", "volume"]
        assert metadata["pair"]
        dataframe["mean"] = dataframe["close"].rolling(20).mean()
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        dataframe.loc[dataframe["close"] > dataframe["mean"], "enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        dataframe.loc[dataframe["close"] < dataframe["mean"], "exit_long"] = 1
        return dataframe
