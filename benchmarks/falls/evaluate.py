"""How well the fall model does on people, sets and devices that it has never seen. Prints tables; `--json FILE` too.

    python -m benchmarks.falls.evaluate strangers   five folds over subjects; thresholds from training folds only
    python -m benchmarks.falls.evaluate sets        learn from one set, judge the other
    python -m benchmarks.falls.evaluate devices     the same strangers, felt by other devices
    python -m benchmarks.falls.evaluate handling    the shipped model on simulated belts: taken off, put down, dropped
    python -m benchmarks.falls.evaluate cost        milliseconds and megabytes for one window

Needs the extra `train`, and the recordings in SHOUWANG_DATA or ../shared/data; `strangers` takes ten minutes of one
core, the others less. No subject is ever on both sides, and what is made of a subject's windows stays with the subject.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import tracemalloc
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.falls import learning, making, making_of, material
from devices.dialects import native
from devices.reading import Kind
from firmware_sim import blows
from firmware_sim.blows import How
from firmware_sim.dice import dice
from gateway.detection import impact, motion_features, worn
from gateway.detection.fall import SUSPECTED
from gateway.detection.fall_model import FallModel, shipped
from gateway.scorecard.fall_scoring import Figures, Scored, figures
from gateway.scorecard.fall_table import by_deed

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from benchmarks.falls.learning import Prepared
    from gateway.scorecard.fall_sets import FallSet

HANDLED = 200
"""Windows of each way to handle a belt."""

INNER = 3
"""Folds within the training subjects that choose the working point."""


def main() -> int:
    """Run one evaluation."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("what", choices=tuple(_ASKED))
    asked.add_argument("--json", type=Path, default=None)
    arguments = asked.parse_args()
    found = _ASKED[arguments.what]()
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return 0


def strangers() -> dict[str, object]:
    """Every subject judged by a model that has never seen her."""
    fall_sets, prepared, real = _material()
    scores = np.zeros(len(real))
    everybody = np.ones(len(real), dtype=np.bool_)
    for number, (learn, judge) in enumerate(making_of.folds(prepared.windows, everybody, making_of.FOLDS), start=1):
        model = _scaled(fall_sets, prepared, learn)
        chosen = judge & real
        scores[chosen] = model.scores(prepared.windows.form[chosen].astype(np.float64))
        print(f"fold {number}: working point {model.raw[1]:.3f}", flush=True)
    return {each.name: _told(each, _scored(each, prepared, scores)) for each in fall_sets}


def sets() -> dict[str, object]:
    """A set and a device, and here even a place on the body, that was never seen in training."""
    fall_sets, prepared, real = _material()
    found = {}
    for left_out in fall_sets:
        learn = ~np.char.startswith(prepared.windows.subject, left_out.name)
        model = _scaled([each for each in fall_sets if each is not left_out], prepared, learn)
        scores = np.zeros(len(real))
        chosen = ~learn & real
        scores[chosen] = model.scores(prepared.windows.form[chosen].astype(np.float64))
        found[left_out.name] = _told(left_out, _scored(left_out, prepared, scores))
    return found


def devices() -> dict[str, object]:
    """Strangers' windows as other devices would have sent them: every fifth subject of each set."""
    fall_sets, prepared, real = _material()
    judge = np.isin(prepared.windows.subject, _every_fifth(prepared.windows.subject))
    model = _scaled(fall_sets, prepared, ~judge)
    raw = np.concatenate([material.recorded(each).raw for each in fall_sets])
    chosen = np.flatnonzero(judge & real)
    found: dict[str, object] = {}
    for name, felt in _DEVICES.items():
        draw = np.random.default_rng(learning.SEED)
        scores = np.zeros(len(real))
        scores[chosen] = model.scores(np.stack([felt(raw[index], draw) for index in chosen]))
        for each in fall_sets:
            people = set(prepared.windows.subject[chosen].tolist())
            some = [one for one in _scored(each, prepared, scores) if f"{each.name}/{one.trial.subject}" in people]
            result = figures(some)
            print(f"{name:34} {each.name:16} sens {result.sensitivity:.4f} spec {result.specificity:.4f}", flush=True)
            found[f"{name} {each.name}"] = asdict(result)
    return found


def _every_fifth(subjects: NDArray[np.str_]) -> list[str]:
    """Every fifth subject of each set, from the third on: young and old, and falls of each set."""
    known = sorted(set(subjects.tolist()))
    names = sorted({one.partition("/")[0] for one in known})
    return [one for name in names for one in [each for each in known if each.startswith(f"{name}/")][2::5]]


def handling() -> dict[str, object]:
    """What is done to a belt that nobody has recorded, as the simulated firmware sends it and the gateway judges it."""
    found: dict[str, object] = {}
    for how in How:
        told = [_impact(how, seed) for seed in range(HANDLED)]
        share = sum(score is not None and score >= SUSPECTED for score in told) / HANDLED
        not_worn = sum(score is None for score in told) / HANDLED
        print(f"{how:12} told as a fall {share:.3f}, known to be on nobody {not_worn:.3f}")
        found[how] = {"told": share, "not_worn": not_worn}
    return found


def _impact(how: How, seed: int) -> float | None:
    """What a simulated blow scores; None where nobody can have worn the belt."""
    body = {"v": 1, "boot": 1, "seq": seed, **blows.window(how, dice(seed, how), lossy=seed % 3 == 0)}
    decoded = native.decode("shouwang/belt/window", json.dumps(body).encode(), datetime.now(UTC))
    readings = impact.judge(shipped(), decoded.windows[0]).readings
    return next((float(reading.value) for reading in readings if reading.kind is Kind.IMPACT), None)


