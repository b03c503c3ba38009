"""What single coins of a panel answered, kept in a folder: a run goes on where it stopped."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

import numpy as np

from kanalo.panel.coins import Panel
from kanalo.panel.plan import PanelClaim, PanelPlan
from kanalo.panel.sample import CoinSample
from kanalo.study.inference import Sample

_ARRAYS = ("hours", "values", "expected", "owners")
_PAIRS = ("bars", "values", "weights", "is_event")


@dataclass(frozen=True)
class Parts:
    """A file a coin in a folder of its own; another plan, code or table has another folder.

    Attributes
    ----------
    folder : Path
        Made at the first `save`.
    """

    folder: Path

    def load(self, coin: str) -> list[CoinSample] | None:
        """Return the samples of a coin in the order of the claims; None where it was not asked."""
        path = self.folder / f"{coin}.npz"
        if not path.exists():
            return None
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as content:
                heads = json.loads(str(content["heads"]))
                return [
                    CoinSample(
                        coin=coin,
                        pairs=Sample(*(content[f"{i}_pairs_{name}"] for name in _PAIRS)),
                        **{name: content[f"{i}_{name}"] for name in _ARRAYS},
                        **head,
                    )
                    for i, head in enumerate(heads)
                ]
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return None  # half a file: the coin is asked again

    def save(self, coin: str, samples: Sequence[CoinSample]) -> None:
        """Keep what a coin answered, whole or not at all.

        Parameters
        ----------
        coin : str
            Its name.
        samples : sequence of CoinSample
            In the order of the claims.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        heads = [
            {
                "n_events": each.n_events,
                "imbalance": each.imbalance,
                "reason": each.reason,
                "delisted_at": each.delisted_at,
            }
            for each in samples
        ]
        arrays = {"heads": np.array(json.dumps(heads))}
        for i, each in enumerate(samples):
            arrays |= {f"{i}_{name}": getattr(each, name) for name in _ARRAYS}
            arrays |= {f"{i}_pairs_{name}": getattr(each.pairs, name) for name in _PAIRS}
        half = self.folder / f"{coin}.{os.getpid()}.part"
        with half.open("wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]
        half.replace(self.folder / f"{coin}.npz")

    def drop(self) -> None:
        """Remove the folder: the run has come to its end."""
        shutil.rmtree(self.folder, ignore_errors=True)


def open_parts(root: Path, panel: Panel, plan: PanelPlan, claims: Sequence[PanelClaim]) -> Parts:
    """Return the parts of one run: of these tables, this plan, these claims and this code.

    Parameters
    ----------
    root : Path
        Folder of all runs.
    panel : Panel
        The coins.
    plan : PanelPlan
        What is left out.
    claims : sequence of PanelClaim
        What is asked.

    Returns
    -------
    Parts
        In a folder named by the sha256 of all of them.
    """
    spans = [[each.name, len(each.market), str(each.market.index[-1])] for each in panel.coins]
    run = [spans, sorted(panel.digests.items()), plan.digest, [repr(each) for each in claims]]
    digest = hashlib.sha256(json.dumps([*run, _find_code()]).encode()).hexdigest()
    return Parts(root / digest[:16])


@cache
def _find_code() -> str:
    """Return the sha256 of the code that draws samples."""
    code = hashlib.sha256()
    for package in ("kanalo.panel", "kanalo.study", "kanalo.study.claims", "kanalo.study.events"):
        found = (each for each in files(package).iterdir() if each.name.endswith(".py"))
        for each in sorted(found, key=lambda file: file.name):
            code.update(each.read_bytes())
    return code.hexdigest()
