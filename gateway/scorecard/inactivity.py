"""`shouwang score inactivity DIR`: how soon a collapse at home is told, and how often nothing had happened.

Theory of operation
-------------------
Every recorded home is walked forward from its first day through the real pipeline (`inactivity_walk`), once for every
setting of the one knob, how many false alarms a month are acceptable. What is told on the way is a false alarm. At
random moments at home, awake and asleep, she is silenced, and the time until that is told is the delay. Rivals judge
the same silences (`inactivity_rivals`). What this can and cannot say is in docs/scorecard.md.
"""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING, TextIO

from gateway.scorecard.inactivity_home import RecordedHome, score
from gateway.scorecard.inactivity_homes import Unusable, read_folder
from gateway.scorecard.inactivity_pooled import scorecard
from gateway.scorecard.inactivity_told import content, table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gateway.detection.home import Home
    from gateway.scorecard.inactivity_home import Scored


KNOBS = (0.25, 0.5, 2.0, 4.0)
"""False alarms a month that are tried beside the default of limits.toml."""


def main(
    folder: Path,
    *,
    json_file: Path | None = None,
    plots: Path | None = None,
    home: Home | None = None,
) -> int:
    """Score every recorded home in a folder.

    Args:
        folder: see `gateway.scorecard.inactivity_homes` for what may lie in it.
        json_file: where to write everything as JSON; None for nowhere.
        plots: the folder to draw into; None for none.
        home: the home of our own stored readings, where a configuration tells.

    Returns:
        0 when at least one home was scored and no file was unusable, 1 when some were unusable, 2 when none was scored.
    """
    done: list[Scored] = []
    refused: dict[str, str] = {}
    for each in read_folder(folder, home):
        if isinstance(each, Unusable):
            refused[each.name] = each.why
            _complain(each.why)
        else:
            done.append(score(each, KNOBS, _Progress(each, sys.stderr)))
    if not done:
        _complain(f"{folder}：没有可以评分的住户记录 / no recorded home to score")
        return 2
    _write(done, refused, json_file, plots)
    return 1 if refused else 0


def _write(done: Sequence[Scored], refused: dict[str, str], json_file: Path | None, plots: Path | None) -> None:
    card = scorecard(done)
    for line in table(card):
        print(line)  # noqa: T201 - the command's own words
    if json_file is not None:
        told = json.dumps(content(card, refused), ensure_ascii=False, indent=1)
        json_file.write_text(told + "\n", encoding="utf-8")
    if plots is not None:
        from gateway.scorecard import inactivity_plots  # noqa: PLC0415 - only who wants plots loads what draws them

        for path in inactivity_plots.draw(card, plots):
            print(path)  # noqa: T201


_DOING = {
    "places": "在家还是外出 / where she was",
    "default": "出厂设置 / as shipped",
    "rivals": "对照方法 / rivals",
    "prior": "先验里有自己 / own home in the prior",
}


class _Progress:
    """Says which home is walked at which setting; counts readings where there is a terminal."""

    def __init__(self, recorded: RecordedHome, to: TextIO) -> None:
        self._recorded, self._to = recorded, to
        self._doing, self._began = "", time.perf_counter()

    def __call__(self, doing: str, number: int) -> None:
        total = len(self._recorded.readings)
        if doing != self._doing:
            self._doing = doing
            what = _DOING.get(doing, f"每月 {doing} 次误报 / {doing} false alarms a month")
            self._say(f"{self._recorded.name} ({total:,} 条读数 / readings): {what}", end="\n")
        elif self._to.isatty():
            self._say(f"\r  {number:,}/{total:,}  {time.perf_counter() - self._began:.0f} s", end="\r")

    def _say(self, line: str, *, end: str) -> None:
        print(line, end=end, file=self._to, flush=True)


def _complain(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201 - the command's own words
