"""Speech as a telephone carries it: 8 kHz, mono, 16 bit, neither clipped nor too faint. Pure but for the files."""

from __future__ import annotations

import wave
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

Samples: TypeAlias = NDArray[np.float32]
"""Shape (n,), -1 to 1, at `RATE_HZ`."""

RATE_HZ = 8_000
"""Source: ITU-T G.711."""

FULL = 32_768.0

PEAK_DBFS = -3.0
"""No sample is louder. Source: our choice: room for what G.711's coarse upper steps add."""

SPEECH_DBFS = -20.0
"""How loud the spoken parts are on average. Source: our choice, 6 dB above the -26 dBov at which ITU-T P.830 tests
telephones: she who hears it may sit in a noisy room."""

FAINTEST_DBFS = -30.0
"""Speech fainter than this cannot be relied on to be heard; what stays below it after levelling is refused."""

PAUSE_DBFS = -45.0
"""A frame fainter than this is a pause and counts for no average. Source: ITU-T P.56, 15.9 dB below the active level,
with room for recordings that come in faint."""

FRAME = RATE_HZ // 50


class SoundRefused(Exception):
    """A recording that cannot be used; the message says why."""


def read(file: Path) -> Samples:
    """Read a WAV file of 16 bit, any rate, one or more channels, as telephone samples.

    Raises:
        SoundRefused: it is no such file.
    """
    try:
        with wave.open(str(file), "rb") as recording:
            rate, channels, width = recording.getframerate(), recording.getnchannels(), recording.getsampwidth()
            data = recording.readframes(recording.getnframes())
    except (OSError, EOFError, wave.Error) as error:
        raise SoundRefused(f"{file.name} cannot be read: {error}") from error
    if width != 2:  # noqa: PLR2004 - bytes of 16 bit
        raise SoundRefused(f"{file.name} has {8 * width} bit a sample: save it as 16-bit PCM")
    frames = np.frombuffer(data, dtype="<i2").reshape(-1, channels)
    return resampled((frames.mean(axis=1) / FULL).astype(np.float32), rate)


def resampled(samples: Samples, rate_hz: int) -> Samples:
    """Bring samples of any rate to `RATE_HZ`, without what a telephone cannot carry."""
    count = round(len(samples) * RATE_HZ / rate_hz)
    if rate_hz == RATE_HZ or not count:
        return samples[:count]
    spectrum = np.fft.rfft(samples)[: count // 2 + 1]
    return (np.fft.irfft(spectrum, count) * (count / len(samples))).astype(np.float32)


def levelled(samples: Samples) -> Samples:
    """Make speech as loud as `SPEECH_DBFS` says, and no sample louder than `PEAK_DBFS`.

    Raises:
        SoundRefused: it is silent, or stays too faint since single peaks forbid to raise it.
    """
    loudness, peak = speech_dbfs(samples), peak_dbfs(samples)
    gain_db = min(SPEECH_DBFS - loudness, PEAK_DBFS - peak)
    if not loudness + gain_db >= FAINTEST_DBFS:
        raise SoundRefused(f"speech of {loudness:.0f} dBFS with peaks of {peak:.0f} dBFS cannot be made loud enough")
    return samples * np.float32(10 ** (gain_db / 20))


def speech_dbfs(samples: Samples) -> float:
    """The average level of the spoken parts; minus infinity where there are none."""
    whole = samples[: len(samples) // FRAME * FRAME].astype(np.float64).reshape(-1, FRAME)
    power = (whole**2).mean(axis=1)
    spoken = power[power > 10 ** (PAUSE_DBFS / 10)]
    return float(10 * np.log10(spoken.mean())) if len(spoken) else -np.inf


def peak_dbfs(samples: Samples) -> float:
    """The loudest sample."""
    peak = float(np.abs(samples).max(initial=0.0))
    return float(20 * np.log10(peak)) if peak else -np.inf


def silence(length_s: float) -> Samples:
    """Give a pause."""
    return np.zeros(round(length_s * RATE_HZ), dtype=np.float32)


def joined(parts: Iterable[Samples]) -> Samples:
    """One after the other."""
    return np.concatenate([silence(0), *parts])


def length_s(samples: Samples) -> float:
    """How long it lasts, in seconds."""
    return len(samples) / RATE_HZ


def write(file: Path, samples: Samples) -> None:
    """Write samples as a WAV file of 8 kHz, mono, 16 bit."""
    with wave.open(str(file), "wb") as recording:
        recording.setnchannels(1)
        recording.setsampwidth(2)
        recording.setframerate(RATE_HZ)
        recording.writeframes((np.clip(samples, -1, 1) * (FULL - 1)).astype("<i2").tobytes())
