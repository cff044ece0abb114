"""A window of acceleration in the native dialect: the six seconds around the moment at which a worn sensor was struck.

Theory of operation. The window stands or falls as a whole: samples whose rate or scale is unknown mean nothing. What
the radio between body and base has lost is named by the firmware and becomes NaN, so that nobody takes zeros for
weightlessness. A window that cannot be used is refused with its reason; the device is alive all the same.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from typing import TYPE_CHECKING

import numpy as np

from devices.dialects.payload import Fault
from devices.dialects.refusals import Reason
from devices.reading import G_MPS2, AccelWindow

if TYPE_CHECKING:
    from datetime import datetime

    from numpy.typing import NDArray

    from devices.dialects.native_message import Message

SLOWEST_HZ, FASTEST_HZ = 25.0, 100.0
"""Sample rates that are understood. Source: docs/mqtt.md 1.9."""

FINEST_MG, COARSEST_MG = 0.01, 40.0
"""What one count may weigh, in thousandths of g: 16 bits over ±0.3 g to 8 bits over ±5 g. Source: our choice."""

SHORTEST_S, LONGEST_S = 4.0, 10.0
"""How long a window may be: ±3 s with some play. Source: docs/mqtt.md 1.9."""

BEFORE_S = AFTER_S = 1.5
"""What must lie before and after the trigger at least, or nothing can be said of it. Source: docs/mqtt.md 1.9."""

_BYTES = 6
"""Of a sample: three axes of 16 bits."""


def read(message: Message, sequence: int | None, device_at: datetime | None) -> AccelWindow | None:
    """The window that a message holds, or None after refusing it."""
    rate_hz = message.figure("rate_hz", SLOWEST_HZ, FASTEST_HZ)
    scale_mg = message.figure("scale_mg", FINEST_MG, COARSEST_MG)
    counts = _counts(message)
    if rate_hz is None or scale_mg is None or counts is None:
        return None
    trigger = _trigger(message, len(counts), rate_hz)
    lost = _lost(message, len(counts))
    if trigger is None or lost is None:
        return None
    samples = counts.astype(np.float32) * np.float32(scale_mg * G_MPS2 / 1000)
    samples[lost] = np.nan
    return AccelWindow(
        device_id=message.device_id,
        samples=samples,
        rate_hz=rate_hz,
        at=message.at,
        trigger=trigger,
        worn=_worn(message),
        device_at=device_at,
        sequence=sequence,
        origin=message.origin,
    )


def _counts(message: Message) -> NDArray[np.int16] | None:
    told = message.fields.get("samples")
    if not isinstance(told, str):
        message.refuse("samples", Fault(Reason.MISSING if told is None else Reason.WRONG_TYPE, "base64"))
        return None
    try:
        raw = b64decode(told.encode("ascii", "replace"), validate=True)
    except binascii.Error:
        message.refuse("samples", Fault(Reason.BAD_SAMPLES, "完整的 base64 / whole base64"))
        return None
    if not raw or len(raw) % _BYTES:
        expected = f"每个样本 {_BYTES} 字节；得到 {len(raw)} / {_BYTES} bytes a sample; these are {len(raw)}"
        message.refuse("samples", Fault(Reason.BAD_SAMPLES, expected))
        return None
    return np.frombuffer(raw, dtype="<i2").reshape(-1, 3)


def _trigger(message: Message, length: int, rate_hz: float) -> int | None:
    if not SHORTEST_S <= length / rate_hz <= LONGEST_S:
        expected = f"{SHORTEST_S:g} 到 {LONGEST_S:g} 秒；得到 {length / rate_hz:.1f} / seconds, these are as many"
        message.refuse("samples", Fault(Reason.BAD_SAMPLES, expected))
        return None
    told = message.fields.get("trigger")
    first, last = round(BEFORE_S * rate_hz), length - round(AFTER_S * rate_hz)
    if type(told) is not int or not first <= told <= last:
        reason = Reason.OUT_OF_RANGE if type(told) is int else Reason.WRONG_TYPE
        message.refuse("trigger", Fault(reason, f"{first} 到 {last} 的整数 / an integer from {first} to {last}"))
        return None
    return told


def _lost(message: Message, length: int) -> NDArray[np.bool_] | None:
    """Which samples the radio lost."""
    lost = np.zeros(length, dtype=np.bool_)
    told = message.fields.get("lost", [])
    for stretch in told if isinstance(told, list) else [told]:
        if not _is_stretch(stretch, length):
            expected = f"[[第一个, 个数], …]，不超出 {length} 个样本 / [[first, count], …] within the {length} samples"
            message.refuse("lost", Fault(Reason.BAD_SAMPLES, expected))
            return None
        lost[stretch[0] : stretch[0] + stretch[1]] = True
    return lost


def _is_stretch(stretch: object, length: int) -> bool:
    match stretch:
        case [int(first), int(count)] if bool not in {type(first), type(count)}:
            return first >= 0 and 1 <= count <= length - first
        case _:
            return False


def _worn(message: Message) -> bool | None:
    """What it feels of a body; not feeling it well is no reason to lose the window."""
    told = message.fields.get("worn")
    if told is None or isinstance(told, bool):
        return told
    message.refuse("worn", Fault(Reason.WRONG_TYPE, "true 或 false / true or false"))
    return None
