"""The article's claims asked of a panel of coins, with their dependence accounted for."""
