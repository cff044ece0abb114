"""A telephone call to a person: the brief is spoken, and 1 on their telephone takes the alert.

What counts: an answered call is no acknowledgement and no receipt. Only 1, pressed by whoever answered, is both. The
rest is a `SendFailed` with a reason of `alerts.channels.telephone.answers`, tried again as that table says.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alerts.channels.phone_number import NumberRefused, permitted
from alerts.channels.telephone import call_words, conversation
from alerts.channels.telephone.answers import POLICIES, Answer
from alerts.channels.telephone.control import Event
from alerts.channels.telephone.conversation import Order, Patience, Phase
from alerts.channels.telephone.line import LineDown
from alerts.channels.telephone.voice import NoVoice, Spoken
from alerts.dispatch import SendFailed
from alerts.lane import ONE_AT_A_TIME
from alerts.model import AlertKind

if TYPE_CHECKING:
    from alerts.channels.telephone.call_words import Caller, Phrase
    from alerts.channels.telephone.carrier import Telephone
    from alerts.channels.telephone.conversation import Talk
    from alerts.channels.telephone.line import Call, Line
    from alerts.channels.telephone.trunk import Trunk
    from alerts.dispatch import Taken
    from alerts.model import Alert, Delivery

LINE_WAIT_S = 150.0
"""How long a call may wait for a line. Source: our choice: longer than any call lasts."""

PATIENCE = Patience()

PHONE_AGAIN_S = 5.0
"""Before another try when there was no line. Source: our choice: baresip is back in less."""

UNUSABLE_AGAIN_S = 60.0
"""The same where somebody must first put something right: a voice, a number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Callee:
    """Who is called.

    Args:
        name: as others are told who has taken the alert.
        number: as configured.
        resident: the number is the resident's own.
    """

    name: str
    number: str
    resident: bool = False


