"""How many bytes it takes to tell one emergency call by each channel, there and back.

What the channels themselves write, counted at the far end of a socket of this machine, without the headers of TCP, UDP
and IP. A text message is counted in messages, which is what it costs; a telephone call in what G.711 sends.

    python -m benchmarks.told_bytes
"""

from __future__ import annotations

import asyncio
import re
import secrets
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import aiohttp

from alerts.brief import BedInfo
from alerts.channels.briefs import Briefs
from alerts.channels.centre.dc09_frame import Framer
from alerts.channels.centre.ignored import Ignored
from alerts.channels.centre.scaip_xml import Home
from alerts.channels.dc09 import Dc09Centre, Dc09Channel, Receiver
from alerts.channels.scaip import ScaipCentre, ScaipChannel
from alerts.channels.sip.agent import Identity
from alerts.channels.sip.wire import Peer
from alerts.channels.texting.words import messages
from alerts.channels.webhook import WebhookChannel
from alerts.wire import AlertMessage, Receipt, Topics, seal
from benchmarks.centres import ACCOUNT, KEY, ZONES, Centre, alert, dc09_answers, delivery, scaip_answers

if TYPE_CHECKING:
    from collections.abc import Callable

    from alerts.model import Alert

ZONE = ZoneInfo("Asia/Shanghai")
BED = BedInfo(
    bed_code="NMG-HHHT-000417",
    resident="李秀兰",
    birth_year=1941,
    ability_level=1,
    illnesses=("高血压", "2019 年脑梗，左腿无力", "青霉素过敏"),
    address="呼和浩特市赛罕区幸福小区 3 号楼 2 单元 402",
    how_to_enter="钥匙在对门 401 王阿姨处；单元门密码问驿站值班员",
    phone="0471-5550417",
    rooms={"bedroom": "卧室"},
    devices={"button": "床头按钮"},
)
BRIEFS = Briefs(BED, ZONE)
RTP_S = 50 * (160 + 12)
"""Bytes a second one way. Source: RFC 3551 section 4.5.14, G.711: 160 in 20 ms, and RTP's header of 12."""

MQTT = 7
"""Bytes around topic and payload. Source: MQTT 3.1.1 sections 2.2 and 3.3: type, length in two, topic's length, id."""

CALL_S = 60
"""Of a call that is answered: the brief once, and 1."""


def pressed() -> Alert:
    """Give an emergency call from the bedroom."""
    return replace(alert(), evidence={"room": "bedroom"})


def station() -> tuple[int, int]:
    """Count what MQTT carries to the station, and the station's receipt."""
    topics, secret, told = Topics(prefix="shouwang-station/v1", home="hh-0417"), b"0" * 32, pressed()
    zh, en = BRIEFS.of(told)
    sent = AlertMessage(
        delivery_id=secrets.token_hex(16), sent_at=datetime.now(UTC), alert=told, bed=BED, brief_zh=zh, brief_en=en
    )
    back = Receipt(delivery_id=sent.delivery_id, alert_key=told.key, revision=1, stored_at=datetime.now(UTC))
    there = len(seal(sent, topics.alert, secret)) + len(topics.alert.encode())
    receipt = len(seal(back, topics.receipt, secret)) + len(topics.receipt.encode())
    return there + MQTT, receipt + MQTT


async def webhook() -> tuple[int, int]:
    """Count an HTTP request with its headers, and the shortest answer."""
    counted, answer = [], b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", head)
        counted.append(len(head) + int(length[1] if length else 0))
        await reader.readexactly(int(length[1] if length else 0))
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, aiohttp.ClientSession() as session:
        channel = WebhookChannel(session, f"http://127.0.0.1:{port}/shouwang", secrets.token_hex(16), BRIEFS)
        await channel.send(delivery("webhook"), pressed())
    return counted[0], len(answer)


class Counting:
    """Counts what an alarm centre hears and says."""

    def __init__(self, answers: Callable[[bytes], list[bytes]]) -> None:
        self.heard = self.said = 0
        self._answers = answers

    def __call__(self, raw: bytes) -> list[bytes]:
        """Answer one message."""
        answers = self._answers(raw)
        self.heard += len(raw)
        self.said += sum(map(len, answers))
        return answers


async def dc09(key: bytes | None) -> tuple[int, int]:
    """Count a SIA DC-09 message and its ACK."""
    counting = Counting(dc09_answers(key))
    centre = Centre("udp", counting, Framer)
    receiver = Receiver(host="127.0.0.1", port=centre.port, transport="udp", account=ACCOUNT, key=key)
    made = Dc09Centre(
        receiver, link_test_s=3600, now=lambda: datetime.now(UTC), on_state=lambda *_: None, ignored=Ignored()
    )
    await Dc09Channel(made, ZONES, {}).send(delivery("dc09"), pressed())
    return counting.heard, counting.said


async def scaip() -> tuple[int, int]:
    """Count a SCAIP request and our 200 to the centre's verdict; the centre's 200 and its verdict."""
    counting = Counting(scaip_answers)
    centre = Centre("udp", counting, bytes)
    home = Home(account=ACCOUNT, callback="", bed=BED, zones=ZONES, timezone=ZONE)
    made = ScaipCentre(
        Peer(host="127.0.0.1", port=centre.port, transport="udp"),
        Identity(centre="scaip", name=ACCOUNT),
        home,
        heartbeat_s=3600,
        receipted=lambda *_: None,
        on_state=lambda *_: None,
        ignored=Ignored(),
    )
    running = asyncio.create_task(made.run())
    await made._agent.opened()  # noqa: SLF001 - there is no other sign that the socket is open
    await made.probe()  # the first heartbeat is over
    counting.heard = counting.said = 0
    await ScaipChannel(made).send(delivery("scaip"), pressed())
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    return counting.heard, counting.said


async def main() -> None:
    """Print the table."""
    texts = messages(pressed(), BED, timezone=ZONE, most=3)
    rows = [
        ("station", station(), "message, receipt"),
        ("webhook", await webhook(), "request, answer; without TLS"),
        ("scaip", await scaip(), "UDP: MESSAGE and our 200; its 200 and mrs"),
        ("dc09", await dc09(None), "UDP, in clear: event, ACK"),
        ("dc09, AES-256", await dc09(KEY), "UDP: event, ACK"),
        ("call", (RTP_S * CALL_S, RTP_S * CALL_S), f"G.711, {CALL_S} s answered"),
    ]
    print(f"{'channel':<16}{'there':>10}{'back':>10}")
    for name, (there, back), what in rows:
        print(f"{name:<16}{there:>10,}{back:>10,}  {what}")
    print(f"{'sms':<16}{len(texts):>10}{'':>10}  messages at first, 1 each time it rings again")


if __name__ == "__main__":
    asyncio.run(main())
