"""SIP transactions other than INVITE: what is sent again and when, what was answered already. Pure: time is a number.

Source: RFC 3261, section 17: client 17.1.2 (timers E and F), server 17.2.2 (timer J), values in its table 4.
"""

from __future__ import annotations

from collections import OrderedDict
from enum import Enum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alerts.channels.sip.message import Request

T1_S, T2_S = 0.5, 4.0
"""The round trip as estimated, and the longest pause between two sendings. Source: RFC 3261, table 4."""

GIVE_UP_T1 = 64
"""Timers F and J are this many T1."""

OK = 200
"""The first final answer."""

ROOM = 256
"""Answers that are kept. Source: our choice: a centre answers a handful of requests in 32 s."""


class Wake(Enum):
    """What to do when a client transaction's time has come."""

    SEND_AGAIN = auto()
    GIVE_UP = auto()
    WAIT = auto()  # it is not yet time


class ClientTransaction:
    """One request of ours until its final answer.

    Args:
        now_s: when it was first sent, in the clock of `wake`.
        reliable: the transport repeats by itself (TCP, TLS).
        give_up_s: seconds until it is given up.
        t1_s: timer T1.
    """

    def __init__(self, *, now_s: float, reliable: bool, give_up_s: float, t1_s: float = T1_S) -> None:
        self.next_s = now_s + (give_up_s if reliable else min(t1_s, give_up_s))
        self._ends_s = now_s + give_up_s
        self._pause_s = t1_s
        self._longest_s = T2_S * t1_s / T1_S
        self._reliable = reliable

    def wake(self, now_s: float) -> Wake:
        """Say what is due; `next_s` is when to ask again."""
        if now_s >= self._ends_s:
            return Wake.GIVE_UP
        if now_s < self.next_s:
            return Wake.WAIT
        self._pause_s = min(2 * self._pause_s, self._longest_s)
        self.next_s = min(now_s + self._pause_s, self._ends_s)
        return Wake.WAIT if self._reliable else Wake.SEND_AGAIN

    def hear(self, code: int) -> bool:
        """Take an answer; True when it is final. After a provisional one the pauses are T2."""
        if code < OK:
            self._pause_s = self._longest_s
        return code >= OK


class Answered:
    """The answers that were given, so that a request that comes again is answered again and has no second effect.

    Args:
        keep_s: how long (timer J).
    """

    def __init__(self, keep_s: float = GIVE_UP_T1 * T1_S) -> None:
        self._keep_s = keep_s
        self._answers: OrderedDict[tuple[object, ...], tuple[float, bytes]] = OrderedDict()

    def again(self, request: Request, now_s: float) -> bytes | None:
        """Give the answer that this very request had; None when it is new."""
        while self._answers and next(iter(self._answers.values()))[0] <= now_s:
            self._answers.popitem(last=False)
        _, answer = self._answers.get(_name(request), (0.0, None))
        return answer

    def remember(self, request: Request, answer: bytes, now_s: float) -> None:
        """Keep an answer."""
        self._answers[_name(request)] = (now_s + self._keep_s, answer)
        if len(self._answers) > ROOM:
            self._answers.popitem(last=False)


def _name(request: Request) -> tuple[object, ...]:
    """Name a transaction: branch and sender (17.2.3); and Call-ID and CSeq, for far ends whose branch is a constant."""
    headers = request.headers
    return (headers.branch, headers.sent_by, request.method, headers.first("call-id"), headers.cseq)
