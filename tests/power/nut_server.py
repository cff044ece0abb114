"""A real upsd with NUT's own dummy-ups driver, in a folder of the test, on a free port, as whoever runs the test."""

from __future__ import annotations

import getpass
import os
import shutil
import signal
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.mosquitto_broker import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

DRIVER, SERVER = Path("/lib/nut/dummy-ups"), Path("/lib/nut/upsd")
"""Debian's programs themselves: its /usr/sbin/upsd looks into /etc/nut first."""
END_S = 10.0


@dataclass(slots=True)
class NutServer:
    """upsd and its driver; `tells` rewrites what the driver reads from its UPS."""

    folder: Path
    port: int = field(default_factory=free_port)
    driver: subprocess.Popen[bytes] | None = None
    server: subprocess.Popen[bytes] | None = None

    def lay_out(self, *, password: str = "") -> None:
        quoted = password.replace('"', '\\"')
        users = f'[shouwang]\n  password = "{quoted}"\n  upsmon secondary\n' if password else ""
        self._write("ups.conf", "maxretry = 1\npollinterval = 1\n[box]\n  driver = dummy-ups\n  port = box.dev\n")
        self._write("upsd.conf", f"LISTEN 127.0.0.1 {self.port}\nMAXAGE 3\n")
        self._write("upsd.users", users)

    def tells(self, status: str, charge: float = 100, runtime_s: float = 2820) -> None:
        """Have the UPS say so; the file is replaced whole, so that the driver never reads half of it."""
        said = f"ups.status: {status}\nbattery.charge: {charge:g}\nbattery.runtime: {runtime_s:g}\nups.mfr: A \\b\n"
        fresh = self.folder / "box.dev.new"
        fresh.write_text(said, "ascii")
        fresh.rename(self.folder / "box.dev")

    def start(self) -> None:
        self.start_driver()
        self.start_server()

    def start_driver(self) -> None:
        self.driver = self._start(DRIVER, "-a", "box")

    def start_server(self) -> None:
        self.server = self._start(SERVER)

    def freeze_driver(self) -> None:
        """The cable is pulled: the driver is there and says nothing new."""
        assert self.driver is not None
        self.driver.send_signal(signal.SIGSTOP)

    def kill_driver(self) -> None:
        self.driver = _killed(self.driver)

    def kill_server(self) -> None:
        self.server = _killed(self.server)

    def log(self) -> str:
        return "".join(file.read_text("utf-8", "replace") for file in sorted(self.folder.glob("*.log")))

    def _start(self, program: Path, *arguments: str) -> subprocess.Popen[bytes]:
        environment = {**os.environ, "NUT_CONFPATH": str(self.folder), "NUT_STATEPATH": str(self.folder)}
        with (self.folder / f"{program.name}.log").open("ab") as log:
            command = [str(program), *arguments, "-F", "-u", getpass.getuser()]
            return subprocess.Popen(command, stdout=log, stderr=log, env=environment)

    def _write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text, "ascii")
        (self.folder / name).chmod(0o640)


def _killed(process: subprocess.Popen[bytes] | None) -> None:
    if process is not None:
        process.kill()
        process.wait(END_S)


@contextmanager
def nut_server(folder: Path, *, password: str = "") -> Iterator[NutServer]:
    """A running upsd whose UPS is on the mains, gone afterwards."""
    if not DRIVER.exists() or shutil.which("upsc") is None:
        pytest.skip("NUT is not installed: apt-get install nut-server nut-client")
    folder.mkdir()
    made = NutServer(folder)
    made.lay_out(password=password)
    made.tells("OL")
    made.start()
    try:
        yield made
    finally:
        made.kill_server()
        made.kill_driver()
