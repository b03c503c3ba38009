"""Pure and causal functions of bars."""
