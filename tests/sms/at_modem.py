"""A modem that ModemManager can drive: AT commands of 3GPP TS 27.005 and 27.007 over a socket, faults included.

No modem can be had in a test; everything above it, ModemManager and the bus, is the real thing.
"""

from __future__ import annotations

import asyncio
import re
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING

from tests.sms.patience import until
from tests.sms.pdu import Submitted, deliver, octets_of, read_submit, status_report

if TYPE_CHECKING:
    from collections.abc import Callable

END = re.compile(rb"[\r\n]")
FIXED = {
    "AT": "",
    "ATE0": "",
    "ATV1": "",
    "ATX4": "",
    "ATZ": "",
    "ATH": "",
    "AT&C1": "",
    "AT+CMEE=1": "",
    "AT+GCAP": "+GCAP: +CGSM",
    "AT+WS46=?": "+WS46: (12,22)",
    "AT+CGMI": "Nobody",
    "AT+CGMM": "Test",
    "AT+CGMR": "1",
    "AT+CGDCONT=?": '+CGDCONT: (1-11),"IP",,,(0-2),(0-3)',
    "AT+CIMI": "999990000000001",
    "AT+CRSM=176,12258,0,0,10": '+CRSM: 144,0,"98999000000000000010"',
    "AT+CLCK=?": '+CLCK: ("SC")',
    'AT+CLCK="SC",2': "+CLCK: 0",
    "AT+CFUN?": "+CFUN: 1",
    "AT+CFUN=1": "",
    "AT+CSCS=?": '+CSCS: ("IRA","UCS2","GSM")',
    'AT+CSCS="UCS2"': "",
    "AT+CSCS?": '+CSCS: "UCS2"',
    "AT+CREG=2": "",
    "AT+CGREG=2": "",
    "AT+CREG=0": "",
    "AT+CGREG=0": "",
    "AT+COPS=3,2": "",
    "AT+COPS=3,0": "",
    "AT+COPS?": '+COPS: 0,2,"99999",2',
    "AT+CMGF=?": "+CMGF: (0,1)",
    "AT+CMGF=0": "",
    "AT+CSQ": "+CSQ: 17,99",
    "AT+CNMI=?": "+CNMI: (0-2),(0-3),(0,2),(0-2),(0,1)",
    "AT+CPMS=?": '+CPMS: ("ME"),("ME"),("ME")',
    "AT+CPMS?": '+CPMS: "ME",0,9,"ME",0,9,"ME",0,9',
}
"""What every modem answers the same way, before its OK."""

NO_SIM, LOCKED, READY = "+CME ERROR: 10", "+CPIN: SIM PIN", "+CPIN: READY"


