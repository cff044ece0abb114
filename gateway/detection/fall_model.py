"""The model that tells a fall from daily life, in one window of acceleration of a worn sensor.

Theory of operation
-------------------
Boosted trees on what is measured of the window (`motion_features`). They know of each figure only between which of 63
marks it lies, so that no device's odd values count for more than their rank. Their opinion is brought to a scale on
which 0.5 is the working point, chosen on subjects that the judge had not seen, and 0.9 means little doubt. Training,
data and limits: docs/fall-model.md.

The file is an NPZ without pickles. It names the version of this form and the order of what is measured, and carries a
digest of everything in it: a file that was damaged, or made for other features, is refused before it judges anybody.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np

from gateway.detection import motion_features
from gateway.detection.motion_window import FINE_HZ, HZ, LENGTH

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

VERSION = 2
"""Of the file's form; rises when a field changes its meaning."""

FILE = "fall_model.npz"

SHIPPED_BYTES = 4 * 1024 * 1024
"""Larger than this no model of ours is; a file that is was swapped. Source: our choice, five times the present one."""


class ModelUnusable(ValueError):
    """The model's file cannot be used; the sentence says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trees:
    """Boosted trees as tables, one row a tree, one column a node; node 0 is the root and a leaf leads to itself.

    Args:
        marks: for each feature its marks, rising, float32; infinity where it has fewer.
        feature: which feature a node asks for, uint8.
        limit: it goes left where no more marks than this lie below the feature, uint8.
        left, right: the next node, uint8.
        value: what a leaf adds, float32; 0 in nodes that ask.
        start: what all add up from.
    """

    marks: NDArray[np.float32]
    feature: NDArray[np.uint8]
    limit: NDArray[np.uint8]
    left: NDArray[np.uint8]
    right: NDArray[np.uint8]
    value: NDArray[np.float32]
    start: float

    def opinion(self, measured: NDArray[np.float32]) -> Numbers:
        """The probability of a fall, for each row of what was measured."""
        return _logistic(self.start + np.array([self._sum(self._ranks(row)) for row in measured]))

    def _ranks(self, row: NDArray[np.float32]) -> NDArray[np.intp]:
        """How many marks lie below each feature."""
        found: NDArray[np.intp] = np.count_nonzero(self.marks < row[:, None], axis=1)
        return found

    def _sum(self, ranks: NDArray[np.intp]) -> float:
        # the tables as one row: what is looked up by one index is found twice as quickly as by two
        feature, limit, left, right = (table.reshape(-1) for table in (self.feature, self.limit, self.left, self.right))
        root = np.arange(0, feature.size, self.feature.shape[1])
        node = root
        while True:
            goes_left = ranks[feature[node]] <= limit[node]
            onward = root + np.where(goes_left, left[node], right[node])
            if np.array_equal(onward, node):
                return float(self.value.reshape(-1)[node].sum(dtype=np.float64))
            node = onward


@dataclass(frozen=True, slots=True, kw_only=True)
class FallModel:
    """Everything that is needed to judge a window.

    Args:
        trees: their opinion is a probability.
        raw, scale: the opinion, rising, and what it is on the scale that is told.
        subjects: "set/subject" of everybody whose recordings it has seen.
        trials: digests of the recordings that it has seen, uint64, sorted.
    """

    trees: Trees
    raw: Numbers
    scale: Numbers
    subjects: tuple[str, ...] = ()
    trials: NDArray[np.uint64]

    def score(self, window: Numbers) -> float:
        """How much a window looks like a fall: 0 to 1, from 0.5 on as a fall.

        Args:
            window: shape (LENGTH, 3), g, in the form of `motion_window`.
        """
        return float(self.scores(window[None])[0])

    def scores(self, windows: Numbers) -> Numbers:
        """The same for many windows, shape (k, LENGTH, 3)."""
        if not np.isfinite(windows).all():
            raise ValueError("a window holds NaN or infinity: bridge what was lost first (motion_window.steady)")
        return np.interp(self.trees.opinion(motion_features.measure(windows)), self.raw, self.scale)


def order() -> str:
    """A short name of what is measured, in which order and at which rate; a model must have been trained with it."""
    told = (*motion_features.FEATURES, FINE_HZ, HZ, LENGTH)
    return blake2b(repr(told).encode(), digest_size=8).hexdigest()


def digest(arrays: Mapping[str, NDArray[np.generic]]) -> str:
    """A short name of everything in a model's file but this name itself."""
    found = blake2b(digest_size=16)
    for name in sorted(arrays.keys() - {"digest"}):
        array = np.ascontiguousarray(arrays[name])
        found.update(f"{name} {array.dtype.str} {array.shape}".encode())
        found.update(array.tobytes())
    return found.hexdigest()


