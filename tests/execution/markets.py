"""Short markets for tens of thousands of random cases, made without the checks of their bars."""

from functools import cache

import pandas as pd

from kanalo.market import Market

START = pd.Timestamp("2021-01-01", tz="UTC")
COLUMNS = ["open", "high", "low", "close", "volume"]


@cache
def date_index(n, hours, start=START):
    return pd.date_range(start, periods=n, freq=f"{hours}h")


TEMPLATE = Market.from_bars(pd.DataFrame(100.0, date_index(2, 8), COLUMNS), interval="8h")


def make_unchecked(**fields):
    """A market without the checks of its bars, which take longer than to trade them."""
    market = object.__new__(Market)
    values = {name: getattr(TEMPLATE, name) for name in TEMPLATE.__dataclass_fields__}
    for name, value in (values | fields | {"_cache": {}}).items():
        object.__setattr__(market, name, value)
    return market
