"""From material to a model: boosted random trees on ranks.

The trees are scikit-learn's `ExtraTreeRegressor`, boosted here by Newton's steps: thresholds drawn at random among
ranks carry over to another device far better than the best thresholds do (docs/fall-model.md). Every group of windows
(a set, worn elsewhere, knocks) counts with a fixed share, however many windows it has.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from sklearn.tree import ExtraTreeRegressor

from gateway.detection import fall_model, motion_features

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from benchmarks.falls.material import Windows

    Numbers = NDArray[np.float64]

TREES, LEAVES, SMALLEST_LEAF, PULL, STEP = 500, 32, 8, 5.0, 0.06
COLUMNS, ROWS = 0.25, 0.7
"""The shares of features and windows that a tree sees."""

MARKS = 63
"""Of each feature. Source of all these: cross-validation over subjects (evaluate.py)."""

GROUPS = {"elsewhere": (0.1, 0.15), "knock": (0.075, 0.0)}
"""What the daily life, and the falls, of made windows count beside 1 for each real set. Source: as above."""

REAL = (1.0, 1.0)

SEED = 20261122


class Learnt(NamedTuple):
    """The parts of a model, as they stand in its file."""

    arrays: Mapping[str, NDArray[np.generic]]

    def model(self) -> fall_model.FallModel:
        """The model, read from its own file's bytes."""
        return fall_model.parse(self.file())

    def file(self) -> bytes:
        """The model's file; equal parts give equal bytes."""
        arrays = dict(self.arrays)
        arrays["digest"] = np.array(fall_model.digest(arrays))
        content = io.BytesIO()
        np.savez(content, allow_pickle=False, **arrays)
        return content.getvalue()


class Prepared(NamedTuple):
    """Windows with what is measured of them, once for all folds."""

    windows: Windows
    measured: NDArray[np.float32]


def prepare(windows: Windows) -> Prepared:
    """Measure windows."""
    return Prepared(windows, motion_features.measure(windows.form.astype(np.float64)))


def learn(prepared: Prepared, chosen: NDArray[np.bool_], *, seed: int = SEED) -> Learnt:
    """A model from some of the windows, on a scale that is not yet set."""
    chosen = chosen & (prepared.windows.weight > 0)
    windows = prepared.windows.only(chosen)
    weight = weights(windows)
    fall = windows.fall.astype(np.float64)
    return Learnt(
        {
            **_trees(prepared.measured[chosen], fall, weight, np.random.default_rng(seed)),
            "version": np.array(fall_model.VERSION, dtype=np.uint16),
            "order": np.array(fall_model.order()),
            "raw": np.array([0.0, 1.0]),
            "scale": np.array([0.0, 1.0]),
            "subjects": np.unique(windows.subject),
            "trials": np.array([], dtype=np.uint64),
        }
    )


def weights(windows: Windows) -> Numbers:
    """What each window counts: groups as in `GROUPS`, falls and daily life alike; 1 on average."""
    found = np.zeros(len(windows.fall))
    for group in np.unique(windows.origin):
        for fall in (False, True):
            these = (windows.origin == group) & (windows.fall == fall)
            total = windows.weight[these].sum()
            if total:
                found[these] = windows.weight[these] / total * GROUPS.get(str(group), REAL)[fall]
    for fall in (False, True):
        found[windows.fall == fall] /= found[windows.fall == fall].sum()
    return found * len(found) / 2


def _trees(
    measured: NDArray[np.float32], fall: Numbers, weight: Numbers, draw: np.random.Generator
) -> dict[str, NDArray[np.generic]]:
    marks = _marks(measured)
    ranks = np.stack([np.searchsorted(mark, column) for mark, column in zip(marks, measured.T, strict=True)], axis=1)
    ranks = ranks.astype(np.float32)
    mean = float(np.average(fall, weights=weight))
    start = float(np.log(mean / (1 - mean)))
    opinion = np.full(len(fall), start)
    tables: dict[str, list[NDArray[np.generic]]] = {name: [] for name in ("feature", "limit", "left", "right", "value")}
    for _ in range(TREES):
        columns = np.sort(draw.choice(ranks.shape[1], int(COLUMNS * ranks.shape[1]), replace=False))
        rows = draw.random(len(fall)) < ROWS
        grown = _grow(ranks[:, columns], fall, weight, opinion, rows, int(draw.integers(2**31 - 1)))
        opinion += grown["value"][grown.pop("leaf")]
        grown["feature"] = columns[grown["feature"]]
        for name, table in tables.items():
            table.append(grown[name])
    kinds = {"feature": np.uint8, "limit": np.uint8, "left": np.uint8, "right": np.uint8, "value": np.float32}
    found = {f"tree_{name}": np.stack(table).astype(kinds[name]) for name, table in tables.items()}
    return {**found, "tree_marks": marks, "tree_start": np.array(start)}


def _marks(measured: NDArray[np.float32]) -> NDArray[np.float32]:
    """Marks between which equally many windows lie; fewer where a feature has few values."""
    marks = np.full((measured.shape[1], MARKS), np.inf, dtype=np.float32)
    for row, column in zip(marks, measured.T, strict=True):
        own = np.unique(np.quantile(column, np.linspace(0, 1, MARKS + 2)[1:-1]).astype(np.float32))
        row[: len(own)] = own
    return marks


def _grow(  # noqa: PLR0913, PLR0917 - one step of boosting needs all of it
    ranks: NDArray[np.float32], fall: Numbers, weight: Numbers, opinion: Numbers, rows: NDArray[np.bool_], seed: int
) -> dict[str, NDArray[np.generic]]:
    """One tree of Newton's step, as tables of `2 * LEAVES - 1` nodes."""
    chance = 1 / (1 + np.exp(-opinion))
    slope, bend = fall - chance, np.maximum(chance * (1 - chance), 1e-6)
    tree = ExtraTreeRegressor(
        max_leaf_nodes=LEAVES, min_samples_leaf=SMALLEST_LEAF, max_features=None, random_state=seed
    )
    tree.fit(ranks[rows], (slope / bend)[rows], sample_weight=(weight * bend)[rows])
    leaf = tree.apply(ranks)
    nodes = 2 * LEAVES - 1
    up = np.bincount(leaf, weights=weight * slope * rows, minlength=nodes)
    down = np.bincount(leaf, weights=weight * bend * rows, minlength=nodes)
    inner = tree.tree_
    asks = np.zeros(nodes, dtype=np.bool_)
    asks[: inner.node_count] = inner.children_left >= 0
    own = np.arange(nodes)
    padded = [
        np.pad(part, (0, nodes - inner.node_count))
        for part in (inner.feature, inner.threshold, inner.children_left, inner.children_right)
    ]
    return {
        "feature": np.where(asks, padded[0], 0),
        "limit": np.where(asks, np.floor(padded[1]), 0),
        "left": np.where(asks, padded[2], own),
        "right": np.where(asks, padded[3], own),
        "value": np.where(asks, 0.0, STEP * up / (down + PULL)).astype(np.float32),
        "leaf": leaf,
    }
