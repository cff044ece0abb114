"""What the homes say, read and stored: packets become letters, letters become rows, receipts and answers.

Plain and synchronous: `read` needs no store, `take` runs inside one transaction of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from alerts.station import decisions, ledger, silence
from alerts.station.listening import Sign
from alerts.station.pulse import take_heartbeat
from alerts.wire import AlertMessage, DecisionReceipt, Heartbeat, Topics, WireError, address_of, seal, unseal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from sqlite3 import Connection

Packet = tuple[str, bytes]

KINDS: dict[str, type[AlertMessage | Heartbeat | DecisionReceipt]] = {
    "alert": AlertMessage,
    "heartbeat": Heartbeat,
    "decision_receipt": DecisionReceipt,
}
"""What a home says, by the last level of its topic."""


class Unreadable(Exception):
    """A packet that cannot be read.

    Args:
        home: whose it says to be; "" when it says nothing.
        reason: a fixed short name.
        sentence: what to do.
    """

    def __init__(self, home: str, reason: str, sentence: str) -> None:
        super().__init__(f"{reason}: {sentence}")
        self.home, self.reason, self.sentence = home, reason, sentence


class Letter(NamedTuple):
    """A packet that could be read."""

    home: str
    path: str
    body: AlertMessage | Heartbeat | DecisionReceipt


@dataclass(slots=True)
class Taken:
    """What a batch came to.

    Args:
        receipts: to publish.
        answers: to publish, to each path's newest heartbeat.
        refusals: (home, reason, sentence).
        alive: homes that said something new; a repetition is no sign of life, since anybody can repeat.
        beats: heartbeats among them.
        news: the consoles have something to draw.
    """

    receipts: list[Packet]
    answers: dict[str, bytes]
    refusals: list[tuple[str, str, str]]
    alive: list[Sign]
    beats: int = 0
    news: bool = False


class Intake:
    """Takes what homes say.

    Args:
        prefix: of all topics.
        secrets: home id → the key of its seal.
    """

    def __init__(self, prefix: str, secrets: Mapping[str, bytes]) -> None:
        self._prefix = prefix
        self._secrets = secrets

    def read(self, packet: Packet) -> Letter:
        """Reads a packet; any bytes. Raises Unreadable."""
        topic, payload = packet
        home, path, name = address_of(topic, self._prefix)
        secret, kind = self._secrets.get(home), KINDS.get(name)
        if secret is None or kind is None:
            reason = "unknown_home" if secret is None else "unknown_topic"
            raise Unreadable(home, reason, "add the home to the settings")
        try:
            return Letter(home, path, unseal(kind, topic, payload, secret))
        except WireError as error:
            raise Unreadable(home, error.reason, error.sentence) from None

    def take(self, db: Connection, heard: Iterable[Letter], at: datetime) -> Taken:
        """Stores letters, inside a transaction."""
        taken = Taken([], {}, [], [])
        for letter in heard:
            if isinstance(letter.body, AlertMessage):
                self._take_alert(db, letter, letter.body, at, taken)
            elif isinstance(letter.body, Heartbeat):
                self._take_heartbeat(db, letter, letter.body, at, taken)
            else:
                self._take_receipt(db, letter, letter.body, at, taken)
        return taken

    def _take_alert(self, db: Connection, letter: Letter, message: AlertMessage, at: datetime, taken: Taken) -> None:
        receipt = ledger.take_alert(db, letter.home, message, at)
        topic = self._topics(letter.home, letter.path).receipt
        taken.receipts.append((topic, seal(receipt, topic, self._secrets[letter.home])))
        if receipt.stored_at == at:
            _alive(db, Sign(letter.home, letter.path), at, taken)
            taken.news = True

    def _take_heartbeat(self, db: Connection, letter: Letter, beat: Heartbeat, at: datetime, taken: Taken) -> None:
        pulse = take_heartbeat(db, letter.home, letter.path, beat, at)
        taken.news |= pulse.news
        if pulse.answer is None:
            sentence = "a heartbeat no newer than the last: replayed, or two boxes with one id"
            taken.refusals.append((letter.home, "stale_heartbeat", sentence))
            return
        topic = self._topics(letter.home, letter.path).heard
        taken.answers[topic] = seal(pulse.answer, topic, self._secrets[letter.home])
        _alive(db, Sign(letter.home, letter.path, beat.next_s, beat.alone, beat.paths), at, taken)
        taken.beats += 1

    def _take_receipt(
        self, db: Connection, letter: Letter, receipt: DecisionReceipt, at: datetime, taken: Taken
    ) -> None:
        try:
            if decisions.take_receipt(db, letter.home, receipt, at):
                _alive(db, Sign(letter.home, letter.path), at, taken)
                taken.news = True
        except decisions.RefusedError as error:
            taken.refusals.append((letter.home, error.reason, error.sentence_en))

    def _topics(self, home: str, path: str) -> Topics:
        return Topics(prefix=self._prefix, home=home, path=path)


def _alive(db: Connection, sign: Sign, at: datetime, taken: Taken) -> None:
    taken.news |= silence.heard(db, sign.home, sign.path, at)
    taken.alive.append(sign)
