"""sipp as an alarm centre: it takes a MESSAGE, answers it, and sends a MESSAGE of its own as its scenario says."""

from __future__ import annotations

import asyncio
import re
import socket
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tests.centres.staged import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

TAKE = """
  <recv request="MESSAGE" crlf="true">
    <action>
      <ereg regexp="&lt;ref&gt;([0-9A-Za-z]*)&lt;/ref&gt;" search_in="msg" assign_to="whole,ref" />
      <log message="took [$ref]" />
    </action>
  </recv>
  <Reference variables="whole,ref" />
"""
"""Take a request and remember its reference."""


def answer(status: str, header: str = "Server: sipp") -> str:
    """Answer the request with a SIP status such as "200 OK"."""
    return f"""
  <send>
    <![CDATA[
      SIP/2.0 {status}
      [last_Via:]
      [last_From:]
      [last_To:];tag=[call_number]
      [last_Call-ID:]
      [last_CSeq:]
      {header}
      Content-Length: 0
    ]]>
  </send>
"""


def verdict(number: int, branch: str = "[branch]") -> str:
    """Send an `mrs` for the reference that was taken, and wait for the 200."""
    return tell(f"<mrs><ref>[$ref]</ref><snu>{number}</snu><ste>as the script says</ste></mrs>", branch)


def tell(body: str, branch: str = "[branch]", *, expects: int = 200) -> str:
    """Send a MESSAGE with any body, and wait for the answer."""
    return f"""
  <send retrans="500">
    <![CDATA[
      MESSAGE sip:home@[remote_ip]:[remote_port] SIP/2.0
      Via: SIP/2.0/[transport] [local_ip]:[local_port];branch={branch}
      Max-Forwards: 70
      From: <sip:scaip@[local_ip]:[local_port]>;tag=centre[call_number]
      To: <sip:home@[remote_ip]:[remote_port]>
      Call-ID: [call_id]
      CSeq: 2023 MESSAGE
      Content-Type: application/scaip+xml
      Content-Length: [len]

      {body}
    ]]>
  </send>
  <recv response="{expects}" />
"""


def pause(seconds: float) -> str:
    """Do nothing for a while."""
    return f'<pause milliseconds="{seconds * 1000:.0f}" />'


class Sipp:
    """A running sipp."""

    def __init__(self, port: int, folder: Path) -> None:
        self.port = port
        self.stop: Callable[[], None]
        self._folder = folder
        self._messages = folder / "messages.log"

    def heard(self) -> list[str]:
        """Give the MESSAGE requests that it received, every retransmission."""
        if not self._messages.exists():
            return []
        text = self._messages.read_text(encoding="utf-8", errors="replace")
        found = re.findall(r"message received \[\d+\] bytes ?:\s*(.*?)(?=\n-{10,}|\Z)", text, re.DOTALL)
        return [message.strip() for message in found if message.startswith("MESSAGE ")]

    def log(self) -> str:
        """Give what the scenario logged."""
        return (self._folder / "log.log").read_text(encoding="utf-8")

    def answers(self) -> list[str]:
        """Give the first lines of the responses that it received."""
        text = self._messages.read_text(encoding="utf-8", errors="replace") if self._messages.exists() else ""
        return re.findall(r"message received \[\d+\] bytes ?:\s*(SIP/2\.0 \d+[^\n\r]*)", text)


@asynccontextmanager
async def sipp(folder: Path, *steps: str, tcp: bool = False, port: int = 0) -> AsyncIterator[Sipp]:
    """Run sipp with a scenario for every call; port 0 is any free one."""
    script = folder / "centre.xml"
    script.write_text(f'<?xml version="1.0" encoding="UTF-8" ?><scenario name="centre">{"".join(steps)}</scenario>')
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        centre = Sipp(port or probe.getsockname()[1], folder)
    process = await asyncio.create_subprocess_exec(
        *("sipp", "-sf", script, "-i", "127.0.0.1", "-p", str(centre.port), "-t", "t1" if tcp else "u1", "-nostdin"),
        *("-trace_msg", "-message_file", folder / "messages.log", "-message_overwrite", "false"),
        *("-trace_err", "-error_file", folder / "errors.log"),
        *("-trace_logs", "-log_file", folder / "log.log"),
        cwd=folder,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    centre.stop = process.kill
    try:
        await until(lambda: _listens(centre.port, tcp=tcp))
        yield centre
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def _listens(port: int, *, tcp: bool) -> bool:
    """Say whether the socket is in the kernel's own table."""
    return f":{port:04X} " in Path("/proc/net/tcp" if tcp else "/proc/net/udp").read_text(encoding="ascii")
