"""A bus and a ModemManager for all tests of this folder, a modem of its own for each."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

import pytest

from alerts.channels.texting import modem
from tests.sms.at_modem import AtModem
from tests.sms.carried import Carried
from tests.sms.modem_manager import Stack

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

imeis = count(990000000000001)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    made = Stack(tmp_path_factory.mktemp("mm"))
    try:
        made.start_bus()
        made.start_manager()
        yield made
    finally:
        made.close()


@pytest.fixture
async def own_stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    """One that a test may break."""
    made = Stack(tmp_path_factory.mktemp("mm"))
    try:
        made.start_bus()
        made.start_manager()
        yield made
    finally:
        made.close()


@pytest.fixture
async def phone() -> AsyncIterator[AtModem]:
    imei = str(next(imeis))
    made = AtModem(name=f"shouwang-{imei}-{id(stack):x}", imei=imei)
    await made.plug_in()
    try:
        yield made
    finally:
        await made.unplug()


@pytest.fixture
async def carried(phone: AtModem) -> AsyncIterator[Carried]:
    made = Carried(phone)
    try:
        yield made
    finally:
        await made.stop()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No message waits for a modem."""
    monkeypatch.setattr(modem, "PATIENCE_S", 0.0)
