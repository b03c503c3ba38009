"""Markets: validated bars and derivatives data, each value at the bar that knows it."""

from kanalo.market.market import Market as Market
