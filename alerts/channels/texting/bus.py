"""The calls and signals of ModemManager that text messages need, over D-Bus. It decides nothing."""

from __future__ import annotations

import asyncio
from typing import Any, NamedTuple

from dbus_fast import AuthError, BusType, InvalidAddressError, Message, MessageType, Variant
from dbus_fast.aio import MessageBus
from dbus_fast.unpack import unpack_variants

from alerts.channels.texting.state import MESSAGING, MODEM

SERVICE = "org.freedesktop.ModemManager1"
ROOT = "/org/freedesktop/ModemManager1"
SMS = "org.freedesktop.ModemManager1.Sms"
PROPERTIES = "org.freedesktop.DBus.Properties"
OBJECT_MANAGER = "org.freedesktop.DBus.ObjectManager"
DBUS = "org.freedesktop.DBus"

CALL_S = 10.0
"""How long an answer may take that needs no network. Source: our choice; ModemManager gives its
own serial commands 3 s."""

SLOW_S = 60.0
"""The same for what needs the network or wakes the modem. Source: above the 40 s that ModemManager itself
gives to AT+CMGS and its text."""

VALIDITY = Variant("(uv)", [1, Variant("u", 720)])
"""MM_SMS_VALIDITY_TYPE_RELATIVE, minutes: the network tries for 12 h to reach a telephone that is off.

Source: our choice: who switches on in the morning must still learn of the night."""


class BusGone(Exception):
    """The connection to the bus is gone or cannot be made; the message says why."""


class Refused(Exception):
    """ModemManager, or the bus for it, answered with an error.

    Args:
        name: of the error.
        text: its words.
    """

    def __init__(self, name: str, text: str) -> None:
        super().__init__(f"{name}: {text}")
        self.name = name
        self.text = text


class Signal(NamedTuple):
    """Something that ModemManager, or the bus about it, says by itself."""

    interface: str
    member: str
    path: str
    body: list[Any]


class ModemBus:
    """One connection to one bus.

    Args:
        address: of the bus; "" for the system's.
    """

    def __init__(self, address: str) -> None:
        self._bus = MessageBus(address or None, BusType.SYSTEM, auth_timeout=CALL_S)
        self._signals: asyncio.Queue[Signal | None] = asyncio.Queue()
        self._end: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Connect and ask for signals.

        Raises:
            BusGone: if there is no bus, or it does not let us in.
        """
        try:
            async with asyncio.timeout(CALL_S):
                await self._bus.connect()
        except (OSError, AuthError, InvalidAddressError, TimeoutError) as error:
            raise BusGone(f"{type(error).__name__}: {error}") from error
        self._end = asyncio.ensure_future(self._bus.wait_for_disconnect())  # type: ignore[no-untyped-call]
        self._end.add_done_callback(self._ended)
        self._bus.add_message_handler(self._hear)
        for rule in (f"type='signal',sender='{SERVICE}'", f"type='signal',sender='{DBUS}',arg0='{SERVICE}'"):
            await self._call(DBUS, "/org/freedesktop/DBus", f"{DBUS}.AddMatch", "s", rule)

    def close(self) -> None:
        """Disconnect; harmless twice."""
        if self._bus.connected:
            self._bus.disconnect()

    async def signal(self, within_s: float) -> Signal | None:
        """Wait for the next signal; None when none came.

        Raises:
            BusGone: if the connection is gone.
        """
        try:
            async with asyncio.timeout(within_s):
                signal = await self._signals.get()
        except TimeoutError:
            return None
        if signal is None:
            raise BusGone("the bus closed the connection")
        return signal

    # What ModemManager does. Each raises Refused for its error, and BusGone when the bus is lost.

    async def objects(self) -> dict[str, dict[str, dict[str, Any]]]:
        """Give what ModemManager manages: object path → interface → property → value."""
        (objects,) = await self._ask(ROOT, f"{OBJECT_MANAGER}.GetManagedObjects")
        return objects  # type: ignore[no-any-return]  # the interface's signature, a{oa{sa{sv}}}

    async def enable(self, modem: str, *, on: bool = True) -> None:
        """Have the modem look for its network, which ModemManager does not by itself; or leave it."""
        await self._ask(modem, f"{MODEM}.Enable", "b", on, within_s=SLOW_S)

    async def create(self, modem: str, number: str, text: str, *, report: bool) -> str:
        """Make a message; give its object path."""
        facts = {
            "number": Variant("s", number),
            "text": Variant("s", text),
            "delivery-report-request": Variant("b", report),
            "validity": VALIDITY,
        }
        (path,) = await self._ask(modem, f"{MESSAGING}.Create", "a{sv}", facts)
        return str(path)

    async def send(self, sms: str) -> None:
        """Hand a message to the network; returns when the network has it."""
        await self._ask(sms, f"{SMS}.Send", within_s=SLOW_S)

    async def read(self, sms: str) -> dict[str, Any]:
        """Give a message's properties."""
        (properties,) = await self._ask(sms, f"{PROPERTIES}.GetAll", "s", SMS)
        return dict(properties)

    async def messages(self, modem: str) -> list[str]:
        """Give the object paths of all messages, in the modem's store or not."""
        (paths,) = await self._ask(modem, f"{MESSAGING}.List")
        return list(paths)

    async def delete(self, modem: str, sms: str) -> None:
        """Forget a message, and free its place in the modem's store."""
        await self._ask(modem, f"{MESSAGING}.Delete", "o", sms)

    async def _ask(
        self, path: str, method: str, signature: str = "", *body: object, within_s: float = CALL_S
    ) -> list[Any]:
        return await self._call(SERVICE, path, method, signature, *body, within_s=within_s)

    async def _call(
        self, service: str, path: str, method: str, signature: str, *body: object, within_s: float = CALL_S
    ) -> list[Any]:
        interface, _, member = method.rpartition(".")
        question = Message(service, path, interface, member, signature=signature, body=list(body))
        if not self._bus.connected:
            raise BusGone("the bus has closed the connection")
        try:
            async with asyncio.timeout(within_s):
                answer = await self._bus.call(question)
        except TimeoutError:
            raise Refused(f"{DBUS}.Error.Timeout", f"no answer to {member} within {within_s:g} s") from None
        except (EOFError, OSError) as error:
            raise BusGone(f"{type(error).__name__}: {error}") from error
        if answer is None:  # the library's word for a connection that ended meanwhile
            raise BusGone("the bus closed the connection")
        if answer.message_type is MessageType.ERROR:
            raise Refused(answer.error_name or "", str(answer.body[0]) if answer.body else "")
        return list(unpack_variants(answer.body))

    def _hear(self, message: Message) -> None:
        if message.message_type is MessageType.SIGNAL:
            body = unpack_variants(message.body)
            self._signals.put_nowait(Signal(message.interface or "", message.member or "", message.path or "", body))

    def _ended(self, end: asyncio.Task[None]) -> None:
        if not end.cancelled():
            end.exception()  # why is of no matter: what waits for an answer has been told
        self._signals.put_nowait(None)