@dataclass(slots=True)
class AtModem:
    """The modem.

    Attributes:
        sent: what the network took, with the reference that it gave.
        faults: the error with which each of the next messages is refused ("331" is no network); "" never answers, None
            takes it.
        store: what has come in and was not deleted, by index.
        full: whether the store is full: sending is refused, too, as real modems do.
    """

    name: str
    imei: str
    sim: str = READY
    registered: bool = True
    full: bool = False
    sent: list[tuple[int, Submitted]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    faults: deque[str | None] = field(default_factory=deque)
    store: dict[int, str] = field(default_factory=dict)
    on_sent: Callable[[int, Submitted], None] = lambda _reference, _message: None
    _reference: count[int] = field(default_factory=lambda: count(7))
    _index: count[int] = field(default_factory=lambda: count(1))
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)
    _server: asyncio.Server | None = None

    @property
    def port(self) -> str:
        """As ModemManager is to be told of it: an abstract socket, which leaves no file."""
        return f"abstract:{self.name}"

    async def plug_in(self) -> None:
        self._server = await asyncio.start_unix_server(self._serve, path=f"\0{self.port}")

    async def unplug(self) -> None:
        if self._server is not None:
            self._server.close()
            for writer in self._writers:
                writer.close()
            await until(lambda: not self._writers)

    # What the network does

    def hear(self, number: str, text: str, at: datetime | None = None, part: tuple[int, int, int] | None = None) -> int:
        """A message comes in and is stored."""
        index = next(self._index)
        self.store[index] = deliver(number, text, at or datetime.now(UTC), part)
        self._say(f'+CMTI: "ME",{index}')
        return index

    def report(self, number: str, reference: int, state: int = 0, at: datetime | None = None) -> None:
        """The network tells what became of a message; 0 is: the telephone has it."""
        now = at or datetime.now(UTC)
        pdu = status_report(number, reference, state, now - timedelta(seconds=2), now)
        self._say(f"+CDS: {octets_of(pdu)}\r\n{pdu}")

    def find_network(self, *, found: bool) -> None:
        self.registered = found
        self._say(self._registration("+CREG: "))
        self._say(self._registration("+CGREG: "))

    # What ModemManager asks

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            await self._talk(reader, writer)
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        waiting, wants_text = b"", False
        while received := await reader.read(4096):
            waiting += received
            while True:
                if wants_text:
                    text, end, rest = waiting.partition(b"\x1a")
                else:
                    text, end, rest = END.sub(b"\n", waiting, count=1).partition(b"\n")
                if not end:
                    break
                waiting = rest
                if wants_text:
                    answer, wants_text = self._take(text.decode()), False
                else:
                    answer, wants_text = self._answer(text.decode()), text.startswith(b"AT+CMGS=")
                writer.write(answer.encode())

    def _answer(self, command: str) -> str:
        if not command:
            return ""
        self.asked.append(command)
        if command.startswith("AT+CMGS="):
            return "\r\n> "
        found = FIXED.get(command)
        if found is None:
            found = self._changing(command)
        if found is None or "ERROR" in found:
            return f"\r\n{found or 'ERROR'}\r\n"
        return f"\r\n{found}\r\n\r\nOK\r\n" if found else "\r\nOK\r\n"

    def _changing(self, command: str) -> str | None:
        """The answer of a command that depends on how things stand; None for one that this modem does not know."""
        stored = len(self.store)
        standing = {
            "AT+CPIN?": self.sim,
            "AT+CGSN": self.imei,
            "AT+CREG?": self._registration("+CREG: 2,"),
            "AT+CGREG?": self._registration("+CGREG: 2,"),
            "AT+CNMI": "",
            "AT+CPMS": f"+CPMS: {stored},9,{stored},9,{stored},9",
            "AT+CMGL": "\r\n".join(f"+CMGL: {n},1,,{octets_of(p)}\r\n{p}" for n, p in self.store.items()),
        }
        name, _, argument = command.partition("=")
        found = standing.get(command, standing.get(name))
        if name == "AT+CMGR" and (pdu := self.store.get(int(argument))):
            found = f"+CMGR: 0,,{octets_of(pdu)}\r\n{pdu}"
        elif name == "AT+CMGD" and int(argument) in self.store:
            del self.store[int(argument)]
            self.full, found = False, ""
        return found

    def _take(self, pdu: str) -> str:
        message = read_submit(pdu)
        assert message.number.startswith("+999"), "no test may write to a number that somebody could have"
        fault = "322" if self.full else self.faults.popleft() if self.faults else None
        if fault is not None:
            return f"\r\n+CMS ERROR: {fault}\r\n" if fault else ""
        reference = next(self._reference) % 256
        self.sent.append((reference, message))
        asyncio.get_running_loop().call_soon(self.on_sent, reference, message)
        return f"\r\n+CMGS: {reference}\r\n\r\nOK\r\n"

    def _registration(self, before: str) -> str:
        return f'{before}1,"0001","00000001"' if self.registered else f"{before}2"

    def _say(self, line: str) -> None:
        for writer in self._writers:
            writer.write(f"\r\n{line}\r\n".encode())
