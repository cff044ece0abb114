"""Plots of how well falls are told: the curve of each channel, and what each activity comes to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.detection.fall import SUSPECTED
from gateway.scorecard.chart import Axis, Chart, Series
from gateway.scorecard.fall_scoring import curve, figures

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from gateway.scorecard.fall_scoring import Scored
    from gateway.scorecard.fall_sets import FallSet

WORST = 0.2
"""The curve's corner that is drawn: up to this share of false alarms, down to as much less than every fall."""


def draw(done: Sequence[tuple[FallSet, Sequence[Scored]]], folder: Path) -> Iterator[Path]:
    """Draw everything into a folder, as PNG and as SVG; yield what was written."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, chart in _charts(done):
        (folder / f"{name}.svg").write_text(chart.svg(), encoding="utf-8")
        (folder / f"{name}.png").write_bytes(chart.png())
        yield folder / f"{name}.svg"
        yield folder / f"{name}.png"


def in_the_corner(points: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """The points of a curve that lie in the corner that is drawn."""
    return [(across, up) for across, up in points if across <= WORST and up >= 1 - WORST]


def _charts(done: Sequence[tuple[FallSet, Sequence[Scored]]]) -> Iterator[tuple[str, Chart]]:
    across, up = Axis("1 - specificity", 0.0, WORST), Axis("sensitivity", 1.0 - WORST, 1.0)
    lines = []
    for fall_set, scored in done:
        name = f"{fall_set.file} {fall_set.channel}"
        lines.append(Series(name, in_the_corner((1 - quiet, told) for _, told, quiet in curve(scored))))
    working = []
    for _, scored in done:
        found = figures(scored)
        if found.sensitivity is not None and found.specificity is not None:
            working.append((1 - found.specificity, found.sensitivity))
    dots = Series(f"threshold {SUSPECTED:g}", working, dots=True)
    yield "falls_roc", Chart(title="Falls told from living (ROC)", across=across, up=up, series=[*lines, dots])
    for fall_set, scored in done:
        yield f"falls_scores_{fall_set.name}_{fall_set.channel}", _spread(fall_set, scored)


def _spread(fall_set: FallSet, scored: Sequence[Scored]) -> Chart:
    """The share of trials above each score, for falls, daily life, and elders' daily life."""
    kinds = {
        "falls": [each for each in scored if each.trial.fall],
        "daily life": [each for each in scored if not each.trial.fall],
        "elders' daily life": [each for each in scored if not each.trial.fall and each.trial.elder],
    }
    grid = [n / 100 for n in range(101)]
    series = [
        Series(f"{name} ({len(some)})", [(at, sum(each.highest >= at for each in some) / len(some)) for at in grid])
        for name, some in kinds.items()
        if some
    ]
    title = f"{fall_set.file} {fall_set.channel}: trials told at each threshold"
    return Chart(title=title, across=Axis("threshold", 0, 1), up=Axis("share told", 0, 1), series=series)
