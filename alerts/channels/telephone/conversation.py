"""One call from dialling to hanging up, as a pure state machine: events and the passing of time in, orders out.

Theory of operation
-------------------
    DIALLING --rings--> RINGING --answered--> LISTENING --1--> TAKING --stored--> THANKED --said--> OVER
                                              LISTENING --2--> LISTENING, from the beginning

Every phase but TAKING has an end (`until`), so no call lasts for ever: nobody replies, nobody answers, nobody presses.
An answer is not a word of anybody's: only the digit 1, pressed after the answer, leads to TAKING, and only the store's
"it is on disk" leads on from there. A call that merely tells news ends when it was told.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from math import inf

from alerts.channels.telephone.answers import Answer, unanswered
from alerts.channels.telephone.control import Event, Happened

REPLAYS = 5
"""How often 2 is followed. Source: our choice: a stuck key must not keep the line for ever."""

TAKE, AGAIN = "1", "2"

OURS = {"rtp stream error": Answer.BROKEN_OFF, "end of file": Answer.NOT_TAKEN}
"""What baresip says when it ends an answered call by itself; otherwise the far end did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long each phase may last.

    Args:
        reply_s: until a trunk lets it ring. Source: ITU-T E.721, delay after dialling, 11 s for the slowest calls.
        ring_s: how long it rings. Source: our choice: less than the 60 s after which many networks put a voicemail on.
        say_s: how long the person who answered waits in silence for the brief to be rendered.
        times: how often the brief is said before the call is given up. Source: our choice: about two minutes.
        press_s: for a digit after the last word. Source: our choice: to find the key on an old telephone.
    """

    reply_s: float = 12.0
    ring_s: float = 45.0
    say_s: float = 10.0
    times: int = 3
    press_s: float = 8.0


class Phase(StrEnum):
    """Where a call is."""

    DIALLING = "dialling"
    RINGING = "ringing"
    LISTENING = "listening"
    TAKING = "taking"
    THANKED = "thanked"
    OVER = "over"


class Order(StrEnum):
    """What is to be done."""

    NOTHING = "nothing"
    PLAY = "play"  # the brief, from the beginning
    STORE = "store"  # that this person has taken the alert; then tell `stored`
    HANG_UP = "hang_up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """One call.

    Args:
        patience: see `Patience`.
        asks: whether somebody is asked to take the alert; otherwise it only tells.
        until: when `passed` is to be called, in the clock of `at`.
        phase: see `Phase`.
        brief_s: how long the brief lasts; None while it is being rendered.
        replays: how often it was said again.
        answer: what it came to; None while it is under way.
    """

    patience: Patience
    asks: bool
    until: float
    phase: Phase = Phase.DIALLING
    brief_s: float | None = None
    replays: int = 0
    answer: Answer | None = None


def dialled(at: float, *, asks: bool, patience: Patience) -> Talk:
    """Give a call that was just dialled."""
    return Talk(patience=patience, asks=asks, until=at + patience.reply_s)


def heard(talk: Talk, event: Event, at: float) -> tuple[Talk, Order]:
    """Take what baresip tells of the call.

    Args:
        talk: the call.
        event: what happened.
        at: when, in any clock that only goes forward.

    Returns:
        The call, and what is to be done.
    """
    match event.what:
        case Happened.RINGING | Happened.PROGRESS if talk.phase is Phase.DIALLING:
            return replace(talk, phase=Phase.RINGING, until=at + talk.patience.ring_s), Order.NOTHING
        case Happened.ANSWERED if talk.phase in {Phase.DIALLING, Phase.RINGING}:
            return _said(replace(talk, phase=Phase.LISTENING), at)
        case Happened.PRESSED if talk.phase is Phase.LISTENING and talk.asks:
            return _pressed(talk, event.text, at)
        case Happened.ENDED if talk.phase is not Phase.OVER:
            return _over(talk, _ended(talk, event.text)), Order.NOTHING
    return talk, Order.NOTHING


def rendered(talk: Talk, brief_s: float, at: float) -> tuple[Talk, Order]:
    """Take that the brief's sound is ready."""
    talk = replace(talk, brief_s=brief_s)
    return _said(talk, at) if talk.phase is Phase.LISTENING else (talk, Order.NOTHING)


def stored(talk: Talk, thanks_s: float, at: float) -> tuple[Talk, Order]:
    """Take that the acknowledgement is on disk, and that thanks of this length are being said."""
    if talk.phase is not Phase.TAKING:
        return talk, Order.NOTHING
    return replace(talk, phase=Phase.THANKED, until=at + thanks_s), Order.NOTHING


def passed(talk: Talk) -> tuple[Talk, Order]:
    """Take that `until` has come."""
    match talk.phase:
        case Phase.DIALLING:
            answer = Answer.UNREACHABLE
        case Phase.RINGING:
            answer = Answer.NO_ANSWER
        case Phase.THANKED:
            answer = Answer.TAKEN
        case _:
            answer = Answer.NOT_TAKEN if talk.asks or talk.brief_s is None else Answer.HEARD
    return _over(talk, answer), Order.HANG_UP


def _said(talk: Talk, at: float) -> tuple[Talk, Order]:
    if talk.brief_s is None:
        return replace(talk, until=at + talk.patience.say_s), Order.NOTHING
    return replace(talk, until=at + talk.brief_s + (talk.patience.press_s if talk.asks else 0.0)), Order.PLAY


def _pressed(talk: Talk, digit: str, at: float) -> tuple[Talk, Order]:
    if digit == TAKE:
        return replace(talk, phase=Phase.TAKING, until=inf), Order.STORE
    if digit == AGAIN and talk.replays < REPLAYS and talk.brief_s is not None:
        return _said(replace(talk, replays=talk.replays + 1), at)
    return talk, Order.NOTHING


def _ended(talk: Talk, why: str) -> Answer:
    if why in set(Answer):  # our own words: the line tells what it did
        return Answer(why) if talk.phase not in {Phase.TAKING, Phase.THANKED} else Answer.TAKEN
    match talk.phase:
        case Phase.DIALLING | Phase.RINGING:
            return unanswered(why, rang=talk.phase is Phase.RINGING)
        case Phase.LISTENING:
            return OURS.get(why, Answer.HUNG_UP)
        case _:
            return Answer.TAKEN


def _over(talk: Talk, answer: Answer) -> Talk:
    return replace(talk, phase=Phase.OVER, answer=answer, until=inf)