def cost() -> dict[str, object]:
    """One window on this machine, undisturbed: the best of many; and the memory that the model takes."""
    tracemalloc.start()
    model = shipped()
    megabytes = tracemalloc.get_traced_memory()[0] / 1e6
    tracemalloc.stop()
    window = np.random.default_rng(1).normal(scale=0.2, size=(1, 150, 3)) + np.array([0, 0, 1.0])
    measured = motion_features.measure(window)
    steps: dict[str, Callable[[], object]] = {
        "measure": lambda: motion_features.measure(window),
        "trees": lambda: model.trees.opinion(measured),
        "worn or not": lambda: worn.judge(window[0]),
        "score": lambda: model.score(window[0]),
    }
    found: dict[str, object] = {"megabytes": megabytes}
    print(f"model in memory: {megabytes:.2f} MB")
    for name, step in steps.items():
        times = []
        for _ in range(300):
            begun = time.thread_time()
            step()
            times.append(time.thread_time() - begun)
        found[f"{name} ms"] = {"best": min(times) * 1e3, "median": float(np.median(times)) * 1e3}
        print(f"{name:12} best {min(times) * 1e3:.2f} ms, median {np.median(times) * 1e3:.2f} ms")
    return found


def _material() -> tuple[list[FallSet], Prepared, NDArray[np.bool_]]:
    fall_sets, windows = making_of.everything()
    prepared = learning.prepare(windows)
    return fall_sets, prepared, windows.trial != ""


def _scaled(fall_sets: list[FallSet], prepared: Prepared, learn: NDArray[np.bool_]) -> FallModel:
    """A model of some subjects, on a scale that was set on strangers among them."""
    opinions = making_of.opinions_of_strangers(prepared, learn, INNER)
    scale = making_of.points(fall_sets, prepared.windows, opinions, learn)
    return making_of.scaled(learning.learn(prepared, learn), scale, fall_sets).model()


def _scored(fall_set: FallSet, prepared: Prepared, scores: NDArray[np.float64]) -> list[Scored]:
    """The trials of a set with the scores of their windows, those that nobody can have worn left out."""
    windows, blows = prepared.windows, dict[str, list[tuple[float, float]]]()
    for index in np.flatnonzero(np.char.startswith(windows.trial, f"{fall_set.name}/")):
        if worn.judge(windows.form[index].astype(np.float64)) is worn.Wear.PERHAPS:
            blows.setdefault(str(windows.trial[index]), []).append((float(windows.at_s[index]), float(scores[index])))
    return [
        Scored(trial, tuple(blows.get(f"{fall_set.name}/{number}", ())), seen=False)
        for number, trial in enumerate(fall_set.trials)
    ]


def _told(fall_set: FallSet, scored: list[Scored]) -> dict[str, object]:
    whole, elders = figures(scored), figures([each for each in scored if each.trial.elder])
    print(
        f"\n{fall_set.name}: {whole.falls} falls, {whole.daily} daily, {len({s.trial.subject for s in scored})} people"
    )
    _line("everybody", whole)
    _line("elders", elders)
    deeds = {deed: (sum(s.highest >= SUSPECTED for s in some), len(some)) for deed, some in by_deed(scored).items()}
    for deed, (told, of) in deeds.items():
        print(f"  {deed}: {told} of {of} told", flush=True)
    trials = [(each.trial.fall, round(each.highest, 3)) for each in scored]
    return {"everybody": asdict(whole), "elders": asdict(elders), "deeds": deeds, "trials": trials}


def _line(who: str, found: Figures) -> None:
    def share(value: float | None) -> str:
        return "-" if value is None else f"{value:.4f}"

    hourly = "-" if found.false_alarms_per_hour is None else f"{found.false_alarms_per_hour:.2f}"
    print(
        f"  {who:10} sens {share(found.sensitivity)} spec {share(found.specificity)} balanced {share(found.balanced)}"
        f" AUC {share(found.area)} false {found.false_alarms} in {found.hours:.2f} h = {hourly}/h"
        f" decided after {'-' if found.decision_s is None else format(found.decision_s, '.1f')} s"
    )


def _at_rate(rate_hz: float) -> Callable[[NDArray[np.float64], np.random.Generator], NDArray[np.float64]]:
    return lambda raw, draw: making.felt(raw, draw, rate_hz=rate_hz)


_DEVICES: dict[str, Callable[[NDArray[np.float64], np.random.Generator], NDArray[np.float64]]] = {
    "as recorded": lambda raw, _: making.as_form(raw),
    "upside down": lambda raw, _: making.as_form(-raw),
    "20 Hz": _at_rate(20),
    "25 Hz": _at_rate(25),
    "100 Hz": _at_rate(100),
    "sensitivity 5 % high": lambda raw, draw: making.felt(raw * 1.05, draw),
    "sensitivity 5 % low": lambda raw, draw: making.felt(raw * 0.95, draw),
    "noise 20 mg": lambda raw, draw: making.felt(raw, draw, noise_g=0.02),
    "saturates at 2.5 g": lambda raw, draw: making.felt(raw, draw, limit_g=2.5),
    "triggered 0.2 s early": lambda raw, draw: making.felt(raw, draw, shift=-10),
    "triggered 0.2 s late": lambda raw, draw: making.felt(raw, draw, shift=10),
    "radio loses three stretches of 0.4 s": lambda raw, draw: making.felt(raw, draw, gaps=3, gap_s=0.4),
    "any of it": making.on_another_device,
}

_ASKED: dict[str, Callable[[], dict[str, object]]] = {
    "strangers": strangers, "sets": sets, "devices": devices, "handling": handling, "cost": cost,
}  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
