"""The home's own loudspeaker: a sound file for each sentence, played by a program that the installer chose.

A recorded clip, named by its sentence, wins; otherwise espeak-ng makes the sound once and it is kept. Both programs are
child processes with an end: whatever they do, the next sentence comes.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from hashlib import blake2b
from typing import TYPE_CHECKING

from gateway.homevoice.voice import VoiceFailed

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import Sequence
    from pathlib import Path

    from alerts.announcement import Announcement
    from alerts.spoken import Language

VOICES: dict[Language, str] = {"zh": "cmn-latn-pinyin", "en": "en-gb"}
"""espeak-ng's names. The one called "cmn" spells Mandarin in English letters: see `alerts.channels.telephone.voice`."""

WORDS_PER_MINUTE = 150
"""Source: our choice: slower than espeak-ng's 175, for old ears."""

RENDER_S = 10.0
"""How long espeak-ng may take. Source: measured, 0.03 s for the longest sentence; a Pi is ten times slower."""

PLAY_S = 30.0
"""How long playing may take. Source: the longest sentence lasts 8 s; a player that hangs must not hold up the next."""


class Player:
    """A `Voice` that plays sounds on this machine.

    Args:
        command: the player and its arguments; the sound file is appended.
        cache: folder where sounds that espeak-ng made are kept.
        clips: folder of recorded sentences, each named as it is spoken, ".wav"; None where there is none.
        language: in which she is spoken to.
        volume: 1 to 100, of espeak-ng's voice.
    """

    name = "player"
    part = "gateway/player"

    def __init__(
        self, command: Sequence[str], cache: Path, *, clips: Path | None, language: Language, volume: int
    ) -> None:
        self._command, self._cache, self._clips = command, cache, clips
        self._language, self._volume = language, volume

    @property
    def ready(self) -> bool:
        """Always: whether it works is found by playing."""
        return True

    async def confirm(self, announcement: Announcement) -> bool:  # noqa: ARG002 - the protocol's
        """It was said when `say` returned."""
        return True

    def hear(self, played: str) -> None:
        """It answers to nobody."""

    async def say(self, announcement: Announcement) -> None:
        """Play the sentence to its end."""
        sentence = announcement.words.in_(self._language)
        if sentence:
            await _run([*self._command, str(await self._sound(sentence))], PLAY_S, "player")

    async def _sound(self, sentence: str) -> Path:
        if self._clips is not None:
            clip = self._clips / f"{sentence.rstrip('。.')}.wav"
            if await asyncio.to_thread(clip.is_file):
                return clip
        made = f"{VOICES[self._language]} {self._volume} {WORDS_PER_MINUTE} {sentence}"
        sound = self._cache / f"{blake2b(made.encode(), digest_size=12).hexdigest()}.wav"
        if not await asyncio.to_thread(sound.is_file):
            await self._render(sentence, sound)
        return sound

    async def _render(self, sentence: str, sound: Path) -> None:
        fresh = sound.with_suffix(".new")
        options = ["-v", VOICES[self._language], "-s", str(WORDS_PER_MINUTE), "-a", str(2 * self._volume)]
        try:
            await asyncio.to_thread(self._cache.mkdir, parents=True, exist_ok=True)
            await _run(["espeak-ng", *options, "-w", str(fresh), "--", sentence], RENDER_S, "espeak")
            await asyncio.to_thread(fresh.replace, sound)
        except OSError as error:
            raise VoiceFailed("no_room", f"the sound could not be kept: {error.strerror}") from error


async def _run(command: Sequence[str], within_s: float, what: str) -> None:
    """Run a program to its end; whatever happens, it is gone afterwards."""
    none = asyncio.subprocess.DEVNULL
    try:
        process = await asyncio.create_subprocess_exec(*command, stdin=none, stdout=none, stderr=none)
    except OSError as error:
        raise VoiceFailed(f"no_{what}", f"{command[0]} cannot be run ({error.strerror}): install it") from error
    try:
        code = await asyncio.wait_for(process.wait(), within_s)
    except TimeoutError:
        raise VoiceFailed(f"{what}_hangs", f"{command[0]} did not end within {within_s:.0f} s") from None
    finally:
        await _end(process)
    if code:
        raise VoiceFailed(f"{what}_failed", f"{command[0]} ended with code {code}: run it by hand to see why")


async def _end(process: Process) -> None:
    if process.returncode is None:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