class CallChannel:
    """One contact that is called.

    Args:
        telephone: the home's.
        callee: who is called.
        caller: what is said of the home.
        taken: records an acknowledgement.
        production: whether real numbers may be dialled.
        patience: of each call.
    """

    places = ONE_AT_A_TIME

    def __init__(  # noqa: PLR0913 - each is a different neighbour
        self,
        telephone: Telephone,
        callee: Callee,
        *,
        caller: Caller,
        taken: Taken,
        production: bool,
        patience: Patience = PATIENCE,
    ) -> None:
        self._telephone = telephone
        self._callee = callee
        self._caller = caller
        self._taken = taken
        self._production = production
        self._patience = patience

    async def send(self, delivery: Delivery, alert: Alert) -> str:
        """Call, and return once somebody has pressed 1; see `alerts.dispatch.Channel`."""
        brief = asyncio.create_task(self._telephone.voice.say(self._phrases(delivery, alert), times=self._times(alert)))
        try:
            async with asyncio.timeout(LINE_WAIT_S) as patience, self._telephone.line(alert.severity) as line:
                patience.reschedule(None)
                answer = await self._try_trunks(line, delivery, brief, asks=call_words.asks(alert))
        except TimeoutError as error:
            raise SendFailed("no_line", "all lines are busy: raise [telephone] lines", retry_s=PHONE_AGAIN_S) from error
        except LineDown as error:
            raise SendFailed("phone_down", str(error), retry_s=PHONE_AGAIN_S) from error
        except NoVoice as error:
            raise SendFailed("no_voice", str(error), retry_s=UNUSABLE_AGAIN_S) from error
        finally:
            brief.cancel()
            brief.add_done_callback(_forget)
        return self._receipt(answer)

    async def _try_trunks(self, line: Line, delivery: Delivery, brief: asyncio.Task[Spoken], *, asks: bool) -> Answer:
        """Call through one trunk after the other, until one brings an answer that another could not better."""
        answer = Answer.UNREACHABLE
        for trunk in line.registrations.in_order():
            answer = await self._call(line, trunk, delivery, brief, asks=asks)
            if answer not in POLICIES or not POLICIES[answer].next_trunk:
                break
        return answer

    async def _call(
        self, line: Line, trunk: Trunk, delivery: Delivery, brief: asyncio.Task[Spoken], *, asks: bool
    ) -> Answer:
        clock = asyncio.get_running_loop().time
        try:
            dialled = permitted(self._callee.number, production=self._production, host=trunk.host)
        except NumberRefused as error:
            raise SendFailed(error.reason, error.sentence, retry_s=UNUSABLE_AGAIN_S) from error
        call = line.dial(trunk, dialled)
        try:
            talk = conversation.dialled(clock(), asks=asks, patience=self._patience)
            answer = await self._talk(call, talk, delivery, brief)
        except asyncio.CancelledError:
            call.leave(self._telephone.farewell)
            raise
        except NoVoice:
            call.hang_up()
            raise
        await call.gone.wait()
        return answer

    async def _talk(self, call: Call, talk: Talk, delivery: Delivery, brief: asyncio.Task[Spoken]) -> Answer:
        clock = asyncio.get_running_loop().time
        while talk.answer is None:
            happened = await _next(call, talk, brief)
            if isinstance(happened, Event):
                talk, order = conversation.heard(talk, happened, clock())
            elif happened is None:
                talk, order = conversation.passed(talk)
            else:
                talk, order = conversation.rendered(talk, happened.length_s, clock())
            if order is Order.PLAY:
                call.play(brief.result().file)
            elif order is Order.STORE:
                talk = await self._store(call, talk, delivery)
            elif order is Order.HANG_UP:
                call.hang_up()
        return talk.answer

    async def _store(self, call: Call, talk: Talk, delivery: Delivery) -> Talk:
        """Have the acknowledgement stored, then say so."""
        who = await self._taken(delivery, self._callee.name)
        thanks_s = 0.0
        with suppress(NoVoice):  # it is taken, whether we can say so or not
            thanks = await self._telephone.voice.say(call_words.goodbye(self._callee.name, who))
            call.play(thanks.file)
            thanks_s = thanks.length_s
        return conversation.stored(talk, thanks_s, asyncio.get_running_loop().time())[0]

    def _phrases(self, delivery: Delivery, alert: Alert) -> tuple[Phrase, ...]:
        if not call_words.asks(alert):
            return call_words.news(alert, self._caller)
        if self._callee.resident and alert.kind is AlertKind.INACTIVITY:
            return call_words.question(alert, self._caller)
        return call_words.whole_brief(alert, self._caller, again=delivery.round > 1)

    def _times(self, alert: Alert) -> int:
        return self._patience.times if call_words.asks(alert) else 1

    def _receipt(self, answer: Answer) -> str:
        if answer is Answer.TAKEN:
            return "pressed 1"
        if answer is Answer.HEARD:
            return "heard"
        policy = POLICIES[answer]
        raise SendFailed(answer.value, f"{policy.zh} / {policy.en}", retry_s=policy.pause_s)


async def _next(call: Call, talk: Talk, brief: asyncio.Task[Spoken]) -> Event | Spoken | None:
    """Wait for what comes first: an event, the brief's sound, or the end of the phase (None)."""
    event = asyncio.ensure_future(call.events.get())
    waits = {event} if talk.brief_s is not None else {event, brief}
    until = None if talk.phase is Phase.TAKING else max(0.0, talk.until - asyncio.get_running_loop().time())
    try:
        done, _ = await asyncio.wait(waits, timeout=until, return_when=asyncio.FIRST_COMPLETED)
    finally:
        if not event.done():
            event.cancel()
    if event in done:
        return event.result()
    return brief.result() if brief in done else None


def _forget(brief: asyncio.Task[Spoken]) -> None:
    """Take note of how the rendering ended although nobody waits for it any more."""
    if not brief.cancelled():
        brief.exception()
