"""The fill rules on backtrader: the engine that judges the others."""
