"""From a worn sensor's window of acceleration to readings: how much it looks like a fall, and whether it was worn.

Theory of operation
-------------------
A window is judged once, when it is heard, and what is kept is the judgement: a number and a yes or no, 40 bytes on
the card in place of 2 KB, and no movements of a person. The readings are the fact from then on; a restart folds them
like all others, and a newer model judges what comes, not what was (docs/decisions/0013).

A window of which the radio lost too much cannot be judged: it counts as a suspicion, since something did strike her.
A thing that was knocked or dropped by itself (`worn`) tells only that nobody wears it. Where the sensor itself feels no
body, its window counts only when it leaves little doubt: skin contact is not always felt.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from devices.reading import Decoded, Kind, Reading, Refusal
from gateway.detection import worn
from gateway.detection.fall import SURE, SUSPECTED
from gateway.detection.motion_window import TooMuchLost, of_device

if TYPE_CHECKING:
    from devices.reading import AccelWindow
    from gateway.detection.fall_model import FallModel

NO_MODEL = "no_fall_model"
"""Why a window is refused where the model could not be loaded; the gateway itself is then in trouble, which is told."""

DIGITS = 3
"""Decimals of a score that are kept."""


def judge(model: FallModel | None, window: AccelWindow) -> Decoded:
    """What a window says.

    Args:
        model: None where it could not be loaded.
        window: from any dialect.

    Returns:
        Its readings, or why there are none.
    """
    if model is None:
        sentence = "没有可用的跌倒模型，请重新安装守望 / there is no fall model to judge it by: install Shouwang again"
        return Decoded(refusals=(Refusal(reason=NO_MODEL, topic=window.device_id, detail=sentence),))
    try:
        form = of_device(window.samples, window.rate_hz, window.trigger)
    except TooMuchLost:
        return Decoded((_reading(window, Kind.IMPACT, SUSPECTED),))
    if worn.judge(form) is not worn.Wear.PERHAPS:
        return Decoded((_reading(window, Kind.WORN, value=False),))
    score = round(model.score(form), DIGITS)
    found = [_reading(window, Kind.WORN, value=window.worn is not False)]
    if window.worn is not False or score >= SURE:
        found.append(_reading(window, Kind.IMPACT, score))
    return Decoded(tuple(found))


def _reading(window: AccelWindow, kind: Kind, value: bool | float) -> Reading:  # noqa: FBT001 - the reading's own value
    return Reading(
        device_id=window.device_id,
        kind=kind,
        value=value,
        at=window.at,
        device_at=window.device_at,
        sequence=window.sequence,
        origin=window.origin,
    )
