"""Sentences become sounds, and a player that fails, hangs or is missing has a name."""

from __future__ import annotations

import shutil
import wave
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from alerts.announcement import Announcement, Occasion
from alerts.occurrence import Words
from gateway.homevoice import player
from gateway.homevoice.player import Player
from gateway.homevoice.voice import VoiceFailed

if TYPE_CHECKING:
    from pathlib import Path

AT = datetime(2026, 11, 22, 2, tzinfo=UTC)
SENT = Words("求助已发出。", "Your call for help has been sent.")

needs_espeak = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="apt-get install espeak-ng")


def said(words: Words = SENT) -> Announcement:
    return Announcement(alert_key="k", occasion=Occasion.SENT, name="sent:1", words=words, at=AT, valid_until=AT)


def script(folder: Path, body: str) -> Path:
    """A player that does what the test wants with the file it is given."""
    path = folder / "play"
    path.write_text(f"#!/bin/sh\n{body}\n", "utf-8")
    path.chmod(0o700)
    return path


def recorder(folder: Path) -> Path:
    return script(folder, f'echo "$2" >> {folder}/played; test "$1" = -q')


def played(folder: Path) -> list[str]:
    file = folder / "played"
    return file.read_text("utf-8").splitlines() if file.exists() else []


def voice(folder: Path, program: Path, **fields: object) -> Player:
    plain: dict[str, object] = {"clips": None, "language": "zh", "volume": 80}
    return Player([str(program), "-q"], folder / "speech", **{**plain, **fields})  # type: ignore[arg-type]


@needs_espeak
async def test_a_sentence_is_made_once_and_played_each_time(tmp_path: Path):
    speaks = voice(tmp_path, recorder(tmp_path))
    await speaks.say(said())
    (sound,) = (tmp_path / "speech").iterdir()
    with wave.open(str(sound)) as heard:
        assert heard.getnframes() / heard.getframerate() > 0.8  # five syllables
    made = sound.stat().st_mtime_ns
    await speaks.say(said())
    assert played(tmp_path) == [str(sound), str(sound)]
    assert sound.stat().st_mtime_ns == made


@needs_espeak
async def test_another_language_or_volume_is_another_sound(tmp_path: Path):
    program = recorder(tmp_path)
    for fields in ({}, {"language": "en"}, {"volume": 40}):
        await voice(tmp_path, program, **fields).say(said())
    assert len(set(played(tmp_path))) == 3


async def test_a_recorded_clip_wins(tmp_path: Path):
    clip = tmp_path / "clips" / "求助已发出.wav"
    clip.parent.mkdir()
    clip.write_bytes(b"RIFF")
    await voice(tmp_path, recorder(tmp_path), clips=clip.parent).say(said())
    assert played(tmp_path) == [str(clip)]


async def test_a_lamp_alone_makes_no_sound(tmp_path: Path):
    await voice(tmp_path, recorder(tmp_path)).say(said(Words("", "")))
    assert played(tmp_path) == []


@needs_espeak
@pytest.mark.parametrize(("body", "reason"), [("exit 3", "player_failed"), ("exec sleep 60", "player_hangs")])
async def test_a_player_that_fails_or_hangs_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, reason: str
):
    monkeypatch.setattr(player, "PLAY_S", 0.5)
    with pytest.raises(VoiceFailed) as failure:
        await voice(tmp_path, script(tmp_path, body)).say(said())
    assert failure.value.reason == reason


@needs_espeak
async def test_a_player_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(VoiceFailed) as failure:
        await voice(tmp_path, tmp_path / "nowhere").say(said())
    assert failure.value.reason == "no_player"


async def test_without_espeak_there_is_a_name_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(VoiceFailed) as failure:
        await voice(tmp_path, recorder(tmp_path)).say(said())
    assert failure.value.reason == "no_espeak"


@needs_espeak
async def test_a_disk_without_room_is_named(tmp_path: Path):
    (tmp_path / "speech").write_text("not a folder", "utf-8")
    with pytest.raises(VoiceFailed) as failure:
        await voice(tmp_path, recorder(tmp_path)).say(said())
    assert failure.value.reason == "no_room"
