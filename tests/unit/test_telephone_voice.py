"""Speech that a telephone can carry: the right language, the right level, recordings where there are some."""

from __future__ import annotations

import asyncio
import os
import subprocess
import wave
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.channels.telephone import sound
from alerts.channels.telephone.call_words import RECORDABLE, Phrase, fixed
from alerts.channels.telephone.sound import RATE_HZ, SoundRefused
from alerts.channels.telephone.voice import MANDARIN, TAIL_S, NoVoice, Voice, _pronounced

if TYPE_CHECKING:
    from pathlib import Path

BRIEF = (fixed("greeting"), Phrase(text="李秀兰下午三点零五分在卧室按了紧急呼叫。"), fixed("press"))


def tone(length_s: float, amplitude: float, rate_hz: int = RATE_HZ, hz: float = 440) -> np.ndarray:
    at = np.arange(round(length_s * rate_hz)) / rate_hz
    return (amplitude * np.sin(2 * np.pi * hz * at)).astype(np.float32)


async def test_the_brief_is_eight_khz_mono_and_neither_clipped_nor_faint(tmp_path: Path) -> None:
    said = await Voice(tmp_path).say(BRIEF, times=2)
    with wave.open(str(said.file), "rb") as recording:
        assert recording.getparams()[:3] == (1, 2, RATE_HZ)
        assert recording.getnframes() / RATE_HZ == pytest.approx(said.length_s + TAIL_S)
    samples = sound.read(said.file)
    assert -7 < sound.peak_dbfs(samples) <= sound.PEAK_DBFS + 0.01
    assert -26 < sound.speech_dbfs(samples) <= sound.SPEECH_DBFS + 0.5
    assert 15 < said.length_s < 40
    assert not samples[-round(TAIL_S * RATE_HZ) :].any()


async def test_what_was_said_is_kept_and_the_oldest_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alerts.channels.telephone.voice.KEPT", 2)
    voice = Voice(tmp_path)
    first, again = await asyncio.gather(voice.say(BRIEF), voice.say(BRIEF))
    assert first is again
    await voice.say((fixed("thanks"),))
    await voice.say((fixed("over"),))
    assert not first.file.exists()
    assert (await voice.say(BRIEF)).length_s == first.length_s
    assert len(os.listdir(tmp_path)) == 2  # noqa: PTH208 - not blocking for long


def phonemes(text: str, voice: str = MANDARIN) -> str:
    told = ["espeak-ng", "-v", voice, "-b", "1", "-x", "-q", "--stdin"]
    spoken = subprocess.run(told, input=text.encode(), capture_output=True, check=True)
    return spoken.stdout.decode()


def test_the_voice_speaks_mandarin_and_not_english_letters() -> None:
    for name, text in RECORDABLE.items():
        assert "(en)" not in phonemes(_pronounced(text)), name
    assert "(en)" in phonemes("接警请按一", "cmn")  # why the other voice is not used


def test_what_must_be_understood_is_pronounced_right() -> None:
    said = phonemes(_pronounced("接警请按一，重听请按二。地址")).replace("'", "").replace("_|", "").split()
    assert " ".join(said) == "tS;iE55 tS;i35N tS;hi21N a51n ji55 ts.hong35 thi55N tS;hi21N a51n @r51 ti51 ts.i.214"


