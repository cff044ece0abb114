"""Encrypted voice (SRTP), against a second baresip as the operator: sipp has no SRTP."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from alerts.channels.telephone import sound
from alerts.channels.telephone.control import Happened, command
from alerts.channels.telephone.conversation import Patience
from alerts.channels.telephone.settings_file import settings_file
from alerts.channels.telephone.trunk import MediaEncryption, Trunk
from tests.sipp_operator import Ear, Operator, answer, free_port, invited, is_free, until

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from tests.telephone.conftest import Home


class BaresipOperator:
    """A baresip that answers, records what it hears, and presses keys."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._control = free_port()
        self._process: Process | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._reader: asyncio.StreamReader | None = None

    async def start(self) -> None:
        settings = settings_file(self.folder, control_port=self._control, interface="127.0.0.1")
        heard = f"module sndfile.so\nsnd_path {self.folder}\nsip_listen 127.0.0.1:{self.port}\n"
        (self.folder / "config").write_text(settings + heard, encoding="utf-8")
        sound.write(self.folder / "hush.wav", sound.silence(20))
        with (self.folder / "baresip.log").open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                "baresip", "-f", str(self.folder), stdout=log, stderr=log
            )
        async with asyncio.timeout(10):
            while is_free(self._control):  # noqa: ASYNC110 - a port that is opened tells nobody
                await asyncio.sleep(0.02)
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._control)
        account = "<sip:test-hotline@127.0.0.1>;regint=0;answermode=auto;audio_codecs=PCMA;mediaenc=srtp-mand"
        self._writer.write(command("uanew", account))

    async def has_answered(self) -> None:
        assert self._reader is not None
        async with asyncio.timeout(10):
            await self._reader.readuntil(Happened.ANSWERED.value.encode())

    def press(self, digit: str) -> None:
        assert self._writer is not None
        self._writer.write(command("sndcode", digit))

    async def end(self) -> None:
        if self._writer is not None:
            self._writer.close()
            with suppress(ConnectionError):
                await self._writer.wait_closed()
        if self._process is not None:
            with suppress(ProcessLookupError):
                self._process.terminate()
            await self._process.wait()

    def recorded(self) -> list[Path]:
        return sorted(self.folder.glob("dump-*-dec.wav"))


@pytest.fixture
async def operator_with_srtp(tmp_path: Path) -> AsyncIterator[BaresipOperator]:
    folder = tmp_path / "operator"
    folder.mkdir()
    operator = BaresipOperator(folder)
    await operator.start()
    yield operator
    await operator.end()


def encrypting(port: int) -> Trunk:
    return Trunk(
        name="srtp",
        host="127.0.0.1",
        port=port,
        username="home",
        registers=False,
        media_encryption=MediaEncryption.REQUIRED,
    )


async def test_encrypted_voice_is_understood(
    home: Callable[..., Home], operator_with_srtp: BaresipOperator, tmp_path: Path
) -> None:
    here = home(encrypting(operator_with_srtp.port), recordings=None)
    calling = asyncio.create_task(here.call())
    await operator_with_srtp.has_answered()
    await asyncio.sleep(1)
    operator_with_srtp.press("1")
    assert await calling == "pressed 1"
    await operator_with_srtp.end()
    (recording,) = operator_with_srtp.recorded()
    assert -30 < sound.speech_dbfs(sound.read(recording)) < -15


async def test_who_requires_encryption_gets_no_plain_call(
    home: Callable[..., Home], operator: Callable[..., Operator], ear: Ear
) -> None:
    plain = operator(invited(), answer(ear.port), until("BYE"))
    here = home(encrypting(plain.port), patience=Patience(press_s=0.2, times=1))
    assert await here.fails() == ("not_taken", 20.0)
    assert ear.frames == {}
