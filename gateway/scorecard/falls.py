"""`shouwang score falls DIR`: how well the shipped model tells falls from living, as a table, JSON and plots."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, TextIO

from gateway.detection.fall import SUSPECTED
from gateway.detection.fall_model import ModelUnusable, shipped
from gateway.scorecard.fall_scoring import Figures, Scored, curve, figures, score, stories
from gateway.scorecard.fall_sets import FallSet, read_folder
from gateway.scorecard.fall_table import by_deed, deed_table, table
from gateway.scorecard.fall_units import OtherRecording, UnusableSet

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

CURVE_POINTS = 400
"""Points of a curve that the JSON holds at most. Source: our choice: finer than any plot."""


def main(
    folder: Path, *, json_file: Path | None = None, plots: Path | None = None, rate_hz: float | None = None
) -> int:
    """Score every set in a folder.

    Args:
        folder: see `gateway.scorecard.fall_sets` for what may lie in it.
        json_file: where to write everything as JSON; None for nowhere.
        plots: the folder to draw into; None for none.
        rate_hz: of recordings that do not tell their rate.

    Returns:
        0 when at least one set was scored and none was unusable, 1 when some were unusable, 2 when none was scored.
    """
    try:
        model = shipped()
    except ModelUnusable as error:
        print(error, file=sys.stderr)  # noqa: T201 - the command's own words to whoever typed it
        return 2
    done: list[tuple[FallSet, list[Scored]]] = []
    unusable: list[str] = []
    for each in read_folder(folder, rate_hz=rate_hz):
        if isinstance(each, UnusableSet):
            if not isinstance(each, OtherRecording):
                unusable.append(str(each))
            print(each, file=sys.stderr)  # noqa: T201
        else:
            done.append((each, score(model, each, _Progress(each, sys.stderr))))
    if not done:
        print(f"{folder}：没有可以评分的数据 / nothing to score", file=sys.stderr)  # noqa: T201
        return 2
    _write(done, unusable, json_file, plots)
    return 1 if unusable else 0


def _write(
    done: Sequence[tuple[FallSet, list[Scored]]], unusable: list[str], json_file: Path | None, plots: Path | None
) -> None:
    for line in (*table(done), "", *deed_table(done)):
        print(line)  # noqa: T201
    if json_file is not None:
        content = {"sets": _by_file(done), "unusable": unusable, "threshold": SUSPECTED}
        json_file.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    if plots is not None:
        from gateway.scorecard import fall_plots  # noqa: PLC0415 - only who wants plots loads what draws them

        for path in fall_plots.draw(done, plots):
            print(path)  # noqa: T201


class _Progress:
    """One line on the terminal that counts; a line at the end where there is no terminal."""

    def __init__(self, fall_set: FallSet, to: TextIO) -> None:
        self._name, self._to = f"{fall_set.file} {fall_set.channel}", to

    def __call__(self, done: int, of: int) -> None:
        if self._to.isatty() or done == of:
            print(f"\r{self._name}: {done}/{of}", end="\n" if done == of else "", file=self._to, flush=True)


def _by_file(done: Iterable[tuple[FallSet, Sequence[Scored]]]) -> dict[str, object]:
    """By file; where a file has several channels, by channel within it."""
    files: dict[str, dict[str, object]] = {}
    for fall_set, scored in done:
        files.setdefault(fall_set.file, {})[fall_set.channel] = _result(fall_set, scored)
    return {name: next(iter(found.values())) if len(found) == 1 else found for name, found in files.items()}


def _result(fall_set: FallSet, scored: Sequence[Scored]) -> dict[str, object]:
    elders = [each for each in scored if each.trial.elder]
    strangers = [each for each in scored if not each.seen]
    points = curve(scored)
    return {
        **_figures(figures(scored)),
        "channel": fall_set.channel,
        "counts_per_g": fall_set.counts_per_g,
        "unit_from": fall_set.unit_from,
        "unusable_trials": dict(fall_set.unusable),
        "seen_in_training": {
            "subjects": sorted({each.trial.subject for each in scored if each.seen}),
            "trials": sum(each.seen for each in scored),
        },
        "never_seen": _figures(figures(strangers)) if strangers else None,
        "elders": _figures(figures(elders)) if elders else None,
        "activities": _activities(scored),
        "deeds": {deed: _counted(trials) for deed, trials in by_deed(scored).items()},
        "curve": [
            dict(zip(("threshold", "sensitivity", "specificity"), each, strict=True)) for each in _thinned(points)
        ],
    }


def _figures(found: Figures) -> dict[str, object]:
    told = asdict(found)
    told["balanced_accuracy"], told["auc"] = told.pop("balanced"), told.pop("area")
    told["time_to_decision_s"] = told.pop("decision_s")
    return {**told, "false_alarms_per_hour": found.false_alarms_per_hour}


def _activities(scored: Iterable[Scored]) -> dict[str, object]:
    by_name: dict[str, list[Scored]] = {}
    for each in scored:
        by_name.setdefault(each.trial.activity, []).append(each)
    return {name: _counted(trials) for name, trials in sorted(by_name.items())}


def _counted(trials: Sequence[Scored]) -> dict[str, object]:
    return {
        "fall": trials[0].trial.fall,
        "trials": len(trials),
        "told": sum(each.highest >= SUSPECTED for each in trials),
        "false_alarms": sum(0 if each.trial.fall else stories(each.blows) for each in trials),
        "hours": sum(each.length_s for each in trials) / 3600,
    }


def _thinned(points: list[tuple[float, float, float]]) -> list[tuple[float, float, float]]:
    step = max(1, len(points) // CURVE_POINTS)
    return [*points[:-1:step], *points[-1:]]
