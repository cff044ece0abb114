"""A SIP user agent of the size that MESSAGE needs (RFC 3261, RFC 3428): asks the centre, and answers it.

Theory of operation
-------------------
`ask` sends a MESSAGE and returns the final answer. Over UDP it is sent again as timer E says; a centre that says
nothing at all is given up after timer F, on a connection after `STREAM_GIVE_UP_S`, when the connection is dropped
too: it may be half-open, and the next try shall have a fresh one. A challenge (401, 407) is answered once with
credentials, and once more when the centre calls the nonce stale.

What the centre asks of us is answered at once: MESSAGE with what `on_message` says of its body, OPTIONS with 200,
anything else with 405. A request that comes again gets the same answer and is not handed on again.

The transactions are pure (`transaction`), as are the messages (`message`); the socket is a `wire`.
"""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from alerts.channels.sip.digest import (
    PROXY_AUTHENTICATION,
    UNAUTHORIZED,
    challenge_of,
    credentials,
)
from alerts.channels.sip.message import BRANCH_COOKIE, Request, Response, SipError, parse, write, write_response
from alerts.channels.sip.stream import StreamWire
from alerts.channels.sip.transaction import GIVE_UP_T1, T1_S, Answered, ClientTransaction, Wake
from alerts.channels.sip.udp import UdpWire

if TYPE_CHECKING:
    from collections.abc import Callable

    from alerts.channels.centre.ignored import Ignored
    from alerts.channels.sip.wire import Back, Peer, Wire

STREAM_GIVE_UP_S = 8.0
"""How long a connection without an answer is believed in. Source: our choice, a quarter of timer F: TCP repeats by
itself, and a half-open connection is better replaced than waited for."""

TRIES = 3
"""A request, the same with credentials, and once more with a fresh nonce."""

DEFAULT_PORT = 5060
"""Source: RFC 3261, 19.1.2."""

ALLOWED = ("Allow", "MESSAGE, OPTIONS")


class NoAnswer(Exception):
    """The centre did not answer; the sentence says how long it was waited for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who we are, and whom we ask.

    Args:
        centre: SIP name of the centre.
        name: ours at our own address, when `address` is not set.
        address: our SIP address, name@host; "" for the socket's.
        user: for authentication.
        password: for authentication; "" when the centre asks for none.
    """

    centre: str
    name: str
    address: str = ""
    user: str = ""
    password: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asking:
    """One MESSAGE of ours, over all its tries.

    Args:
        call_id, tag: of this MESSAGE alone.
        number: of the try; its CSeq.
        proof: the header with credentials; none at first.
        body: what is told.
    """

    call_id: str
    tag: str
    number: int = 1
    proof: tuple[tuple[str, str], ...] = ()
    body: bytes


