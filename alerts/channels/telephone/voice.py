"""Turns phrases into a sound file: recordings where the installer supplied them, espeak-ng for the rest.

espeak-ng runs as a process. Its words go in by standard input, since a command line can be read by everybody on the
machine. What was said once is kept: a brief is rendered once for all calls that say the same.
"""

from __future__ import annotations

import asyncio
import subprocess
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alerts.channels.telephone import sound
from alerts.channels.telephone.sound import SoundRefused

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from alerts.channels.telephone.call_words import Phrase
    from alerts.channels.telephone.sound import Samples

PROGRAM = "espeak-ng"

MANDARIN = "cmn-latn-pinyin"
"""Its voice for Mandarin. The voice called "cmn" spells most characters as English letters in Debian 12's espeak-ng
1.51: its dictionary turns them into pinyin, which that voice then takes for English. A test listens for it."""

WORDS_A_MINUTE = "150"
"""Source: our choice: slower than espeak-ng's 175, for a voice that nobody expects."""

RENDER_S = 10.0
"""How long one rendering may take. Source: our choice; half a minute of speech takes 0.1 s here."""

GAP_S = 0.25
"""Between phrases. Source: our choice: a breath."""

REPEAT_PAUSE_S = 2.0
"""Before the brief is said again. Source: our choice: time to press."""

TAIL_S = 12.0
"""Silence at the end of every file: baresip 1.0.0 ends the call where its file ends, and it is not the file that
decides how long we wait for a digit. More than `Patience.press_s`."""

KEPT = 32
"""Sound files kept. Source: our choice: more than are told at one moment, 20 MB."""

PRONUNCIATIONS = {
    "重听": "chong2 ting1",
    "地址": "di4 zhi3",
    "处理": "chu2 li3",
}
"""Words that espeak-ng 1.51 reads wrongly, in pinyin."""


class NoVoice(Exception):
    """The words cannot be spoken; the message says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """A sound file.

    Args:
        file: WAV, 8 kHz, mono, 16 bit.
        length_s: how long we speak in it; `TAIL_S` of silence follow.
    """

    file: Path
    length_s: float


class Voice:
    """Says phrases into files.

    Args:
        folder: for the files; private.
        recordings: folder of `<name>.wav`; None for none.
        program: the name of espeak-ng.
    """

    def __init__(self, folder: Path, recordings: Path | None = None, *, program: str = PROGRAM) -> None:
        self._folder = folder
        self._recordings = recordings
        self._program = program
        self._said: OrderedDict[tuple[tuple[Phrase, ...], int], Spoken] = OrderedDict()
        self._files = 0
        self._one_at_a_time = asyncio.Lock()

    async def say(self, phrases: Sequence[Phrase], *, times: int = 1) -> Spoken:
        """Give the sound of phrases.

        Args:
            phrases: in order.
            times: how often all of it is said, with pauses between.

        Raises:
            NoVoice: neither a recording nor espeak-ng can say one of them.
        """
        name = (tuple(phrases), times)
        async with self._one_at_a_time:
            said = self._said.get(name)
            if said is None:
                said = self._said[name] = await self._render(name[0], times)
                if len(self._said) > KEPT:
                    self._said.popitem(last=False)[1].file.unlink(missing_ok=True)
            self._said.move_to_end(name)
        return said

    async def _render(self, phrases: tuple[Phrase, ...], times: int) -> Spoken:
        self._files += 1
        file = self._folder / f"{self._files}.wav"
        try:
            parts = [await self._samples(piece) for piece in self._pieces(phrases)]
            length_s = await asyncio.to_thread(_write, file, parts, times)
        except SoundRefused as error:
            raise NoVoice(f"{error}; record it anew, or take it away so that espeak-ng says it") from error
        return Spoken(file=file, length_s=length_s)

    def _pieces(self, phrases: tuple[Phrase, ...]) -> list[Path | str]:
        """The recordings and the texts between them, each text as long as it can be: it sounds better in one."""
        resolved = [piece for phrase in phrases for piece in self._resolved(phrase)]
        pieces: list[Path | str] = []
        for piece in resolved:
            if pieces and isinstance(piece, str) and isinstance(pieces[-1], str):
                pieces[-1] += piece
            else:
                pieces.append(piece)
        return pieces

    def _resolved(self, phrase: Phrase) -> list[Path | str]:
        for several in ((phrase,), phrase.parts):
            found = [self._recording(each.name) for each in several]
            recorded = [file for file in found if file is not None]
            if found and len(recorded) == len(found):
                return [*recorded]
        return [phrase.text]

    def _recording(self, name: str) -> Path | None:
        file = self._recordings / f"{name}.wav" if self._recordings is not None and name else None
        return file if file is not None and file.is_file() else None

    async def _samples(self, piece: Path | str) -> Samples:
        if isinstance(piece, str):
            file = self._folder / f"{self._files}.raw.wav"
            try:
                await self._espeak(piece, file)
                return await asyncio.to_thread(_level_of, file)
            finally:
                file.unlink(missing_ok=True)
        return await asyncio.to_thread(_level_of, piece)

    async def _espeak(self, text: str, file: Path) -> None:
        try:
            process = await asyncio.create_subprocess_exec(
                *(self._program, "-v", MANDARIN, "-s", WORDS_A_MINUTE, "-b", "1", "--stdin", "-w", str(file)),
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        except OSError as error:
            raise NoVoice(f"{self._program} cannot be started ({error.strerror}): apt install espeak-ng") from error
        try:
            async with asyncio.timeout(RENDER_S):
                await process.communicate(_pronounced(text).encode())
        except TimeoutError as error:
            raise NoVoice(f"{self._program} was not done after {RENDER_S:.0f} s: is the machine overloaded?") from error
        finally:
            with suppress(ProcessLookupError):
                process.kill()
        if process.returncode:
            raise NoVoice(f"{self._program} ended with {process.returncode}: apt install espeak-ng espeak-ng-data")


def _pronounced(text: str) -> str:
    for word, pinyin in PRONUNCIATIONS.items():
        text = text.replace(word, f" {pinyin} ")
    return text


def _level_of(file: Path) -> Samples:
    return sound.levelled(sound.read(file))


def _write(file: Path, parts: list[Samples], times: int) -> float:
    gap, pause = sound.silence(GAP_S), sound.silence(REPEAT_PAUSE_S)
    once = sound.joined(piece for part in parts for piece in (part, gap))
    said = sound.joined([once, *([pause, once] * (times - 1))])
    sound.write(file, sound.joined([said, sound.silence(TAIL_S)]))
    return sound.length_s(said)
