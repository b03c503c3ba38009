"""Draw the week of the article: ``python docs/images/draw_article.py [FIGURE.svg]``.

The price around 2026-01-31 12:00 UTC with what was known then (channel, zones, the article's
levels) and what happened, in the report's light theme.
"""

from __future__ import annotations

import sys
from pathlib import Path

from kanalo.market import load_article, load_market
from kanalo.report.liquidations.palette import to_image
from kanalo.report.replay.figure import WIDE, draw_episode
from kanalo.report.replay.page import to_replay_model
from kanalo.study.replay.replay import replay

DATA = Path(__file__).parents[2] / "data"
TARGET = Path(__file__).parent / "article_on_trial.svg"
HOUR = "2026-01-31T12:00"


def main(target: str | Path = TARGET) -> None:
    """Replay the hour and draw it."""
    market = load_market(DATA, "xmr_1h")
    found = replay(market, HOUR, article=load_article(DATA)["article"])
    draw = draw_episode(to_replay_model(found), market, WIDE)
    title = "Monero around the article of 2026-01-31: what was known, and what happened"
    Path(target).write_bytes(to_image(draw, WIDE, title, ".svg"))


if __name__ == "__main__":
    main(*sys.argv[1:])
