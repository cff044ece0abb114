"""A real sipp that answers the telephone as an operator would, on free ports of 127.0.0.1, and an ear that hears it.

sipp speaks SIP by a scenario made here; what is said to it goes to `Ear`, a UDP socket of the test's, so that the
test can look at every voice packet.
"""

from __future__ import annotations

import asyncio
import re
import socket
import struct
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

START_S = 10.0
DTMF = Path("/usr/share/sip-tester")

_HEAD = """[last_Via:]
[last_From:]
[last_To:]{tag}
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:operator@[local_ip]:[local_port];transport=[transport]>
"""
_EMPTY = _HEAD + "Content-Length: 0\n\n"
_SDP = (
    _HEAD
    + """Content-Type: application/sdp
Content-Length: [len]

v=0
o=operator 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [local_ip]
t=0 0
m=audio {media} RTP/AVP 8 101
a=rtpmap:8 PCMA/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-15
"""
)
_USED = '<Reference variables="1,2,3,4"/>'
"""sipp ends at once when a scenario remembers what it does not use."""

_CALL = re.compile(r"^Call-ID: (\S+)", re.MULTILINE | re.IGNORECASE)
_REQUEST = re.compile(r"^([A-Z]+) sip:", re.MULTILINE)
_TAG = ";tag=[call_number]"


def invited() -> str:
    """Wait for a call, and remember who called from where."""
    return """<recv request="INVITE" rrs="true"><action>
<ereg regexp="(.*)" search_in="hdr" header="From:" assign_to="1,2"/>
<ereg regexp="sip:([^>]*)" search_in="hdr" header="Contact:" assign_to="3,4"/>
</action></recv>"""


def say(status: str) -> str:
    """Give a provisional or final answer without a body; an error waits for its ACK."""
    sent = f'<send retrans="500"><![CDATA[\nSIP/2.0 {status}\n{_EMPTY.format(tag=_TAG)}]]></send>'
    if status[0] == "1":
        return sent.replace(' retrans="500"', "")
    return sent + '<recv request="ACK"/>'


def answer(media: int) -> str:
    """Take the call; the voice is to go to this port."""
    return (
        f'<send retrans="500"><![CDATA[\nSIP/2.0 200 OK\n{_SDP.format(tag=_TAG, media=media)}]]></send>'
        '<recv request="ACK"/>'
    )


def wait(length_s: float) -> str:
    """Do nothing for a while."""
    return f'<pause milliseconds="{round(length_s * 1000)}"/>'


def press(digit: str) -> str:
    """Press a key, told as RFC 4733 says."""
    return f'<nop><action><exec play_pcap_audio="{DTMF}/dtmf_2833_{digit}.pcap"/></action></nop>'


def press_by_info(digit: str) -> str:
    """Press a key, told by SIP INFO."""
    return f"""<send retrans="500"><![CDATA[
INFO [$3] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:operator@[local_ip]:[local_port]>{_TAG}
To:[$2]
Call-ID: [call_id]
CSeq: 7 INFO
Max-Forwards: 70
Content-Type: application/dtmf-relay
Content-Length: [len]

Signal={digit}
Duration=160
]]></send><recv response="200"/>"""


def hang_up(*, routed: bool = False) -> str:
    """End the call from this side; `routed` by the proxies that brought it."""
    routes = "[routes]\n" if routed else ""
    return f"""<send retrans="500"><![CDATA[
BYE [$3] SIP/2.0
{routes}Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:operator@[local_ip]:[local_port]>{_TAG}
To:[$2]
Call-ID: [call_id]
CSeq: 9 BYE
Max-Forwards: 70
Content-Length: 0

]]></send><recv response="200"/>"""


def until(request: str) -> str:
    """Wait for BYE or CANCEL, and confirm it."""
    confirmed = _EMPTY.format(tag="" if request == "BYE" else _TAG)
    return f'<recv request="{request}"/><send><![CDATA[\nSIP/2.0 200 OK\n{confirmed}]]></send>'


def scenario_of(steps: Iterable[str]) -> str:
    """Give sipp's file for these steps."""
    return f'<?xml version="1.0"?>\n<scenario name="operator">{"".join((*steps, _USED))}</scenario>\n'


