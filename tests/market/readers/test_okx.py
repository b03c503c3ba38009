"""OKX: posSide is the position, net falls back on the order's side, sizes are contracts."""

import pandas as pd
import pytest

from kanalo.errors import DataError, ParameterError
from kanalo.market.readers.okx import read_liquidation_orders
from kanalo.market.readers.reading import ReadOptions

PLAIN = ReadOptions()


def detail(position="long", side="sell", size="0.01", price="2059.19", time="1775209684665"):
    fields = {"side": side, "posSide": position, "bkPx": price, "sz": size, "ts": time}
    return {**fields, "bkLoss": "0", "ccy": ""}


def message(*details, contract="ETH-USDT-SWAP"):
    group = {"instType": "SWAP", "instId": contract, "instFamily": "ETH-USDT", "uly": "ETH-USDT"}
    arg = {"channel": "liquidation-orders", "instType": "SWAP"}
    return {"arg": arg, "data": [{**group, "details": list(details)}]}


def test_contracts_become_coins(save):
    row = read_liquidation_orders(save((message(detail()),)), PLAIN).frame.iloc[0]
    assert row["time"] == pd.Timestamp("2026-04-03T09:48:04.665Z")
    assert (row["exchange"], row["symbol"], row["side"]) == ("okx", "ETHUSDT", "long")
    assert row["quantity"] == pytest.approx(0.001)
    assert row["notional_usd"] == pytest.approx(2.05919)
    assert (row["price_kind"], row["censored"]) == ("bankruptcy", True)


@pytest.mark.parametrize(
    ("position", "side", "expected"),
    [
        ("long", "sell", "long"),
        ("short", "buy", "short"),
        ("short", "", "short"),
        ("net", "sell", "long"),
        ("net", "buy", "short"),
        ("", "sell", "long"),
    ],
)
def test_sides(save, position, side, expected):
    path = save((message(detail(position, side)),))
    assert read_liquidation_orders(path, PLAIN).frame["side"].tolist() == [expected]


def test_rest_answers_and_events_without_a_position(save):
    bare = {name: value for name, value in detail(side="buy").items() if name != "posSide"}
    answer = {"code": "0", "msg": "", "data": message(bare)["data"]}
    frame = read_liquidation_orders(save(answer), PLAIN).frame
    assert frame["side"].tolist() == ["short"]


def test_answers_to_subscriptions_are_passed_over(save):
    path = save(({"event": "subscribe", "arg": {}, "connId": "x"}, "pong", message(detail())))
    assert len(read_liquidation_orders(path, PLAIN).frame) == 1


def test_an_unknown_contract_value_is_refused(save):
    path = save((message(detail(), contract="XMR-USDT-SWAP"),))
    expected = r"row 1, column 'instId': expected a contract of known size.*'XMR-USDT-SWAP'"
    with pytest.raises(DataError, match=expected):
        read_liquidation_orders(path, PLAIN)
    row = read_liquidation_orders(path, ReadOptions(contract_value=0.1)).frame.iloc[0]
    assert (row["symbol"], row["quantity"]) == ("XMRUSDT", pytest.approx(0.001))


def test_one_value_is_not_that_of_two_contracts(save):
    path = save((message(detail()), message(detail(), contract="XMR-USDT-SWAP")))
    with pytest.raises(ParameterError, match=r"cannot be that of 2 contracts.*ETHUSDT, XMRUSDT"):
        read_liquidation_orders(path, ReadOptions(contract_value=0.1))
    options = ReadOptions(contract_value=0.1, symbol="XMR-USDT-SWAP")
    assert read_liquidation_orders(path, options).frame["symbol"].tolist() == ["XMRUSDT"]


def test_an_inverse_contract_is_worth_usd(save):
    path = save((message(detail(size="3", price="60000"), contract="BTC-USD-SWAP"),))
    row = read_liquidation_orders(path, PLAIN).frame.iloc[0]
    assert (row["notional_usd"], row["quantity"]) == (300, 0.005)


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        (detail("both"), r"row 1, column 'posSide': expected long, short or net; received 'both'"),
        (detail("net", ""), r"row 1, column 'side': expected sell or buy, for the position is ne"),
        (detail("long", "buy"), r"row 1, column 'side': expected sell to close a long, or buy"),
        (detail("net", "SELL"), r"row 1, column 'side': expected sell or buy.*'SELL'"),
        (detail(size=""), r"row 1, column 'sz': expected a number; received nothing"),
        ({"side": "sell"}, r"row 1: column 'bkPx' is missing"),
    ],
)
def test_what_is_not_known_is_refused(save, wrong, expected):
    with pytest.raises(DataError, match=expected):
        read_liquidation_orders(save((message(wrong),)), PLAIN)
