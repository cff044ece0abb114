"""How long from the decision to tell an alarm centre until the first packet is there, and until the centre's receipt.

The channels of the gateway send to a centre in a thread of the same process, so that one clock measures both ends. The
first packet of a DC-09 message over TCP is the one that opens its connection; SCAIP keeps its connection open.

    python benchmarks/centres.py [--rounds 500]
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
import socket
import sys
import threading
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from alerts.brief import BedInfo
from alerts.channels.centre.codes import Zone
from alerts.channels.centre.dc09_frame import Frame, Framer, decode, encode
from alerts.channels.centre.ignored import Ignored
from alerts.channels.centre.scaip_xml import Home
from alerts.channels.dc09 import Dc09Centre, Dc09Channel, Receiver
from alerts.channels.scaip import ScaipCentre, ScaipChannel
from alerts.channels.sip.agent import Identity
from alerts.channels.sip.message import Request, StreamFramer, parse, write, write_response
from alerts.channels.sip.wire import Peer
from alerts.model import Alert, AlertKind, AlertState, Delivery, Severity

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

GOAL_MS = 50.0
"""p99 of decision to first packet. Source: issue 3, "Numbers to reach"."""

KEY = bytes(range(32))
ACCOUNT = "0417"
NOW = datetime.now(UTC)
ZONES = {"button": Zone(1, "sos", worn=False)}


class Centre:
    """A receiver in a thread: `first` is when the first packet of the message under way came."""

    def __init__(self, transport: str, answers: Callable[[bytes], list[bytes]], cut: Callable[[], object]) -> None:
        self.first = 0.0
        self._answers, self._cut = answers, cut
        kind = socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM
        self._socket = socket.socket(socket.AF_INET, kind)
        self._socket.bind(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        if kind is socket.SOCK_STREAM:
            self._socket.listen()
        threading.Thread(target=self._datagrams if transport == "udp" else self._connections, daemon=True).start()

    def _arrived(self) -> None:
        self.first = self.first or time.perf_counter()

    def _datagrams(self) -> None:
        while True:
            raw, address = self._socket.recvfrom(65535)
            self._arrived()
            for answer in self._answers(raw):
                self._socket.sendto(answer, address)

    def _connections(self) -> None:
        while True:
            connection, _ = self._socket.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._arrived()
            framer = self._cut()
            while raw := connection.recv(65535):
                self._arrived()
                for message in framer.feed(raw):
                    for answer in self._answers(message):
                        connection.sendall(answer)
            connection.close()


def dc09_answers(key: bytes | None) -> Callable[[bytes], list[bytes]]:
    """Acknowledge every message."""

    def answers(raw: bytes) -> list[bytes]:
        asked = decode(raw, key)
        stamp = datetime.now(UTC) if key else None
        ack = Frame(id="ACK", sequence=asked.sequence, account=ACCOUNT, timestamp=stamp, encrypted=key is not None)
        return [encode(ack, key, secrets.choice)]

    return answers


def scaip_answers(raw: bytes) -> list[bytes]:
    """Answer a request with 200 and with a MESSAGE that accepts it."""
    request = parse(raw)
    if not isinstance(request, Request):
        return []
    reference = request.body.partition(b"<ref>")[2].partition(b"</ref>")[0].decode()
    headers = [
        ("Via", f"SIP/2.0/UDP 127.0.0.1;rport;branch=z9hG4bK{secrets.token_hex(8)}"),
        ("From", "<sip:scaip@127.0.0.1>;tag=1"),
        ("To", request.headers.first("from")),
        ("Call-ID", secrets.token_hex(8)),
        ("CSeq", "1 MESSAGE"),
    ]
    verdict = f"<mrs><ref>{reference}</ref><snu>0</snu></mrs>".encode()
    return [write_response(request, 200, "OK", tag="2"), write("MESSAGE sip:home SIP/2.0", headers, verdict)]


def alert() -> Alert:
    """Give an emergency call of this moment."""
    return Alert(
        key="press",
        kind=AlertKind.EMERGENCY,
        severity=Severity.EMERGENCY,
        subject="button",
        state=AlertState.OPEN,
        since=NOW,
        opened_at=NOW,
        reason="pressed",
        device="button",
        last_at=NOW,
        updated_at=NOW,
        called_from=NOW,
    )


def delivery(channel: str) -> Delivery:
    """Give a telling of its own."""
    return Delivery(
        id=secrets.token_hex(16),
        alert_key="press",
        contact="centre",
        channel=channel,
        severity=Severity.EMERGENCY,
        revision=1,
        due_at=NOW,
    )


async def measure(
    centre: Centre, send: Callable[[Delivery, Alert], Awaitable[str]], channel: str, rounds: int
) -> tuple[list[float], list[float]]:
    """Give the milliseconds to the first packet and to the receipt, one for each round."""
    first, receipts, told = [], [], alert()
    for _ in range(rounds):
        row, centre.first = delivery(channel), 0.0
        began = time.perf_counter()
        receipt = await send(row, told)
        receipts.append(1000 * (time.perf_counter() - began))
        first.append(1000 * (centre.first - began))
        if not receipt:
            raise RuntimeError("the centre gave no receipt")
    return first, receipts


async def dc09(transport: str, key: bytes | None, rounds: int) -> tuple[list[float], list[float]]:
    """Measure SIA DC-09."""
    centre = Centre(transport, dc09_answers(key), Framer)
    receiver = Receiver(host="127.0.0.1", port=centre.port, transport=transport, account=ACCOUNT, key=key)
    made = Dc09Centre(
        receiver, link_test_s=3600, now=lambda: datetime.now(UTC), on_state=lambda *_: None, ignored=Ignored()
    )
    return await measure(centre, Dc09Channel(made, ZONES, {}).send, "dc09", rounds)


async def scaip(transport: str, rounds: int) -> tuple[list[float], list[float]]:
    """Measure SCAIP."""
    centre = Centre(transport, scaip_answers, StreamFramer)
    home = Home(
        account=ACCOUNT,
        callback="",
        bed=BedInfo(bed_code="B", resident="", devices={"button": "床头按钮"}),
        zones=ZONES,
        timezone=ZoneInfo("Asia/Shanghai"),
    )
    made = ScaipCentre(
        Peer(host="127.0.0.1", port=centre.port, transport=transport),
        Identity(centre="scaip", name=ACCOUNT),
        home,
        heartbeat_s=3600,
        receipted=lambda *_: None,
        on_state=lambda *_: None,
        ignored=Ignored(),
    )
    running = asyncio.create_task(made.run())
    await made._agent.opened()  # noqa: SLF001 - there is no other sign that the socket is open
    measured = await measure(centre, ScaipChannel(made).send, "scaip", rounds)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    return measured


def quantiles(values: list[float]) -> Iterator[float]:
    """Give p50, p99 and the longest."""
    ordered = sorted(values)
    for part in (0.5, 0.99):
        yield ordered[min(len(ordered) - 1, int(part * len(ordered)))]
    yield ordered[-1]


async def main(rounds: int) -> bool:
    """Print the table; True when every channel reaches its goal."""
    print(f"{'ms':<22}{'first packet':>30}{'receipt':>30}")
    print(f"{'channel':<22}" + "".join(f"{name:>10}" for name in ("p50", "p99", "max") * 2))
    reached = True
    ways: list[tuple[str, Callable[[], Awaitable[tuple[list[float], list[float]]]]]] = [
        ("dc09 tcp", lambda: dc09("tcp", None, rounds)),
        ("dc09 tcp, AES-256", lambda: dc09("tcp", KEY, rounds)),
        ("dc09 udp", lambda: dc09("udp", None, rounds)),
        ("scaip udp", lambda: scaip("udp", rounds)),
        ("scaip tcp", lambda: scaip("tcp", rounds)),
    ]
    for name, measured in ways:
        first, receipts = await measured()
        figures = [*quantiles(first), *quantiles(receipts)]
        reached &= figures[1] <= GOAL_MS
        print(f"{name:<22}" + "".join(f"{figure:>10.2f}" for figure in figures))
    goal = f"goal: p99 of the first packet at most {GOAL_MS:.0f} ms"
    print(f"{rounds} rounds each; {goal}: {'reached' if reached else 'MISSED'}")
    return reached


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=500)
    sys.exit(not asyncio.run(main(parser.parse_args().rounds)))
