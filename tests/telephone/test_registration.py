"""Registration and digest authentication against a real kamailio, and TLS whose certificate is checked."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from alerts.channels.telephone import registrar, trunk
from alerts.channels.telephone.child import PROGRAM
from alerts.channels.telephone.conversation import Patience
from alerts.channels.telephone.registrar import Standing
from alerts.channels.telephone.trunk import Transport, Trunk
from tests.certificates import make_certificates
from tests.faults import clocks
from tests.kamailio_registrar import PASSWORD, REALM, Registrar, registrars
from tests.sipp_operator import Ear, answer, free_port, hang_up, invited, press, until, wait

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.telephone.conftest import Home

Homes = "Callable[..., Home]"
Operators = "Callable[..., Operator]"
Carriers = "Callable[..., Registrar]"


@pytest.fixture
def carrier(tmp_path: Path) -> Iterator[Carriers]:
    """Start a kamailio whose calls go to this operator."""
    with registrars() as started:

        def start(operator: int, **options: object) -> Registrar:
            made = Registrar(folder=tmp_path, operator=operator, **options)  # type: ignore[arg-type]
            started.append(made)
            made.start()
            return made

        yield start


def account(port: int, **options: object) -> Trunk:
    fields: dict[str, object] = {
        "name": "kamailio",
        "host": "127.0.0.1",
        "port": port,
        "username": "home",
        "password": PASSWORD,
        "domain": REALM,
    }
    return Trunk(**(fields | options))  # type: ignore[arg-type]


async def stands(home: Home, standing: Standing) -> None:
    """Wait until the first trunk stands so."""
    async with asyncio.timeout(15):
        line = home.telephone.lines[0]
        while line.registrations.standing(home.telephone.trunks[0]) is not standing:  # noqa: ASYNC110 - a state
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("transport", [Transport.UDP, Transport.TCP])
async def test_a_right_password_registers_and_calls(
    home: Homes, operator: Operators, carrier: Carriers, ear: Ear, transport: Transport
) -> None:
    hotline = operator(invited(), answer(ear.port), wait(0.5), press("1"), until("BYE"))
    kamailio = carrier(hotline.port)
    here = home(account(kamailio.port, transport=transport))
    await stands(here, Standing.REGISTERED)
    assert f"registered sip:home@{REALM}" in kamailio.log()
    assert here.telephone.trouble() == ""
    assert await here.call() == "pressed 1"
    assert here.taken_by == ["测试热线"]


async def test_a_wrong_password_is_named_and_the_next_trunk_called(
    home: Homes, operator: Operators, carrier: Carriers, ear: Ear
) -> None:
    hotline = operator(invited(), answer(ear.port), wait(0.5), press("1"), until("BYE"))
    kamailio = carrier(hotline.port)
    here = home(account(kamailio.port, password="wrong"))
    await stands(here, Standing.FAILED)
    assert "401" in here.telephone.trouble()
    assert await here.fails() == ("not_authorised", 60.0)
    assert hotline.requests() == []


async def test_a_registrar_that_comes_back_is_registered_with_again(
    home: Homes, operator: Operators, carrier: Carriers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alerts.channels.telephone.registrar.AGAIN_S", (0.2,))
    port = free_port()
    here = home(account(port, transport=Transport.TCP))
    await stands(here, Standing.FAILED)
    assert "refused" in here.telephone.trouble()
    carrier(free_port(), port=port)
    await stands(here, Standing.REGISTERED)


@pytest.mark.skipif(clocks.why_not() != "", reason=clocks.why_not())
async def test_a_clock_that_was_put_back_does_not_let_the_registration_lapse(
    home: Homes, carrier: Carriers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What baresip had set itself to do, it does eight hours late."""
    monkeypatch.setattr(trunk, "REGISTER_S", 6)
    monkeypatch.setattr(registrar, "OVERDUE_S", 8.0)
    clock = tmp_path / "clock"
    faked = (f"{name}={value}" for name, value in clocks.environment(clock).items())
    kamailio, before = carrier(free_port()), 0
    here = home(account(kamailio.port), program=(*PROGRAM[:-1], "env", *faked, PROGRAM[-1]))
    await stands(here, Standing.REGISTERED)
    clock.write_text("-8h\n", "ascii")
    async with asyncio.timeout(40):
        while "no word of its registration" not in caplog.text:
            before = kamailio.registrations()
            await asyncio.sleep(0.1)
        while kamailio.registrations() == before:  # noqa: ASYNC110 - another process's log
            await asyncio.sleep(0.02)
    await stands(here, Standing.REGISTERED)


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    """An authority, and a certificate of its for 127.0.0.1."""
    return make_certificates(tmp_path / "papers")


async def test_tls_with_our_authority_carries_a_call_both_ways(
    home: Homes, operator: Operators, carrier: Carriers, ear: Ear, papers: Path
) -> None:
    hotline = operator(invited(), answer(ear.port), wait(0.5), press("1"), until("BYE"))
    kamailio = carrier(hotline.port, papers=papers)
    here = home(account(kamailio.tls_port, transport=Transport.TLS, ca_file=papers / "ca.pem"))
    await stands(here, Standing.REGISTERED)
    assert await here.call() == "pressed 1"
    assert f"got INVITE from sip:home@{REALM} by tls" in kamailio.log()


async def test_the_operator_can_hang_up_through_tls(
    home: Homes, operator: Operators, carrier: Carriers, ear: Ear, papers: Path
) -> None:
    hotline = operator(invited(), answer(ear.port), wait(0.5), hang_up(routed=True))
    kamailio = carrier(hotline.port, papers=papers)
    here = home(account(kamailio.tls_port, transport=Transport.TLS, ca_file=papers / "ca.pem"))
    await stands(here, Standing.REGISTERED)
    assert await here.fails() == ("hung_up", 10.0)


@pytest.mark.parametrize("unfit", ["foreign authority", "other name", "unknown authority"])
async def test_a_certificate_that_does_not_fit_is_refused(
    home: Homes, carrier: Carriers, papers: Path, tmp_path: Path, unfit: str
) -> None:
    foreign = make_certificates(tmp_path / "foreign")
    at = "127.0.0.2" if unfit == "other name" else "127.0.0.1"
    kamailio = carrier(free_port(), papers=papers, tls_host=at)
    ca_file = {"foreign authority": foreign / "ca.pem", "other name": papers / "ca.pem"}.get(unfit)
    trunk = account(kamailio.tls_port, host=at, transport=Transport.TLS, ca_file=ca_file)
    here = home(trunk, patience=Patience(reply_s=1))
    await stands(here, Standing.FAILED)
    assert "CERTIFICATE_VERIFY_FAILED" in here.telephone.trouble()
    assert "got REGISTER" not in kamailio.log()
    assert (await here.fails())[0] == "unreachable"
    assert "got INVITE" not in kamailio.log()
