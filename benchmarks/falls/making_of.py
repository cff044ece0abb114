"""The whole way from recordings to the model's file: material, opinions on strangers for the scale, the model."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from sklearn.model_selection import GroupKFold

from benchmarks.falls import learning, material
from gateway.detection.fall import SURE, SUSPECTED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from benchmarks.falls.learning import Prepared
    from benchmarks.falls.material import Windows
    from gateway.scorecard.fall_sets import FallSet, Trial

    Numbers = NDArray[np.float64]

FOLDS = 5


SURE_SHARE = 0.998
"""Share of daily trials of strangers under the sure point. Source: our choice."""


WANTED = {"sisfall_shared": (0.985, 0.995), "weda_shared": (0.96, 0.975)}
"""Sensitivity and specificity on strangers that each set should reach; the working point is where the errors stay
farthest within them. Source: the goals of the first version of this model."""


class Points(NamedTuple):
    """Opinions that the scale turns on.

    Args:
        working: from here on as a fall (0.5 on the scale).
        sure: from here on with little doubt (0.9 on the scale).
    """

    working: float
    sure: float


def make() -> bytes:
    """The shipped file."""
    sets, windows = everything()
    print(f"{len(windows.fall)} 个窗口 / windows of {len(np.unique(windows.subject))} 人 / people", flush=True)
    prepared = learning.prepare(windows)
    everybody = np.ones(len(windows.fall), dtype=np.bool_)
    scale = points(sets, windows, opinions_of_strangers(prepared, everybody), everybody)
    print(f"工作点 / working point {scale.working:.3f}, 把握点 / sure point {scale.sure:.3f}", flush=True)
    return scaled(learning.learn(prepared, everybody), scale, sets).file()


def scaled(learnt: learning.Learnt, scale: Points, sets: list[FallSet]) -> learning.Learnt:
    """The parts of a model with its scale, and with what it has seen."""
    return learning.Learnt(
        {
            **learnt.arrays,
            "raw": np.array([0.0, scale.working, scale.sure, 1.0]),
            "scale": np.array([0.0, SUSPECTED, SURE, 1.0]),
            "trials": np.unique(np.array([t.fingerprint for each in sets for t in each.trials], dtype=np.uint64)),
        }
    )


def everything() -> tuple[list[FallSet], Windows]:
    """The sets, and all windows that are learnt from: real ones first, then made ones."""
    sets = material.sets(material.data_folder())
    real = [material.recorded(each) for each in sets]
    made = [
        material.made(fall_set, found, np.random.default_rng([learning.SEED, number]))
        for number, (fall_set, found) in enumerate(zip(sets, real, strict=True))
    ]
    return sets, material.joined(*(found.windows for found in real), *made)


def folds(
    windows: Windows, among: NDArray[np.bool_], many: int
) -> Iterator[tuple[NDArray[np.bool_], NDArray[np.bool_]]]:
    """Ways to part the subjects of some windows: (learn from, judge), as masks; nobody is on both sides."""
    places = np.flatnonzero(among)
    for learn, judge in GroupKFold(many).split(places, groups=windows.subject[places]):
        masks = np.zeros((2, len(among)), dtype=np.bool_)
        masks[0, places[learn]] = masks[1, places[judge]] = True
        yield masks[0], masks[1]


def opinions_of_strangers(prepared: Prepared, among: NDArray[np.bool_], many: int = FOLDS) -> Numbers:
    """The opinion on each window among some of a model that has never seen its subject."""
    found = np.zeros(len(among))
    for learn, judge in folds(prepared.windows, among, many):
        found[judge] = opinions(learning.learn(prepared, learn), prepared, judge)
    return found


def opinions(learnt: learning.Learnt, prepared: Prepared, chosen: NDArray[np.bool_]) -> Numbers:
    """A model's opinion on some windows."""
    return learnt.model().trees.opinion(prepared.measured[chosen])


def by_trial(windows: Windows, found: Numbers, among: NDArray[np.bool_]) -> dict[str, float]:
    """The highest opinion in each trial."""
    best: dict[str, float] = {}
    for trial, opinion in zip(windows.trial[among], found[among], strict=True):
        best[str(trial)] = max(best.get(str(trial), 0.0), float(opinion))
    return best


def points(sets: list[FallSet], windows: Windows, found: Numbers, among: NDArray[np.bool_]) -> Points:
    """Choose the points of the scale from opinions on strangers."""
    best = by_trial(windows, found, among & (windows.trial != ""))
    people = set(windows.subject[among].tolist())
    falls, daily = [], []
    for each in sets:
        rows = [(best.get(name, 0.0), trial.fall) for name, who, trial in _named(each) if who in people]
        falls.append(np.array([opinion for opinion, fall in rows if fall]))
        daily.append(np.array([opinion for opinion, fall in rows if not fall]))
    grid = np.linspace(0.2, 0.95, 301)
    wanted = [WANTED[each.name] for each in sets]
    worst = [
        max(_excess(point, f, d, w) for f, d, w in zip(falls, daily, wanted, strict=True) if len(f)) for point in grid
    ]
    working = float(grid[int(np.argmin(worst))])
    high = [float(np.quantile(opinions_, SURE_SHARE)) for opinions_ in daily if len(opinions_)]
    return Points(working, min(max(working + 0.02, *high), 0.98))


def _excess(point: float, falls: Numbers, daily: Numbers, wanted: tuple[float, float]) -> float:
    """The greater of the two errors, in units of what is allowed of it."""
    return max(float((falls < point).mean()) / (1 - wanted[0]), float((daily >= point).mean()) / (1 - wanted[1]))


def _named(fall_set: FallSet) -> Iterator[tuple[str, str, Trial]]:
    """Each trial with its name and its subject's, as windows have them."""
    for number, trial in enumerate(fall_set.trials):
        yield f"{fall_set.name}/{number}", f"{fall_set.name}/{trial.subject}", trial
