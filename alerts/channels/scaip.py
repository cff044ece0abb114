"""An alarm receiving centre by SCAIP (CLC/TS 50134-9): SIP MESSAGE out, the centre's own MESSAGE back.

Theory of operation
-------------------
A SIP 200 says that our message was delivered, and nothing more. What the centre made of it comes in a MESSAGE of its
own: an `mrs` with our reference and a status; 0 is the receipt, anything else a refusal with a name. `send` waits for
it `VERDICT_S`, usually a blink; after that the row stays "sent", the dispatcher's receipt time-out sends the same
reference again, and an `mrs` that comes late is taken whenever it comes. The reference is made of the delivery's id,
so it survives every retry and restart; an `mrs` whose reference nobody waits for is answered, counted and harmless.

No person is behind a receipt. The centre's operator rings back or sends somebody; that a person has taken the alert
is said elsewhere: by the station, the page, or the telephone.

`run` keeps the socket and sends a heartbeat (message type PI): at the start, and whenever the centre has accepted
nothing for `heartbeat_s`.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from collections import OrderedDict
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from alerts.channels.centre import scaip_xml
from alerts.channels.sip.agent import NoAnswer, SipAgent
from alerts.channels.sip.digest import DigestError
from alerts.channels.sip.transaction import T1_S
from alerts.channels.sip.wire import WireDown
from alerts.dispatch import SendFailed

if TYPE_CHECKING:
    from collections.abc import Callable

    from alerts.channels.centre.ignored import Ignored
    from alerts.channels.sip.agent import Identity
    from alerts.channels.sip.message import Response
    from alerts.channels.sip.wire import Peer
    from alerts.model import Alert, Delivery

VERDICT_S = 5.0
"""How long `send` waits for the centre's `mrs` after its 200. Source: our choice: below the receipt time-out."""

RETRY_S = 30.0
"""After a heartbeat without an answer. Source: our choice: a centre that restarts is noticed to be back."""

OPEN_S = 10.0
"""How long the first heartbeat waits for the socket. Source: our choice: as long as dialling may take."""

REFUSED_RETRY_S = 60.0
"""After a refusal that only people can mend."""

REMEMBERED = 1024
"""References whose delivery is known. Source: our choice: far more than are under way."""

_REFUSED_CODES = {
    401: ("unauthorized", "the centre refuses user or password"),
    403: ("forbidden", "the centre forbids it: does it know this home's account and address?"),
    404: ("unknown_centre", "there is nobody of that name: is `centre` right?"),
    407: ("unauthorized", "a proxy refuses user or password"),
    415: ("bad_format", f"the centre does not take {scaip_xml.MEDIA_TYPE}"),
}