async def test_recordings_stand_in_for_the_voice(tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    folder.mkdir()
    sound.write(folder / "greeting.wav", tone(1.0, 0.01))
    sound.write(folder / "press.wav", tone(0.5, 0.9))
    voice = Voice(tmp_path, folder, program="no-such-program")
    said = await voice.say((fixed("greeting"), fixed("press")))
    assert said.length_s == pytest.approx(1.0 + 0.25 + 0.5 + 0.25)
    samples = sound.read(said.file)
    first, second = samples[:RATE_HZ], samples[round(1.25 * RATE_HZ) : round(1.75 * RATE_HZ)]
    assert sound.speech_dbfs(first) == pytest.approx(-20, abs=0.3)
    assert sound.speech_dbfs(second) == pytest.approx(-20, abs=0.3)


async def test_parts_are_used_only_where_all_of_them_are_recorded(tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    folder.mkdir()
    sound.write(folder / "digit.1.wav", tone(0.3, 0.5))
    sound.write(folder / "digit.2.wav", tone(0.3, 0.5))
    voice = Voice(tmp_path, folder, program="no-such-program")
    number = Phrase(text="幺二", parts=(fixed("digit.1"), fixed("digit.2")))
    assert (await voice.say((number,))).length_s == pytest.approx(1.1)
    with pytest.raises(NoVoice, match="apt install espeak-ng"):
        await voice.say((Phrase(text="幺三", parts=(fixed("digit.1"), fixed("digit.3"))),))


async def test_a_recording_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    folder.mkdir()
    sound.write(folder / "thanks.wav", tone(0.5, 0.0))
    (folder / "over.wav").write_bytes(b"no wave")
    voice = Voice(tmp_path, folder)
    with pytest.raises(NoVoice, match="record it anew"):
        await voice.say((fixed("thanks"),))
    with pytest.raises(NoVoice, match=r"over\.wav cannot be read"):
        await voice.say((fixed("over"),))


@pytest.mark.parametrize("rate_hz", [8_000, 11_025, 16_000, 22_050, 44_100, 48_000])
def test_any_rate_becomes_eight_khz(rate_hz: int) -> None:
    there = sound.resampled(tone(1.0, 0.5, rate_hz), rate_hz)
    assert len(there) == RATE_HZ
    assert np.abs(there[800:-800] - tone(1.0, 0.5)[800:-800]).max() < 0.02


def test_what_a_telephone_cannot_carry_is_taken_out() -> None:
    high = sound.resampled(tone(1.0, 0.5, 48_000, hz=10_000), 48_000)
    assert np.abs(high).max() < 0.01


@given(st.floats(0.02, 1.0), st.floats(0.1, 1.0))
def test_any_loudness_comes_out_within_bounds(amplitude: float, share: float) -> None:
    spoken = sound.joined([tone(share, amplitude), sound.silence(1 - share)])
    level = sound.levelled(spoken)
    assert sound.peak_dbfs(level) <= sound.PEAK_DBFS + 0.01
    # one frame at the edge of a word may count as speech before the gain and as a pause after it
    edge_db = 10 * np.log10(1 + 1 / max(1, int(share * RATE_HZ / sound.FRAME)))
    assert sound.FAINTEST_DBFS <= sound.speech_dbfs(level) <= sound.SPEECH_DBFS + edge_db + 0.01


def test_silence_and_single_clicks_are_refused() -> None:
    with pytest.raises(SoundRefused, match="cannot be made loud enough"):
        sound.levelled(sound.silence(1.0))
    click = sound.joined([tone(1.0, 0.008), np.ones(1, dtype=np.float32), tone(1.0, 0.008)])
    with pytest.raises(SoundRefused, match="cannot be made loud enough"):
        sound.levelled(click)


def test_stereo_is_mixed_and_other_widths_are_refused(tmp_path: Path) -> None:
    pair = np.stack([tone(0.1, 0.5), tone(0.1, 0.1)], axis=1)
    for name, width, data in (("two", 2, (pair * 32767).astype("<i2")), ("one", 1, np.zeros(100, dtype=np.uint8))):
        with wave.open(str(tmp_path / f"{name}.wav"), "wb") as recording:
            recording.setnchannels(2)
            recording.setsampwidth(width)
            recording.setframerate(RATE_HZ)
            recording.writeframes(data.tobytes())
    assert np.abs(sound.read(tmp_path / "two.wav") - tone(0.1, 0.3)).max() < 0.001
    with pytest.raises(SoundRefused, match="8 bit"):
        sound.read(tmp_path / "one.wav")
