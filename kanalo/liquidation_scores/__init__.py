"""How good the liquidation estimate is: scores against reported liquidations."""
