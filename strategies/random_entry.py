"""Enter at random: the yardstick for any rule with as many trades of the same length."""

from __future__ import annotations

from dataclasses import dataclass

from kanalo.experiment import random_entry


@dataclass(frozen=True)
class RandomEntry(random_entry.RandomEntry):
    """Enter by chance so often per year, leave after the holding time.

    To match another rule, set ``trades``, ``hold`` and ``longs`` to its trades per year, mean
    holding time and share of longs. Comparisons do so by themselves, with the same class.
    """
