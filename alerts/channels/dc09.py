"""An alarm receiving centre by SIA DC-09: Contact ID events, and the link test that watches the way there.

Theory of operation
-------------------
Every message has a connection of its own: asked, answered, closed. Nothing is left half-open, and a receiver that
was restarted is found again at the next message. The receiver's ACK is the receipt; no person is behind it. What the
answers mean is in `dc09_dialogue`, the bytes are in `dc09_frame`, the event codes in `contact_id`.

`send` asks once, and again at once where the answer says how to do better: NAK gives the receiver's time, DUH asks
for a more general event code. Everything else is a `SendFailed`, and the ladder's retry sends the same message with
the same sequence number. A silent receiver is given `ANSWER_S`.

`run` sends the NULL message: at the start, which also teaches us the receiver's time before the first alarm, and
whenever nothing was stored there for `link_test_s`, since any message proves the way.
"""

from __future__ import annotations

import asyncio
import secrets
from contextlib import aclosing, suppress
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Literal

from alerts.channels.centre.contact_id import events_of, sequence_of
from alerts.channels.centre.dc09_dialogue import Dialogue, Verdict
from alerts.channels.centre.dc09_frame import Frame, encode
from alerts.channels.centre.dc09_talk import over_tcp, over_udp
from alerts.dispatch import SendFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from alerts.channels.centre.codes import Zone
    from alerts.channels.centre.ignored import Ignored
    from alerts.model import Alert, Delivery

ANSWER_S = 10.0
"""How long a receiver may take. Source: our choice, within the 5 to 60 s of receivers' manuals; the ladder's 60 s
rung must not wait for a second try."""

RETRY_S = 30.0
"""After a link test without an answer. Source: our choice: a receiver that restarts is noticed to be back."""

REFUSED_RETRY_S = 60.0
"""After a refusal, which only people can mend: an account, a key."""

