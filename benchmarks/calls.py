"""How long from the decision to call somebody until the first SIP packet leaves, and until their telephone stops.

A channel of the gateway is handed an alert, as the dispatcher does; baresip is the real one, supervised as in a home,
and the carrier is a UDP socket of this process, so that one clock measures both ends. Every other call is answered
and then taken elsewhere: what is measured there is from the cancellation to the BYE.

    python -m benchmarks.calls [--calls 30]
"""

from __future__ import annotations

import argparse
import asyncio
import re
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from alerts.brief import BedInfo
from alerts.channels.hotline_call import CallChannel, Callee
from alerts.channels.telephone.call_words import Caller
from alerts.channels.telephone.carrier import Telephone
from alerts.channels.telephone.trunk import Trunk
from alerts.dispatch import SendFailed
from alerts.model import Alert, AlertKind, AlertState, Delivery, Severity

GOAL_MS = 50.0
"""p99 of decision to first packet. Source: issue 3, "Numbers to reach"."""

STOP_GOAL_MS = 500.0
"""From being taken elsewhere to hanging up. Source: issue 3: the others stop within a second, half of it for this."""

BED = BedInfo(bed_code="B-1", resident="李秀兰", address="幸福小区 3 号楼 2 单元 402", how_to_enter="对门有钥匙")
HEADERS = ("Via", "From", "To", "Call-ID", "CSeq")
SDP = "v=0\r\no=c 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 8\r\n"


class Carrier(asyncio.DatagramProtocol):
    """Answers or is busy, and notes when each first packet came."""

    def __init__(self) -> None:
        self.at: dict[str, float] = {}
        self.came = asyncio.Event()
        self.answers = False
        self.port = 0
        self._transport: asyncio.DatagramTransport | None = None

    async def open(self) -> Carrier:
        """Listen on a port that the system chooses."""
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", 0))
        self.port = self._transport.get_extra_info("sockname")[1]
        return self

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Take one SIP message."""
        now, text = time.perf_counter(), data.decode("utf-8", "replace")
        method = text.split(" ", 1)[0]
        self.at.setdefault(method, now)
        self.came.set()
        if method == "INVITE":
            self._reply(text, "200 OK" if self.answers else "486 Busy Here", addr)
        elif method in {"BYE", "CANCEL"}:
            self._reply(text, "200 OK", addr)

    def _reply(self, request: str, status: str, addr: tuple[str, int]) -> None:
        kept = [line for line in request.split("\r\n") if line.split(":", 1)[0] in HEADERS]
        lines = [re.sub(r"^(To: .*>)$", r"\1;tag=c", line) for line in kept]
        body = SDP if status == "200 OK" and request.startswith("INVITE") else ""
        head = [f"SIP/2.0 {status}", *lines, f"Contact: <sip:c@127.0.0.1:{self.port}>"]
        head += ["Content-Type: application/sdp"] if body else []
        if self._transport is not None:
            self._transport.sendto("\r\n".join([*head, f"Content-Length: {len(body)}", "", body]).encode(), addr)

    async def has(self, method: str) -> float:
        """Wait for a request; give when it came."""
        async with asyncio.timeout(10):
            while method not in self.at:
                self.came.clear()
                await self.came.wait()
        return self.at[method]


def alert_and_delivery(number: int) -> tuple[Alert, Delivery]:
    """Give an emergency of which nothing is rendered yet."""
    now = datetime.now(UTC)
    alert = Alert(
        key=f"k{number}",
        kind=AlertKind.EMERGENCY,
        severity=Severity.EMERGENCY,
        subject="button",
        state=AlertState.OPEN,
        since=now,
        opened_at=now,
        reason="pressed",
        last_at=now,
        updated_at=now,
        called_from=now,
        count=number + 1,
    )
    delivery = Delivery(
        id=f"{number:032x}",
        alert_key=alert.key,
        contact="hotline",
        channel="call",
        severity=alert.severity,
        revision=1,
        due_at=now,
    )
    return alert, delivery


async def one(channel: CallChannel, carrier: Carrier, number: int) -> tuple[float, float | None]:
    """Call once; give the seconds to the first packet, and to the BYE where it was answered."""
    carrier.at.clear()
    carrier.answers = number % 2 == 1
    alert, delivery = alert_and_delivery(number)
    began = time.perf_counter()
    calling = asyncio.create_task(channel.send(delivery, alert))
    first_s, stopped_s = await carrier.has("INVITE") - began, None
    if carrier.answers:
        await carrier.has("ACK")
        await asyncio.sleep(0.3)
        cancelled = time.perf_counter()
        calling.cancel()
        stopped_s = await carrier.has("BYE") - cancelled
    with suppress(SendFailed, asyncio.CancelledError):
        await calling
    await asyncio.sleep(0.1)
    return first_s, stopped_s


async def measure(calls: int) -> tuple[list[float], list[float]]:
    """Call so often; give the milliseconds to the first packets and to the ends."""
    carrier = await Carrier().open()
    trunk = Trunk(name="bench", host="127.0.0.1", port=carrier.port, username="home", registers=False)
    telephone = Telephone([trunk], troubled=lambda _: None)

    async def taken(_delivery: Delivery, by: str) -> str:
        return by

    channel = CallChannel(
        telephone,
        Callee(name="hotline", number="test-hotline"),
        caller=Caller(bed=BED, timezone=ZoneInfo("Asia/Shanghai")),
        taken=taken,
        production=False,
    )
    running = asyncio.create_task(telephone.run())
    await asyncio.sleep(1.0)
    found = [await one(channel, carrier, number) for number in range(calls)]
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    return [1000 * first for first, _ in found], [1000 * stopped for _, stopped in found if stopped is not None]


def row(name: str, found: list[float], goal_ms: float) -> str:
    """Give one line of the table."""
    found = sorted(found)
    p50, p99 = found[len(found) // 2], found[min(len(found) - 1, round(len(found) * 0.99))]
    return f"{name:<34}{len(found):>6}{p50:>9.1f}{p99:>9.1f}{found[-1]:>9.1f}{goal_ms:>9.0f}  {verdict(p99, goal_ms)}"


def verdict(p99: float, goal_ms: float) -> str:
    """Say whether a goal was reached."""
    return "reached" if p99 <= goal_ms else "MISSED"


def main() -> int:
    """Measure, print, and fail where a goal was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=30)
    first, stopped = asyncio.run(measure(parser.parse_args().calls))
    print(f"{'ms':<34}{'calls':>6}{'p50':>9}{'p99':>9}{'max':>9}{'goal':>9}")
    lines = [row("decision to first SIP packet", first, GOAL_MS), row("taken elsewhere to BYE", stopped, STOP_GOAL_MS)]
    print("\n".join(lines))
    return int(any("MISSED" in line for line in lines))


if __name__ == "__main__":
    sys.exit(main())
