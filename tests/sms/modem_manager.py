"""The real ModemManager on a bus of its own, which a test may end and start again; each is ended by its process id."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dbus_fast import Message, MessageType
from dbus_fast.aio import MessageBus

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from tests.sms.at_modem import AtModem

START_S = 30.0
SERVICE, ROOT = "org.freedesktop.ModemManager1", "/org/freedesktop/ModemManager1"
POLKIT, POLKIT_ROOT = "org.freedesktop.PolicyKit1", "/org/freedesktop/PolicyKit1/Authority"
BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={path}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow own="*"/>
    <allow send_destination="*"/>
    <allow send_type="signal"/>
    <allow send_requested_reply="true" send_type="method_return"/>
    <allow send_requested_reply="true" send_type="error"/>
    <allow receive_sender="*"/>
    {denied}
  </policy>
</busconfig>
"""


@dataclass(slots=True)
class Stack:
    """A private bus and the ModemManager on it."""

    folder: Path
    bus: subprocess.Popen[bytes] | None = None
    manager: subprocess.Popen[bytes] | None = None
    polkit: subprocess.Popen[bytes] | None = None

    @property
    def path(self) -> Path:
        return self.folder / "bus"

    @property
    def address(self) -> str:
        return f"unix:path={self.path}"

    def start_bus(self, denied: str = "") -> None:
        """Starts the bus; `denied` is a rule of its policy."""
        self.path.unlink(missing_ok=True)
        configuration = self.folder / "bus.conf"
        configuration.write_text(BUS.format(path=self.path, denied=denied), "utf-8")
        self.bus = self._start("bus.log", "dbus-daemon", f"--config-file={configuration}", "--nofork")
        _until(self.path.exists)

    def start_manager(self) -> None:
        program = shutil.which("ModemManager") or "/usr/sbin/ModemManager"
        self.manager = self._start(
            "manager.log",
            program,
            "--test-session",
            "--test-enable",
            "--test-no-udev",
            "--test-no-suspend-resume",
            "--test-no-qrtr",
            "--no-auto-scan",
        )

    def stop_manager(self) -> None:
        _end(self.manager)

    def stop_bus(self) -> None:
        _end(self.bus)

    def start_polkit(self) -> None:
        """A PolicyKit that permits everything, so that `hide` may be asked for."""
        command = ("/usr/bin/python3", "-m", "dbusmock", "--system", "--template", "polkitd")
        self.polkit = self._start("polkit.log", *command)

    def close(self) -> None:
        self.stop_manager()
        _end(self.polkit)
        self.stop_bus()

    async def plug_in(self, modem: AtModem) -> None:
        """Makes the modem known to ModemManager, which then speaks to it."""
        async with self._connected() as bus:
            await _ask(bus, SERVICE, ROOT, f"{SERVICE}.Test.SetProfile", "ssas", modem.name, "generic", [modem.port])

    @contextlib.asynccontextmanager
    async def pulled_out(self, modem: AtModem) -> AsyncIterator[None]:
        """Has ModemManager take the modem away, as if it were pulled out, for as long as the block lasts."""
        async with self._connected() as bus:
            await _ask(bus, POLKIT, POLKIT_ROOT, "org.freedesktop.DBus.Mock.AllowUnknown", "b", True)  # noqa: FBT003
            await _ask(bus, SERVICE, ROOT, f"{SERVICE}.InhibitDevice", "sb", f"/virtual/{modem.name}", True)  # noqa: FBT003
            yield

    @contextlib.asynccontextmanager
    async def _connected(self) -> AsyncIterator[MessageBus]:
        bus = await MessageBus(self.address).connect()
        try:
            yield bus
        finally:
            bus.disconnect()

    def _start(self, log: str, *command: str) -> subprocess.Popen[bytes]:
        environment = {**os.environ, "DBUS_SESSION_BUS_ADDRESS": self.address, "DBUS_SYSTEM_BUS_ADDRESS": self.address}
        with (self.folder / log).open("ab") as out:
            return subprocess.Popen(command, stdout=out, stderr=out, env=environment)


async def _ask(bus: MessageBus, service: str, path: str, method: str, signature: str, *body: object) -> None:
    """Calls a method, again until the service is there."""
    interface, _, member = method.rpartition(".")
    give_up = time.monotonic() + START_S
    while True:
        question = Message(service, path, interface, member, signature=signature, body=list(body))
        answer = await bus.call(question)
        if answer.message_type is not MessageType.ERROR:
            return
        assert time.monotonic() < give_up, answer.body
        await asyncio.sleep(0.05)


def _end(process: subprocess.Popen[bytes] | None) -> None:
    if process is not None:
        process.send_signal(signal.SIGKILL)
        process.wait(START_S)


def _until(true: Callable[[], bool]) -> None:
    give_up = time.monotonic() + START_S
    while not true():
        assert time.monotonic() < give_up
        time.sleep(0.01)