LATE = timedelta(seconds=60)
"""Something that began longer ago is sent with its time of occurrence (DC-09-2013, 5.5.1.8, "H")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """Where and as whom to report.

    Args:
        host, port: of the receiver.
        transport: TCP, or UDP where the centre offers nothing else.
        account: 3 to 16 hex digits.
        number, line: hex digits, as the centre gave them.
        key: of AES, 16, 24 or 32 bytes; None sends in clear.
    """

    host: str
    port: int
    transport: Literal["tcp", "udp"] = "tcp"
    account: str
    number: str = "0"
    line: str = "0"
    key: bytes | None = None


class Dc09Centre:
    """One receiver: sends it messages and watches the way there.

    Args:
        receiver: where and as whom.
        link_test_s: the longest time without a stored message, to half a minute.
        now: the time (aware UTC).
        on_state: called with (reachable, a sentence that says why) at each change.
        ignored: counts the answers that nothing could be made of.
        answer_s: how long to wait for an answer.
    """

    def __init__(  # noqa: PLR0913 - each is a different neighbour
        self,
        receiver: Receiver,
        *,
        link_test_s: float,
        now: Callable[[], datetime],
        on_state: Callable[[bool, str], None],
        ignored: Ignored,
        answer_s: float = ANSWER_S,
    ) -> None:
        self._receiver = receiver
        self._dialogue = Dialogue(key=receiver.key, ignored=ignored)
        self._link_test_s = link_test_s
        self._answer_s = answer_s
        self._now = now
        self._on_state = on_state
        self._told: bool | None = None
        self._stored_at = 0.0
        self._last: tuple[str, int] = ("", 0)

    async def run(self) -> None:
        """Test the link until cancelled."""
        clock = asyncio.get_running_loop().time
        tests = 0
        while True:
            if not self._told or clock() - self._stored_at >= self._link_test_s:
                tests += 1
                await self._test_link(f"link test {tests}")
            await asyncio.sleep(min(RETRY_S, self._link_test_s))  # noqa: TID251 - a pause between I/O, no clock

    async def probe(self) -> str:
        """Test the link, which stores nothing there; see `alerts.probe.Probe`."""
        number = self._number(f"test {self._now().isoformat()}", 0)
        await self._ask("NULL", number, "", ())
        return f"dc09 ack {number:04} NULL"

    async def report(self, message: str, events: tuple[str, ...], *, since: datetime) -> str:
        """Send an event; if the receiver does not know its code, the next more general one.

        Args:
            message: names it over every retry; its sequence number is made of this.
            events: of `events_of`.
            since: when it began.

        Returns:
            The receipt.

        Raises:
            SendFailed: it is not stored there.
        """
        late = self._now() - since > LATE
        occurred = ((since.astimezone(UTC) + self._dialogue.offset).strftime("H%H:%M:%S,%m-%d-%Y"),) if late else ()
        for place, event in enumerate(events):
            data = f"#{self._receiver.account}|{event}"
            number = self._number(message, place)
            if await self._ask("ADM-CID", number, data, occurred):
                return f"dc09 ack {number:04} {event}"
        raise SendFailed(
            "unable",
            f"the receiver cannot process {events[-1]} (DUH): ask the centre whether it takes ADM-CID, and which codes",
            retry_s=REFUSED_RETRY_S,
        )

    async def _test_link(self, message: str) -> None:
        with suppress(SendFailed):  # which `on_state` was told
            await self._ask("NULL", self._number(message, 0), "", ())

    async def _ask(self, token: str, number: int, data: str, extended: tuple[str, ...]) -> bool:
        """Ask, once more with the corrected time; True when stored, False when the receiver is unable to process it."""
        try:
            verdict = await self._exchange(token, number, data, extended)
            if verdict is Verdict.CLOCK:
                verdict = await self._exchange(token, number, data, extended)
        except SendFailed as failure:
            self._tell(reachable=False, sentence=failure.sentence)
            raise
        if verdict in {Verdict.CLOCK, Verdict.REFUSED}:
            sentence = "the receiver refused (NAK): are the account and the key those that the centre gave?"
            self._tell(reachable=False, sentence=sentence)
            raise SendFailed("refused", sentence, retry_s=REFUSED_RETRY_S)
        self._stored_at = asyncio.get_running_loop().time()
        self._tell(reachable=True, sentence="answers")
        return verdict is Verdict.STORED

    async def _exchange(self, token: str, number: int, data: str, extended: tuple[str, ...]) -> Verdict:
        asked = self._frame(token, number, data, extended)
        raw = encode(asked, self._receiver.key, secrets.choice)
        talk = over_tcp if self._receiver.transport == "tcp" else over_udp
        try:
            async with (
                asyncio.timeout(self._answer_s),
                aclosing(talk(self._receiver.host, self._receiver.port, raw)) as answers,
            ):
                async for answer in answers:
                    verdict = self._dialogue.judge(answer, asked, self._now())
                    if verdict is not Verdict.NOTHING:
                        return verdict
        except TimeoutError as error:
            raise SendFailed("no_answer", f"no valid answer within {self._answer_s:g} s") from error
        except (OSError, ValueError) as error:  # ValueError: no such name
            sentence = f"{type(error).__name__}: is the receiver running, and are host and port right?"
            raise SendFailed("unreachable", sentence) from error
        raise SendFailed("cut_off", "the receiver closed the connection without a valid answer")

    def _frame(self, token: str, number: int, data: str, extended: tuple[str, ...]) -> Frame:
        return Frame(
            id=token,
            sequence=number,
            receiver=self._receiver.number,
            line=self._receiver.line,
            account=self._receiver.account,
            data=data,
            extended=extended,
            timestamp=self._dialogue.timestamp(self._now()),
            encrypted=self._receiver.key is not None,
        )

    def _number(self, message: str, place: int) -> int:
        name = f"{message}\0{place}"
        last_name, last = self._last
        number = last if name == last_name else sequence_of(message, place, last)
        self._last = (name, number)
        return number

    def _tell(self, *, reachable: bool, sentence: str) -> None:
        if self._told is not reachable:
            self._told = reachable
            self._on_state(reachable, sentence)


class Dc09Channel:
    """A rung of the ladder that is this centre.

    Args:
        centre: sends.
        zones: device id → its zone.
        codes: of the installer: matter → event code.
    """

    places = (1, 2)
    """A premises unit waits for the answer before it sends the next; an emergency does not wait behind a silence."""

    def __init__(self, centre: Dc09Centre, zones: Mapping[str, Zone], codes: Mapping[str, str]) -> None:
        self._centre = centre
        self._zones = zones
        self._codes = codes

    async def send(self, delivery: Delivery, alert: Alert) -> str:
        """Report the alert; see `alerts.dispatch.Channel`. The receiver's ACK is the receipt."""
        events = events_of(alert, self._zones, self._codes)
        return await self._centre.report(delivery.id, events, since=alert.since)
