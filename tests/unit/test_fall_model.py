"""The shipped model: read safely, refused by name when it is not right, quick, and the same for every orientation."""

from __future__ import annotations

import io
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np
import pytest

from firmware_sim.blows import How
from gateway.detection import fall_model
from gateway.detection.fall import SURE, SUSPECTED
from gateway.detection.fall_model import ModelUnusable, digest, parse, shipped
from gateway.detection.motion_window import LENGTH
from tests.unit.blows_felt import felt

if TYPE_CHECKING:
    from numpy.typing import NDArray


def arrays() -> dict[str, NDArray[np.generic]]:
    with np.load(io.BytesIO((files("gateway.detection") / fall_model.FILE).read_bytes())) as file:
        return {name: file[name] for name in file.files}


def packed(parts: dict[str, NDArray[np.generic]], *, sealed: bool = True) -> bytes:
    if sealed:
        parts = {**parts, "digest": np.array(digest(parts))}
    content = io.BytesIO()
    np.savez(content, **parts)  # type: ignore[arg-type]
    return content.getvalue()


def test_the_shipped_model_is_whole_and_knows_whom_it_has_seen():
    model = shipped()
    assert len(model.subjects) == 36
    assert {"sisfall_shared/SA01", "sisfall_shared/SE07", "weda_shared/U01", "weda_shared/U25"} <= set(model.subjects)
    assert len(model.trials) > 3000
    assert np.interp(model.raw, model.raw, model.scale).tolist() == [0.0, SUSPECTED, SURE, 1.0]


@pytest.mark.parametrize("seed", range(4))
def test_a_fall_by_the_book_scores_as_one_and_a_chair_does_not(seed: int):
    model = shipped()
    assert model.score(felt(How.FELL, seed)) >= SUSPECTED
    assert model.score(felt(How.SAT, seed)) < SUSPECTED


def test_turning_the_sensor_hardly_moves_the_score():
    model, window = shipped(), felt(How.FELL, 1)
    for seed in range(5):
        turned, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))
        assert model.score(window @ turned) == pytest.approx(model.score(window), abs=0.02)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_no_number_is_refused(bad: float):
    window = felt(How.FELL, 1)
    window[7, 1] = bad
    with pytest.raises(ValueError, match="bridge what was lost first"):
        shipped().score(window)


def test_stillness_and_nothing_at_all_are_no_falls():
    upright = np.tile([0.0, 0.0, 1.0], (LENGTH, 1))
    assert shipped().score(upright) < SUSPECTED
    assert shipped().score(np.zeros((LENGTH, 3))) < SUSPECTED


# Files that are not right


def test_what_is_no_model_is_refused():
    for content in (b"", b"PK\x03\x04", b"no model" * 100, packed({"x": np.zeros(3)}, sealed=False), b"\0" * 5_000_000):
        with pytest.raises(ModelUnusable):
            parse(content)


def test_a_pickle_is_never_opened():
    with pytest.raises(ModelUnusable, match="is no model's file"):
        parse(packed({**arrays(), "subjects": np.array([{"a": 1}], dtype=object)}, sealed=False))


def test_another_form_and_other_features_are_refused():
    with pytest.raises(ModelUnusable, match="the model has form 1, this is 2"):
        parse(packed({**arrays(), "version": np.array(1, dtype=np.uint16)}))
    with pytest.raises(ModelUnusable, match="was trained for other features: train again"):
        parse(packed({**arrays(), "order": np.array("0123456789abcdef")}))


def test_a_damaged_file_is_refused():
    parts = arrays()
    parts["tree_value"] = parts["tree_value"].copy()
    parts["tree_value"][17] += 1e-3  # type: ignore[operator]
    with pytest.raises(ModelUnusable, match="is damaged: install again"):
        parse(packed(parts, sealed=False))
    whole = packed(arrays())
    for at in range(0, len(whole), len(whole) // 40):
        broken = bytearray(whole)
        broken[at] ^= 0x10
        try:
            parse(bytes(broken))
        except ModelUnusable:
            continue
        # an unused byte of the archive
        assert np.array_equal(parse(bytes(broken)).trees.value, shipped().trees.value)


@pytest.mark.parametrize("name", ["version", "order", "tree_marks", "tree_value", "raw", "trials"])
def test_a_part_that_is_missing_or_of_another_kind_is_named(name: str):
    parts = arrays()
    with pytest.raises(ModelUnusable, match=name):
        parse(packed({other: part for other, part in parts.items() if other != name}))
    with pytest.raises(ModelUnusable, match=name):
        parse(packed({**parts, name: np.array(["a", "b"], dtype="S1")}))


def test_parts_that_do_not_fit_together_are_refused():
    parts = arrays()
    with pytest.raises(ModelUnusable, match="do not fit together"):
        parse(packed({**parts, "tree_left": parts["tree_left"][:-1]}))
    with pytest.raises(ModelUnusable, match="do not fit together"):
        parse(packed({**parts, "raw": parts["raw"][::-1]}))