class SipAgent:
    """The user agent.

    Args:
        peer: the centre's end.
        identity: who we are there.
        media_type: of every body.
        on_message: called with the body of each new MESSAGE of the centre's; gives the answer's code and phrase.
        on_lost: called with a sentence when a connection is lost or cannot be made.
        ignored: counts what was heard and thrown away.
        t1_s: timer T1.
    """

    def __init__(  # noqa: PLR0913 - each is a different neighbour
        self,
        peer: Peer,
        identity: Identity,
        *,
        media_type: str,
        on_message: Callable[[bytes], tuple[int, str]],
        on_lost: Callable[[str], None],
        ignored: Ignored,
        t1_s: float = T1_S,
    ) -> None:
        self._ignored = ignored
        self._peer = peer
        self._identity = identity
        self._media_type = media_type
        self._on_message = on_message
        self._t1_s = t1_s
        self._wire: Wire = (
            UdpWire(peer, self._hear, ignored)
            if peer.transport == "udp"
            else StreamWire(peer, self._hear, on_lost, ignored)
        )
        self._pending: dict[str, tuple[ClientTransaction, asyncio.Future[Response]]] = {}
        self._answered = Answered(GIVE_UP_T1 * t1_s)

    async def run(self) -> None:
        """Keep the socket open until cancelled."""
        await self._wire.run()

    async def opened(self) -> None:
        """Wait until the socket was open once."""
        await self._wire.opened.wait()

    async def ask(self, body: bytes) -> Response:
        """Send a MESSAGE.

        Returns:
            The final answer, whatever its code.

        Raises:
            WireDown: there is no way to the centre.
            NoAnswer: the centre did not answer in time.
            DigestError: it asks for an authentication that we cannot give.
        """
        asking = _Asking(call_id=f"{secrets.token_hex(12)}@{self._wire.local[0]}", tag=secrets.token_hex(6), body=body)
        response = await self._transact(asking)
        while self._may_prove(response, asking):
            asking = replace(asking, number=asking.number + 1, proof=(self._prove(response),))
            response = await self._transact(asking)
        return response

    # What we ask

    def _may_prove(self, response: Response, asking: _Asking) -> bool:
        """Say whether credentials may help: a second challenge means that they were wrong, unless it says stale."""
        if response.code not in {UNAUTHORIZED, PROXY_AUTHENTICATION} or not self._identity.password:
            return False
        told = " ".join(response.headers.every("www-authenticate") + response.headers.every("proxy-authenticate"))
        stale = "stale=true" in told.lower().replace('"', "")
        return not asking.proof or (stale and asking.number < TRIES)

    def _prove(self, response: Response) -> tuple[str, str]:
        return credentials(
            challenge_of(response),
            user=self._identity.user,
            password=self._identity.password,
            method="MESSAGE",
            uri=self._target(),
            cnonce=secrets.token_hex(8),
        )

    async def _transact(self, asking: _Asking) -> Response:
        loop = asyncio.get_running_loop()
        branch = BRANCH_COOKIE + secrets.token_hex(10)
        raw = self._request(branch, asking)
        give_up_s = STREAM_GIVE_UP_S if self._wire.reliable else GIVE_UP_T1 * self._t1_s
        transaction = ClientTransaction(
            now_s=loop.time(), reliable=self._wire.reliable, give_up_s=give_up_s, t1_s=self._t1_s
        )
        answer: asyncio.Future[Response] = loop.create_future()
        self._pending[branch] = transaction, answer
        try:
            self._wire.send(raw)
            while not await _is_done(answer, transaction.next_s):
                due = transaction.wake(loop.time())
                if due is Wake.SEND_AGAIN:
                    self._wire.send(raw)
                elif due is Wake.GIVE_UP:
                    raise self._no_answer(give_up_s)
            return answer.result()
        finally:
            del self._pending[branch]

    def _no_answer(self, give_up_s: float) -> NoAnswer:
        sentence = f"the centre did not answer within {give_up_s:g} s: is it running, are host and port right?"
        self._wire.drop(sentence)
        return NoAnswer(sentence)

    def _target(self) -> str:
        host = f"[{self._peer.host}]" if ":" in self._peer.host else self._peer.host
        return f"sip:{self._identity.centre}@{host}:{self._peer.port}"

    def _request(self, branch: str, asking: _Asking) -> bytes:
        host, port = self._wire.local
        here = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        address = self._identity.address or f"{self._identity.name}@{here}"
        headers = [
            ("Via", f"SIP/2.0/{self._peer.transport.upper()} {here};rport;branch={branch}"),
            ("Max-Forwards", "70"),
            ("From", f"<sip:{address}>;tag={asking.tag}"),
            ("To", f"<{self._target()}>"),
            ("Call-ID", asking.call_id),
            ("CSeq", f"{asking.number} MESSAGE"),
            *asking.proof,
            ("Content-Type", self._media_type),
        ]
        return write(f"MESSAGE {self._target()} SIP/2.0", headers, asking.body)

    # What we hear

    def _hear(self, raw: bytes, back: Back) -> None:
        if not raw.strip():
            return  # a keep-alive
        try:
            message = parse(raw)
        except SipError as error:
            self._ignored.add(error.reason)
            return
        if isinstance(message, Response):
            self._hear_response(message)
        elif message.method != "ACK":  # which ends what we refused, and is never answered
            self._hear_request(message, back)

    def _hear_response(self, response: Response) -> None:
        transaction, answer = self._pending.get(response.headers.branch, (None, None))
        if transaction is None or answer is None or answer.done() or response.headers.cseq[1] != "MESSAGE":
            self._ignored.add("stray_response")
        elif transaction.hear(response.code):
            answer.set_result(response)

    def _hear_request(self, request: Request, back: Back) -> None:
        now_s = asyncio.get_running_loop().time()
        answer = self._answered.again(request, now_s)
        if answer is None:
            answer = self._answer(request)
            self._answered.remember(request, answer, now_s)
        back(answer, _port_of(request))

    def _answer(self, request: Request) -> bytes:
        tag = secrets.token_hex(6)
        if request.method == "MESSAGE":
            code, phrase = self._on_message(request.body)
            return write_response(request, code, phrase, tag=tag)
        if request.method == "OPTIONS":
            return write_response(request, 200, "OK", tag=tag, headers=[ALLOWED])
        self._ignored.add("other_method")
        return write_response(request, 405, "Method Not Allowed", tag=tag, headers=[ALLOWED])


def _port_of(request: Request) -> int | None:
    """Say where an answer goes: the port it came from when the Via asks for it (RFC 3581), else the Via's own."""
    if "rport" in request.headers.first("via").lower():
        return None
    _, _, port = request.headers.sent_by.rpartition(":")
    return int(port) if port.isdecimal() and 0 < int(port) < 1 << 16 else DEFAULT_PORT


async def _is_done(answer: asyncio.Future[Response], until_s: float) -> bool:
    wait_s = until_s - asyncio.get_running_loop().time()
    done, _ = await asyncio.wait({answer}, timeout=max(0.0, wait_s))
    return bool(done)
