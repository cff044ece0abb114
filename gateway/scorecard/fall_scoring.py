"""How well falls are told from living: a model over recorded trials, as a worn sensor would have sent their windows.

Protocol
--------
Each trial is streamed: wherever firmware would have been struck (`motion_window.strikes`), a window is judged. A trial
counts as told when one of its windows reaches 0.5. *Sensitivity* is the share of falls told, *specificity* the share of
other trials in which nothing was told.

*False alarms an hour* are counted over all recordings of daily life as the detector would raise them: a window that
reaches 0.5 begins a suspicion, and what follows within `ONE_STORY_S` belongs to it. It is what one worn sensor would
ask about before any other sensor has its say; nobody is called by a suspicion that she answers by moving.

*Time to decision* is from the beginning of the fall, where the set says when that is, else from the blow: the window
is complete `HALF_S` after it.

People whose recordings the model has learnt from are told apart: figures about them are no forecast.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gateway.detection import worn
from gateway.detection.fall import SUSPECTED
from gateway.detection.motion_window import FINE_HZ, HALF, HZ, ceiled, cut, strikes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from gateway.detection.fall_model import FallModel
    from gateway.scorecard.fall_sets import FallSet, Trial

HALF_S = HALF / HZ
"""What of a window follows the blow, in seconds."""

ONE_STORY_S = 60.0
"""Windows this close are one suspicion. Source: fall_maybe_s and countdown_s together, config/limits.toml."""


class Scored(NamedTuple):
    """A trial with what the model makes of its windows.

    Args:
        trial: as recorded.
        blows: when, in seconds from the start, and the score of the window around it.
        seen: the model has learnt from this person.
    """

    trial: Trial
    blows: tuple[tuple[float, float], ...]
    seen: bool

    @property
    def highest(self) -> float:
        """The highest score; 0 where nothing ever struck."""
        return max((score for _, score in self.blows), default=0.0)

    @property
    def length_s(self) -> float:
        """How long the recording is."""
        return len(self.trial.samples) / FINE_HZ


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a set of trials comes to; None where there is nothing to count.

    Args:
        falls, daily: how many trials of each.
        sensitivity, specificity, balanced: shares, and the mean of the two.
        area: under the curve of the two.
        false_alarms: suspicions on daily life.
        hours: of daily life.
        decision_s: the median time to a decision on falls that were told.
    """

    falls: int
    daily: int
    sensitivity: float | None
    specificity: float | None
    balanced: float | None
    area: float | None
    false_alarms: int
    hours: float
    decision_s: float | None

    @property
    def false_alarms_per_hour(self) -> float | None:
        """None without an hour's part of daily life."""
        return self.false_alarms / self.hours if self.hours else None


def score(model: FallModel, fall_set: FallSet, progress: Callable[[int, int], None]) -> list[Scored]:
    """Judge every window of every trial.

    Args:
        model: judges.
        fall_set: one channel of one set.
        progress: told how many trials are done, of how many.
    """
    seen = _seen(model, fall_set)
    found = []
    for number, trial in enumerate(fall_set.trials, start=1):
        found.append(Scored(trial, _blows(model, trial), trial.subject in seen))
        progress(number, len(fall_set.trials))
    return found


def _blows(model: FallModel, trial: Trial) -> tuple[tuple[float, float], ...]:
    samples = ceiled(trial.samples)
    peaks = strikes(samples)
    if not peaks:
        return ()
    forms = np.stack([cut(samples, peak) for peak in peaks])
    scores = model.scores(forms)
    on_a_body = (worn.judge(form) is worn.Wear.PERHAPS for form in forms)
    return tuple(
        (peak / FINE_HZ, float(each)) for peak, each, is_worn in zip(peaks, scores, on_a_body, strict=True) if is_worn
    )


def _seen(model: FallModel, fall_set: FallSet) -> frozenset[str]:
    """The subjects of a set that the model has learnt from: those of a set of that name, or of known recordings."""
    learnt = {tuple(name.split("/", 1)) for name in model.subjects}
    own = {person for set_, person in learnt if set_ == fall_set.name}
    known = set(model.trials.tolist())
    if any(trial.fingerprint in known for trial in fall_set.trials):
        own |= {trial.subject for trial in fall_set.trials if trial.fingerprint in known}
    return frozenset(own)


def figures(scored: Sequence[Scored], threshold: float = SUSPECTED) -> Figures:
    """What trials come to at a threshold."""
    falls = np.array([each.highest for each in scored if each.trial.fall])
    daily = np.array([each.highest for each in scored if not each.trial.fall])
    sensitivity = float((falls >= threshold).mean()) if len(falls) else None
    specificity = float((daily < threshold).mean()) if len(daily) else None
    both = sensitivity is not None and specificity is not None
    waits = [wait for each in scored if each.trial.fall and (wait := _wait_s(each, threshold)) is not None]
    living = [each for each in scored if not each.trial.fall]
    return Figures(
        falls=len(falls),
        daily=len(daily),
        sensitivity=sensitivity,
        specificity=specificity,
        balanced=((sensitivity or 0.0) + (specificity or 0.0)) / 2 if both else None,
        area=_area(falls, daily) if both else None,
        false_alarms=sum(stories(each.blows, threshold) for each in living),
        hours=sum(each.length_s for each in living) / 3600,
        decision_s=float(np.median(waits)) if waits else None,
    )


def stories(blows: Iterable[tuple[float, float]], threshold: float = SUSPECTED) -> int:
    """How many suspicions the windows of a recording begin."""
    count, until_s = 0, float("-inf")
    for at_s, each in blows:
        if each >= threshold and at_s > until_s:
            count, until_s = count + 1, at_s + ONE_STORY_S
    return count


def curve(scored: Sequence[Scored]) -> list[tuple[float, float, float]]:
    """(threshold, sensitivity, specificity) at every threshold that makes a difference, falling."""
    falls = np.sort([each.highest for each in scored if each.trial.fall])
    daily = np.sort([each.highest for each in scored if not each.trial.fall])
    if not len(falls) or not len(daily):
        return []
    thresholds = np.unique(np.concatenate([falls, daily, [0.0, SUSPECTED, 1.0]]))[::-1]
    told = 1 - np.searchsorted(falls, thresholds, side="left") / len(falls)
    quiet = np.searchsorted(daily, thresholds, side="left") / len(daily)
    return [(float(t), float(s), float(q)) for t, s, q in zip(thresholds, told, quiet, strict=True)]


def _area(falls: np.typing.NDArray[np.float64], daily: np.typing.NDArray[np.float64]) -> float:
    """The chance that a fall scores higher than another trial; ties count half."""
    ordered = np.sort(daily)
    below = np.searchsorted(ordered, falls, side="left")
    equal = np.searchsorted(ordered, falls, side="right") - below
    return float((below + equal / 2).mean() / len(daily))


def _wait_s(scored: Scored, threshold: float) -> float | None:
    """From the beginning of a fall, or from the blow, until the window that told it was complete."""
    told = next((at_s for at_s, each in scored.blows if each >= threshold), None)
    if told is None:
        return None
    begun = told if scored.trial.fall_at_s is None else min(scored.trial.fall_at_s[0], told)
    return told - begun + HALF_S