@dataclass(slots=True)
class Operator:
    """A sipp that runs one scenario for each call."""

    folder: Path
    steps: tuple[str, ...]
    transport: str = "u1"
    port: int = 0
    process: subprocess.Popen[bytes] | None = field(default=None)

    def start(self) -> None:
        self.port = self.port or free_port()
        name = f"sipp-{self.port}"
        scenario = self.folder / f"{name}.xml"
        scenario.write_text(scenario_of(self.steps), encoding="utf-8")
        with (self.folder / f"{name}.out").open("wb") as out:
            self.process = subprocess.Popen(
                [
                    *("sipp", "-sf", str(scenario), "-i", "127.0.0.1", "-p", str(self.port), "-mp", str(free_port())),
                    *("-nostdin", "-t", self.transport, "-aa", "-trace_msg", "-message_file", str(self.log)),
                ],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                cwd=self.folder,
            )
        give_up = time.monotonic() + START_S
        while is_free(self.port):
            assert self.process.poll() is None, (self.folder / f"{name}.out").read_text(encoding="utf-8")
            assert time.monotonic() < give_up, "sipp does not listen"
            time.sleep(0.01)

    @property
    def log(self) -> Path:
        return self.folder / f"sipp-{self.port}.log"

    def requests(self) -> list[str]:
        """The requests it received, by method, without repetitions."""
        text = self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""
        messages = [part for part in text.split("-" * 47) if "received" in part]
        found = [(_CALL.search(message), _REQUEST.search(message)) for message in messages]
        once = dict.fromkeys((call[1], request[1]) for call, request in found if call and request)
        return [request for _, request in once]

    async def has_received(self, method: str, *, times: int = 1) -> None:
        """Wait for a request."""
        async with asyncio.timeout(START_S):
            while self.requests().count(method) < times:  # noqa: ASYNC110 - another process's log tells nobody
                await asyncio.sleep(0.01)

    def kill(self) -> None:
        """End it as a power cut would."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()


@contextmanager
def operators(folder: Path) -> Iterator[list[Operator]]:
    """A list for the operators of one test; they are ended with it."""
    started: list[Operator] = []
    try:
        yield started
    finally:
        for operator in started:
            if operator.process is not None:
                operator.kill()


def free_port() -> int:
    """A UDP and TCP port that nobody has."""
    while True:
        with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            tcp.bind(("127.0.0.1", 0))
            try:
                udp.bind(tcp.getsockname())
            except OSError:
                continue
            return int(tcp.getsockname()[1])


def is_free(port: int) -> bool:
    """Whether nobody listens on a UDP or TCP port: looked up, since to try it would take it from whom one waits for."""
    taken = {
        (table, fields[1].rpartition(":")[2])
        for table, listens in (("tcp", "0A"), ("udp", "07"))
        for line in Path(f"/proc/net/{table}").read_text("ascii").splitlines()[1:]
        if (fields := line.split())[3] == listens
    }
    return not taken & {("tcp", f"{port:04X}"), ("udp", f"{port:04X}")}


class Ear(asyncio.DatagramProtocol):
    """Where the operator hears: collects the voice, and presses keys; says nothing, as with silence suppression."""

    def __init__(self) -> None:
        self.frames: dict[int, bytes] = {}
        self.peer: tuple[str, int] | None = None
        self.arrived = asyncio.Event()
        self._sent, self._spoken = 0, 0
        self._transport: asyncio.DatagramTransport | None = None

    @property
    def port(self) -> int:
        assert self._transport is not None
        return int(self._transport.get_extra_info("sockname")[1])

    async def open(self) -> Ear:
        await asyncio.get_running_loop().create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", 0))
        return self

    def close(self) -> None:
        assert self._transport is not None
        self._transport.close()

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        sequence, payload_type = struct.unpack_from("!xBH", data)[1], data[1] & 0x7F
        if payload_type == 8:
            self.frames[sequence] = data[12:]
            self.peer = addr
            self.arrived.set()

    def press(self, digit: str, *, packets: int = 6) -> None:
        """Press a key as RFC 4733 says: packets of one event, the last three of them its end."""
        self._spoken += 1600
        for number in range(packets):
            ends = number >= packets - 3
            event = struct.pack("!BBH", int(digit), (0x80 if ends else 0) | 10, 160 * min(number + 1, packets - 2))
            self._send(event, payload_type=101, marker=number == 0)

    def speak(self) -> None:
        """Send one packet of voice."""
        self._spoken += 160
        self._send(b"\xd5" * 160, payload_type=8, marker=False)

    def _send(self, payload: bytes, *, payload_type: int, marker: bool) -> None:
        assert self.peer is not None, "nothing was heard yet"
        assert self._transport is not None
        self._sent += 1
        head = struct.pack("!BBHII", 0x80, (0x80 if marker else 0) | payload_type, self._sent, self._spoken, 7)
        self._transport.sendto(head + payload, self.peer)

    def heard_s(self) -> float:
        """How much voice arrived, in seconds."""
        return len(self.frames) * 0.02

    async def has_heard(self, length_s: float) -> None:
        """Wait until that much voice has arrived."""
        while self.heard_s() < length_s:
            self.arrived.clear()
            async with asyncio.timeout(START_S):
                await self.arrived.wait()

    def heard(self) -> np.ndarray:
        """The voice that arrived, as samples from -1 to 1."""
        data = b"".join(payload for _, payload in sorted(self.frames.items()))
        return _A_LAW[np.frombuffer(data, dtype=np.uint8)]


def _a_law() -> np.ndarray:
    """Source: ITU-T G.711, table 1a."""
    code = np.arange(256) ^ 0x55
    exponent, mantissa = (code & 0x70) >> 4, code & 0x0F
    size = np.where(exponent == 0, (mantissa << 4) + 8, ((mantissa << 4) + 0x108) << np.maximum(exponent - 1, 0))
    return (np.where(code & 0x80, size, -size) / 32_768).astype(np.float32)


_A_LAW = _a_law()
