"""The funding of a position: the one formula of the compiled engine (rule 9)."""

from __future__ import annotations

from kanalo._jit import inlined
from kanalo.execution.compiled._tape_layout import Tape


@inlined
def charge(tape: Tape, paid: int, quantity: float) -> float:
    """Return the cash flow of funding: ``-(quantity × close × rate)``, negative where paid.

    Parameters
    ----------
    tape : Tape
        Of `kanalo.execution.compiled.simulate.to_tape`.
    paid : int
        Which of the bars that pay funding, an index into ``tape.paid_bar``.
    quantity : float
        Coins held at the close of that bar, negative for a short.
    """
    flow: float = -(quantity * tape.close[tape.paid_bar[paid]] * tape.paid_rate[paid])
    return flow
