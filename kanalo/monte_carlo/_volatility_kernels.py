"""The recursion of a GARCH(1, 1) variance, which no vector operation can do."""

from __future__ import annotations

import numpy as np

from kanalo._jit import kernel
from kanalo.typing import FloatArray


@kernel
def walk_volatility(
    shocks: FloatArray, omega: float, alpha: float, beta: float, start: float, out: FloatArray
) -> None:
    """Write σ[t] of σ²[t+1] = ω + (α z²[t] + β) σ²[t], with σ²[0] = start."""
    variance = start
    for t in range(len(shocks)):
        out[t] = np.sqrt(variance)
        variance = omega + (alpha * shocks[t] * shocks[t] + beta) * variance
