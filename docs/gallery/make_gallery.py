"""Write the pages of the gallery: run what each shows, keep what it prints and its figure.

`python docs/gallery/make_gallery.py`; the answers in words are in answers.toml.
"""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import tempfile
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent

CODE = """import kanalo
import pandas as pd

market = kanalo.load_market("{market}").between("2020-02-03")
result = kanalo.run("{rule}", market{parameters})
hold = kanalo.run("hold_perpetual", market)
shown = ["Return [%]", "CAGR [%]", "Max. Drawdown [%]", "Sharpe Ratio", "# Trades"]
table = pd.DataFrame({{"rule": result.statistics[shown], "buy and hold": hold.statistics[shown]}})
print(table.astype(float).round(1).to_string())

returns = result.equity.resample("1D").last().pct_change().dropna()
judged = kanalo.judge(returns.rename("rule"), n_trials=1)
print(judged.verdicts["rule"].light, "-", judged.verdicts["rule"].sentence)
"""

PAGE = """# {title}

> {claim}

*{source}*

**How it is tested.** {test}

{before}```python
{code}figure = result.plot()
figure.savefig("{name}.png", dpi=60)
```

```text
{output}
```

![Equity, drawdown and trades of the rule]({name}.png)

**Answer.** {answer}

The rating with random entries, costs varied and the look-ahead certificate:

```bash
{command}
```
"""

INDEX = """# Gallery: six claims, tested

Each page takes one claim that traders make, with its source, and tests it on Monero with code that
runs as it stands. An account of 100,000 pays 5 basis points of fee and 2 of slippage on every fill,
funding and market impact, and is liquidated as its venue would.

| claim | source | answer |
|---|---|---|
{rows}

```{{toctree}}
:hidden:

{names}
```

`python docs/gallery/make_gallery.py` writes the pages anew.
"""


def main() -> None:
    """Write every page, its figure and the index."""
    questions = tomllib.loads((HERE / "answers.toml").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        enter_workspace(Path(folder))
        for name, question in questions.items():
            write_page(name, question)
    rows = "\n".join(to_row(name, question) for name, question in questions.items())
    index = INDEX.format(rows=rows, names="\n".join(questions))
    (HERE / "index.md").write_text(index, encoding="utf-8")


def enter_workspace(home: Path) -> None:
    """Work in a copy of the workspace that has the worked rules of docs/examples too."""
    shutil.copytree(ROOT / "strategies", home / "strategies")
    for path in (ROOT / "docs" / "examples").glob("*.py"):
        shutil.copy(path, home / "strategies")
    (home / "data").symlink_to(ROOT / "data")
    os.environ["KANALO_WORKSPACE"] = str(home)
    os.environ["MPLBACKEND"] = "agg"
    os.chdir(home)


def write_page(name: str, question: dict[str, str]) -> None:
    """Run the code of a page and write what it printed and drew."""
    code = CODE.format(**{"parameters": "", **question})
    output, names = io.StringIO(), {}
    with contextlib.redirect_stdout(output):
        exec(compile(code, name, "exec"), names)
    names["result"].plot().savefig(HERE / f"{name}.png", dpi=60)
    text = PAGE.format(
        **{"before": "", **question}, name=name, code=code, output=output.getvalue().rstrip()
    )
    (HERE / f"{name}.md").write_text(text, encoding="utf-8")


def to_row(name: str, question: dict[str, str]) -> str:
    """Return a line of the index."""
    return f"| [{question['title']}]({name}.md) | {question['source']} | {question['short']} |"


if __name__ == "__main__":
    main()
