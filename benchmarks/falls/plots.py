"""The curve of sensitivity against false alarms, from what `evaluate` has found: as SVG and as PNG.

python -m benchmarks.falls.evaluate strangers --json strangers.json
python -m benchmarks.falls.evaluate sets --json sets.json
python -m benchmarks.falls.plots docs/falls_roc strangers.json sets.json
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gateway.detection.fall import SUSPECTED
from gateway.scorecard.chart import Axis, Chart, Series
from gateway.scorecard.fall_plots import WORST, in_the_corner

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def main() -> None:
    """Draw one chart of all files."""
    target, *files = map(Path, sys.argv[1:])
    chart = Chart(
        title="Falls told from living by models that had not seen them (ROC)",
        across=Axis("1 - specificity", 0.0, WORST),
        up=Axis("sensitivity", 1 - WORST, 1.0),
        series=[*_lines(files), Series(f"threshold {SUSPECTED:g}", list(_working(files)), dots=True)],
    )
    target.with_suffix(".svg").write_text(chart.svg(), encoding="utf-8")
    target.with_suffix(".png").write_bytes(chart.png())


def _lines(files: Iterable[Path]) -> Iterator[Series]:
    for file in files:
        for name, found in json.loads(file.read_text("utf-8")).items():
            falls, daily = _scores(found)
            grid = np.unique(np.concatenate([falls, daily, [0.0, 2.0]]))[::-1]
            yield Series(f"{name}, {file.stem}", in_the_corner((_share(daily, at), _share(falls, at)) for at in grid))


def _working(files: Iterable[Path]) -> Iterator[tuple[float, float]]:
    for file in files:
        for found in json.loads(file.read_text("utf-8")).values():
            falls, daily = _scores(found)
            yield _share(daily, SUSPECTED), _share(falls, SUSPECTED)


def _scores(found: dict[str, list[tuple[bool, float]]]) -> tuple[np.typing.NDArray[np.float64], ...]:
    """What falls, and what daily life, scored at most in each trial."""
    return tuple(np.array([score for fall, score in found["trials"] if fall == wanted]) for wanted in (True, False))


def _share(scores: np.typing.NDArray[np.float64], threshold: float) -> float:
    return float((scores >= threshold).mean())


if __name__ == "__main__":
    main()