@cache
def shipped() -> FallModel:
    """The model that is delivered with the gateway.

    Raises:
        ModelUnusable: if its file is missing or damaged.
    """
    try:
        content = (files("gateway.detection") / FILE).read_bytes()
    except OSError as error:
        raise ModelUnusable(f"{FILE} 读不出来，请重新安装 / cannot be read, install again: {error}") from error
    return parse(content)


def parse(content: bytes) -> FallModel:
    """A model from its file's bytes.

    Raises:
        ModelUnusable: if they are not the bytes of a model that this version can use.
    """
    arrays = _arrays(content)
    version = int(_get(arrays, "version", "u", 0))
    if version != VERSION:
        raise ModelUnusable(f"模型格式 {version}，应为 {VERSION} / the model has form {version}, this is {VERSION}")
    if str(_get(arrays, "digest", "U", 0)) != digest(arrays):
        raise ModelUnusable("模型文件损坏，请重新安装 / the model's file is damaged: install again")
    if str(_get(arrays, "order", "U", 0)) != order():
        raise ModelUnusable("模型与特征不配套 / the model was trained for other features: train again")
    return _checked(arrays)


def _arrays(content: bytes) -> dict[str, NDArray[np.generic]]:
    if len(content) > SHIPPED_BYTES:
        raise ModelUnusable(f"{len(content)} 字节不是我们的模型 / bytes are no model of ours")
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except (ValueError, OSError, EOFError, KeyError, zipfile.BadZipFile, NotImplementedError) as error:
        raise ModelUnusable(f"不是模型文件 / is no model's file: {error}") from error


def _get(arrays: Mapping[str, NDArray[np.generic]], name: str, kind: str, dimensions: int) -> NDArray[np.generic]:
    found = arrays.get(name)
    if found is None or found.dtype.kind != kind or found.ndim != dimensions:
        raise ModelUnusable(f"模型文件里的 {name} 缺失或不对 / {name} is missing from the model's file or wrong")
    return found


def _checked(arrays: Mapping[str, NDArray[np.generic]]) -> FallModel:
    tables = {name: _get(arrays, f"tree_{name}", kind, 2) for name, kind in _TREE_KINDS.items()}
    nodes = {table.shape for name, table in tables.items() if name != "marks"}
    raw, scale = _get(arrays, "raw", "f", 1), _get(arrays, "scale", "f", 1)
    if len(nodes) > 1 or raw.size != scale.size or not (np.diff(raw.astype(float)) > 0).all():
        raise ModelUnusable("模型各部分大小不符 / the parts of the model do not fit together")
    return FallModel(
        trees=Trees(**tables, start=float(_get(arrays, "tree_start", "f", 0))),  # type: ignore[arg-type]
        raw=raw.astype(np.float64),
        scale=scale.astype(np.float64),
        subjects=tuple(str(name) for name in _get(arrays, "subjects", "U", 1)),
        trials=_get(arrays, "trials", "u", 1).astype(np.uint64),
    )


_TREE_KINDS = {"marks": "f", "feature": "u", "limit": "u", "left": "u", "right": "u", "value": "f"}


def _logistic(opinion: Numbers) -> Numbers:
    return 1 / (1 + np.exp(-np.clip(opinion, -60.0, 60.0)))
