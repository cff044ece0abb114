"""A real mosquitto on a free port of 127.0.0.1, started and ended by the test that asks for it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

START_S = 10.0


@dataclass(slots=True, kw_only=True)
class Mosquitto:
    """One broker: start it again after `stop` or `kill`, on the same port and with the same stored sessions."""

    folder: Path
    options: list[str]
    port: int
    process: subprocess.Popen[bytes] | None = field(default=None)

    def start(self) -> None:
        """Starts and returns when the port answers."""
        configuration = self.folder / "mosquitto.conf"
        configuration.write_text("\n".join(self.options) + "\n", encoding="utf-8")
        with (self.folder / "mosquitto.log").open("ab") as log:
            self.process = subprocess.Popen(["mosquitto", "-c", str(configuration)], stdout=log, stderr=log)
        give_up = time.monotonic() + START_S
        while not self._answers():
            assert self.process.poll() is None, self.log()
            assert time.monotonic() < give_up, self.log()
            time.sleep(0.01)

    def stop(self) -> None:
        """Asks it to end (it saves its sessions) and waits."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Ends it as a power cut would: what it has not saved is gone."""
        self._end(signal.SIGKILL)

    def freeze(self) -> None:
        """Makes it deaf and mute with its sockets open: a half-open link."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Undoes `freeze`."""
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)

    def log(self) -> str:
        """What it wrote."""
        return (self.folder / "mosquitto.log").read_text(encoding="utf-8", errors="replace")

    def _end(self, number: int) -> None:
        if self.process is not None:
            self.process.send_signal(number)
            if number != signal.SIGKILL:
                self.process.send_signal(signal.SIGCONT)  # a frozen broker ends once it is thawed
            self.process.wait(START_S)
            self.process = None

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


def free_port() -> int:
    """A port of 127.0.0.1 that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def password_file(folder: Path, users: dict[str, str]) -> Path:
    """A password file as mosquitto reads it."""
    path = folder / "passwords"
    path.touch(mode=0o600)
    for name, password in users.items():
        subprocess.run(["mosquitto_passwd", "-b", str(path), name, password], check=True, capture_output=True)
    return path


@pytest.fixture(name="mosquitto")
def mosquitto_factory(tmp_path: Path) -> Iterator[Callable[..., Mosquitto]]:
    """Returns a function that starts a broker.

    Its arguments: `users` (name → password; none means anonymous), `acl` (text of an ACL file), `tls` (a folder with
    ca.pem, broker.pem, broker.key; clients must trust ca.pem), `persistent` (sessions survive even kill -9) and
    `options` (further lines of its configuration).
    """
    if shutil.which("mosquitto") is None:
        pytest.skip("mosquitto is not installed: apt-get install mosquitto")
    started: list[Mosquitto] = []

    def start(
        *,
        users: dict[str, str] | None = None,
        acl: str = "",
        tls: Path | None = None,
        persistent: bool = True,
        options: tuple[str, ...] = (),
    ) -> Mosquitto:
        folder = tmp_path / f"mosquitto-{len(started)}"
        folder.mkdir()
        port = free_port()
        lines = [f"listener {port} 127.0.0.1", "set_tcp_nodelay true", *_persistence(folder, kept=persistent)]
        lines += [f"user {os.environ.get('USER', 'root')}"] if os.geteuid() == 0 else []
        lines += ["allow_anonymous true"] if users is None else ["allow_anonymous false"]
        if users is not None:
            lines.append(f"password_file {password_file(folder, users)}")
        if acl:
            (folder / "acl").write_text(acl, encoding="utf-8")
            lines.append(f"acl_file {folder / 'acl'}")
        if tls is not None:
            lines += [f"certfile {tls / 'broker.pem'}", f"keyfile {tls / 'broker.key'}"]
        broker = Mosquitto(folder=folder, options=[*lines, *options], port=port)
        started.append(broker)
        broker.start()
        return broker

    yield start
    for broker in started:
        broker.kill()


def _persistence(folder: Path, *, kept: bool) -> list[str]:
    if not kept:
        return ["persistence false"]
    return ["persistence true", f"persistence_location {folder}/", "autosave_on_changes true", "autosave_interval 1"]
