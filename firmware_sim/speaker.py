"""What an annunciator does with the sentences that it is asked to say (docs/mqtt.md, 1.8). Pure of I/O.

It finishes the sentence that it is saying; of those that came meanwhile it says the newest that is still valid, and the
others never. What it has said to the end it answers with the sentence's id.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime

from firmware_sim.refused import Refused

SECONDS_PER_SIGN = 0.25
"""Source: espeak-ng at 150 words a minute, measured."""

SHORTEST_S = 0.2
"""A lamp alone takes so long to be set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """One command, as it was read.

    Args:
        id: to be answered with.
        kind: why it is said.
        zh, en: what is said; both empty for the lamp alone.
        light: what the lamp shows from now on.
        valid_until: not to be begun after this (aware UTC).
    """

    id: str
    kind: str
    zh: str
    en: str
    light: str
    valid_until: datetime

    @property
    def lasts_s(self) -> float:
        """How long it takes to be said."""
        return max(SHORTEST_S, len(self.zh) * SECONDS_PER_SIGN)


@dataclass(slots=True)
class Speaker:
    """The loudspeaker and its lamp.

    Args:
        mute: takes every sentence and says none: a broken amplifier.
    """

    mute: bool = False
    light: str = "off"
    _next: Sentence | None = field(default=None)
    _saying: str = ""

    def take(self, payload: bytes) -> None:
        """Take a command; the newest counts.

        Raises:
            Refused: when it is not one.
        """
        self._next = read_sentence(payload)

    def begin(self, now: datetime | None) -> Sentence | None:
        """Give what is to be said now; None while another sentence lasts, or nothing is worth saying any more.

        Args:
            now: what the device's own clock says; None while it is not set, and then every sentence is worth saying.
        """
        if self._saying or self._next is None or self.mute:
            return None
        sentence, self._next = self._next, None
        if now is not None and now > sentence.valid_until:
            return None
        self._saying, self.light = sentence.id, sentence.light
        return sentence

    def end(self, sentence: str) -> bool:
        """Have a sentence be over; False when a reboot has cut it short."""
        if self._saying != sentence:
            return False
        self._saying = ""
        return True

    def restart(self) -> None:
        """Forget everything, as a reboot does."""
        self._next, self._saying, self.light = None, "", "off"


def read_sentence(payload: bytes) -> Sentence:
    """Read a command.

    Raises:
        Refused: when it is not one; the device then says nothing.
    """
    try:
        told = json.loads(payload)
        words = {name: told[name] for name in ("id", "kind", "zh", "en", "light", "valid_until")}
        sentence = Sentence(**(words | {"valid_until": datetime.fromisoformat(words["valid_until"])}))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Refused("bad_sentence", f"A sentence is a JSON object as docs/mqtt.md, 1.8 says: {error!r}.") from error
    texts = all(isinstance(word, str) for word in words.values())
    if told.get("v") != 1 or not texts or sentence.valid_until.tzinfo is None:
        raise Refused("bad_sentence", "A sentence has v 1, texts, and a time with its zone (docs/mqtt.md, 1.8).")
    return sentence
