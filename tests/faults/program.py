"""A program of the world: started, killed, frozen and started again by its own process id."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
END_S = 20.0


@dataclass(slots=True, kw_only=True)
class Program:
    """One process, which may be started again after `kill` and `stop`.

    Args:
        name: in logs and file names.
        command: what to run.
        folder: where its log is.
        prefix: what puts it on its host ("ip netns exec ..."); becomes the program itself.
        environment: beside the harness's own.
    """

    name: str
    command: list[str]
    folder: Path
    prefix: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    starts: int = 0
    wanted: bool = False
    crashes: int = 0

    def start(self) -> None:
        """Runs it; does not wait until it is ready."""
        assert self.process is None, f"{self.name} runs already"
        path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH", ""))))
        environment = {**os.environ, "PYTHONPATH": path, "PYTHONFAULTHANDLER": "1", **self.environment}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*self.prefix, *self.command],
                stdout=log,
                stderr=log,
                env=environment,
                start_new_session=True,  # the end of the first shell would have the kernel wake who is frozen
            )
        self.starts += 1
        self.wanted = True

    def kill(self) -> None:
        """Ends it as a power cut would, frozen or not."""
        self._end(signal.SIGKILL)

    def kill_children(self, name: str) -> None:
        """Ends the programs of this name that it has started."""
        if self.process is None:
            return
        own = Path("/proc") / str(self.process.pid)
        with suppress(FileNotFoundError, ProcessLookupError):  # one that ends by itself meanwhile
            for child in (own / "task" / own.name / "children").read_text("ascii").split():
                if (own.parent / child / "comm").read_text("utf-8").strip() == name:
                    os.kill(int(child), signal.SIGKILL)

    def stop(self) -> None:
        """Asks it to end, and sees that it does."""
        self.thaw()
        self._end(signal.SIGTERM)

    def freeze(self) -> None:
        """Makes it deaf and mute with its sockets open."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Undoes `freeze`."""
        self._signal(signal.SIGCONT)

    def look_after(self) -> None:
        """Starts it again when it ended by itself, as a service manager would, and says so in its log."""
        if self.wanted and self.process is not None and not self.alive:
            self.crashes += 1
            with self.log.open("a") as log:
                log.write(f"{self.name} ended by itself: {self.process.returncode}\n")
            self.process = None
            self.start()

    @property
    def alive(self) -> bool:
        """Whether it runs, as far as the system knows."""
        return self.process is not None and self.process.poll() is None

    @property
    def log(self) -> Path:
        """Where it writes what it has to say."""
        return self.folder / f"{self.name}.log"

    def said(self) -> str:
        """What it has written so far."""
        return self.log.read_text("utf-8", "replace") if self.log.exists() else ""

    def _signal(self, number: int) -> None:
        if self.process is not None:
            self.process.send_signal(number)

    def _end(self, number: int) -> None:
        self.wanted = False
        if self.process is None:
            return
        self.process.send_signal(number)
        try:
            self.process.wait(END_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(END_S)
        self.process = None