class ScaipCentre:
    """One centre: sends it messages, hears its answers, and watches the way there.

    Args:
        peer: the centre's end.
        identity: who we are there.
        home: what every request says.
        heartbeat_s: the longest time without anything accepted, to half a minute.
        receipted: called with a delivery's id and receipt when its answer came late.
        on_state: called with (reachable, a sentence that says why) at each change.
        ignored: counts what was heard and thrown away.
        verdict_s: how long to wait for the `mrs`.
        t1_s: SIP's timer T1.
    """

    def __init__(  # noqa: PLR0913 - each is a different neighbour
        self,
        peer: Peer,
        identity: Identity,
        home: scaip_xml.Home,
        *,
        heartbeat_s: float,
        receipted: Callable[[str, str], None],
        on_state: Callable[[bool, str], None],
        ignored: Ignored,
        verdict_s: float = VERDICT_S,
        t1_s: float = T1_S,
    ) -> None:
        self.home = home
        self._agent = SipAgent(
            peer,
            identity,
            media_type=scaip_xml.MEDIA_TYPE,
            on_message=self._hear,
            on_lost=lambda sentence: self._tell(reachable=False, sentence=sentence),
            ignored=ignored,
            t1_s=t1_s,
        )
        self._ignored = ignored
        self._heartbeat_s = heartbeat_s
        self._receipted = receipted
        self._on_state = on_state
        self._verdict_s = verdict_s
        self._told: bool | None = None
        self._accepted_at = 0.0
        self._waiting: dict[str, asyncio.Future[scaip_xml.Answer]] = {}
        self._deliveries: OrderedDict[str, str] = OrderedDict()

    async def run(self) -> None:
        """Keep the socket and send heartbeats until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._agent.run())
            await self._beat()

    async def tell(self, body: bytes, reference: str, delivery_id: str = "") -> str:
        """Send a request and wait for what the centre makes of it.

        Args:
            body: of `scaip_xml`.
            reference: of the request.
            delivery_id: whose receipt a late answer is; "" for none.

        Returns:
            The receipt, or "" when the centre has it and did not yet say more.

        Raises:
            SendFailed: it was not delivered, or it was refused.
        """
        verdict: asyncio.Future[scaip_xml.Answer] = asyncio.get_running_loop().create_future()
        self._waiting[reference] = verdict
        self._remember(reference, delivery_id)
        try:
            answer = await self._answer(body, verdict)
        except SendFailed as failure:
            self._tell(reachable=False, sentence=failure.sentence)
            raise
        finally:
            if self._waiting.get(reference) is verdict:
                del self._waiting[reference]
        if answer is None:
            self._tell(reachable=False, sentence="the centre has the message and does not say what it makes of it")
            return ""
        return self._receipt(answer)

    async def probe(self) -> str:
        """Send a heartbeat, which tells nobody anything; see `alerts.probe.Probe`."""
        reference = secrets.token_hex(scaip_xml.REFERENCE_LETTERS // 2)
        return await self.tell(scaip_xml.heartbeat(self.home, reference), reference)

    async def _beat(self) -> None:
        clock = asyncio.get_running_loop().time
        with suppress(TimeoutError):  # a socket that does not open is told by the heartbeat that follows
            async with asyncio.timeout(OPEN_S):
                await self._agent.opened()
        while True:
            if not self._told or clock() - self._accepted_at >= self._heartbeat_s:
                with suppress(SendFailed):  # which `on_state` was told
                    await self.probe()
            await asyncio.sleep(min(RETRY_S, self._heartbeat_s))  # noqa: TID251 - a pause between I/O, no clock

    async def _answer(self, body: bytes, verdict: asyncio.Future[scaip_xml.Answer]) -> scaip_xml.Answer | None:
        """Ask; give the verdict, which may overtake the 200, or None when it does not come in time."""
        asking = asyncio.create_task(self._ask(body))
        either: set[asyncio.Future[Any]] = {asking, verdict}
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if not verdict.done():
                self._hear_within(asking.result())
                await asyncio.wait({verdict}, timeout=self._verdict_s)
        finally:
            if not asking.cancel():
                asking.exception()  # seen: the verdict is worth more
        return verdict.result() if verdict.done() else None

    async def _ask(self, body: bytes) -> Response:
        try:
            response = await self._agent.ask(body)
        except WireDown as error:
            raise SendFailed("link_down", str(error)) from error
        except NoAnswer as error:
            raise SendFailed("no_answer", str(error)) from error
        except DigestError as error:
            raise SendFailed("unauthorized", str(error), retry_s=REFUSED_RETRY_S) from error
        if not 200 <= response.code < 300:  # noqa: PLR2004 - SIP's own bounds of success
            raise _failure(response)
        return response

    def _receipt(self, answer: scaip_xml.Answer) -> str:
        if answer.status == 0:
            return self._accepted(answer)
        reason, sentence = answer.refusal
        self._tell(reachable=False, sentence=f"refuses: {reason}")  # its own words may name people, and this is logged
        raise SendFailed(reason, sentence, retry_s=None if answer.soon else REFUSED_RETRY_S)

    def _accepted(self, answer: scaip_xml.Answer) -> str:
        self._accepted_at = asyncio.get_running_loop().time()
        self._tell(reachable=True, sentence="accepts")
        return f"scaip mrs {answer.reference}"

    def _hear(self, body: bytes) -> tuple[int, str]:
        """Take a MESSAGE of the centre's; give the code and phrase of our answer."""
        try:
            answer = scaip_xml.answer(body)
        except scaip_xml.XmlError as error:
            self._ignored.add(error.reason)
            return 400, "Bad Request"
        verdict = self._waiting.get(answer.reference)
        if verdict is not None and not verdict.done():
            verdict.set_result(answer)
        else:
            self._hear_late(answer)
        return 200, "OK"

    def _hear_within(self, response: Response) -> None:
        """Take an `mrs` that a centre put into its 200, as some do."""
        if response.body.strip():
            self._hear(response.body)

    def _hear_late(self, answer: scaip_xml.Answer) -> None:
        delivery_id = self._deliveries.get(answer.reference)
        if delivery_id is None:
            self._ignored.add("unknown_reference")
        elif answer.status == 0:
            self._receipted(delivery_id, self._accepted(answer))
        else:
            self._ignored.add(f"late_{answer.refusal[0]}")  # sent again after the receipt time-out, and told then

    def _remember(self, reference: str, delivery_id: str) -> None:
        if delivery_id:
            self._deliveries[reference] = delivery_id
            self._deliveries.move_to_end(reference)
            if len(self._deliveries) > REMEMBERED:
                self._deliveries.popitem(last=False)

    def _tell(self, *, reachable: bool, sentence: str) -> None:
        if self._told is not reachable:
            self._told = reachable
            self._on_state(reachable, sentence)


class ScaipChannel:
    """A rung of the ladder that is this centre."""

    def __init__(self, centre: ScaipCentre) -> None:
        self._centre = centre

    async def send(self, delivery: Delivery, alert: Alert) -> str:
        """Tell the alert; see `alerts.dispatch.Channel`. The centre's `mrs` is the receipt."""
        reference = scaip_xml.reference_of(delivery.id)
        return await self._centre.tell(scaip_xml.request(alert, self._centre.home, reference), reference, delivery.id)


def _failure(response: Response) -> SendFailed:
    reason, sentence = _REFUSED_CODES.get(response.code, ("refused", "the centre refuses the message"))
    wait = re.match(r"[0-9]{1,4}", response.headers.first("retry-after"))
    if 500 <= response.code < 600:  # noqa: PLR2004 - SIP's server failures
        reason, sentence = "busy", "the centre cannot take it now"
    retry_s = min(float(wait[0]), REFUSED_RETRY_S) if wait else None
    if reason not in {"busy", "refused"}:
        retry_s = REFUSED_RETRY_S
    return SendFailed(reason, f"{sentence} (SIP {response.code})", retry_s=retry_s)
