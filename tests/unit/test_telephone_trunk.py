"""What baresip is told of a trunk, what it is told in its file, when it asks again, and what a tunnel takes out."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.channels.telephone import registrar
from alerts.channels.telephone.control import Event, Happened, Response, command
from alerts.channels.telephone.registrar import Registrations, Standing
from alerts.channels.telephone.settings_file import settings_file
from alerts.channels.telephone.trunk import AccountRefused, MediaEncryption, Transport, Trunk, account_of, callee
from alerts.channels.telephone.tunnel import _Without

PLAIN = Trunk(name="a", host="192.0.2.1", port=5060, username="home", registers=False)
FULL = Trunk(
    name="b",
    host="2001:db8::1",
    port=5070,
    transport=Transport.TCP,
    username="+864715550417",
    password="secret",
    domain="ims.carrier.test",
    media_encryption=MediaEncryption.REQUIRED,
)


def test_the_account_of_a_trunk_that_knows_us_by_address() -> None:
    assert account_of(PLAIN) == (
        "<sip:home@192.0.2.1:5060;transport=udp>;regint=0;answermode=manual;audio_codecs=PCMA,PCMU"
    )
    assert callee(PLAIN, "test-hotline") == "sip:test-hotline@192.0.2.1:5060"


def test_the_account_of_a_trunk_with_everything() -> None:
    assert account_of(FULL) == (
        "<sip:+864715550417@ims.carrier.test;transport=tcp>;regint=120;answermode=manual;audio_codecs=PCMA,PCMU;"
        "auth_user=+864715550417;auth_pass=secret;mediaenc=srtp-mand;"
        'outbound="sip:[2001:db8::1]:5070;transport=tcp"'
    )
    assert callee(FULL, "96111") == "sip:96111@ims.carrier.test"
    assert "secret" not in repr(FULL)


def test_an_account_through_a_tunnel_is_plain_tcp_to_it() -> None:
    tls = Trunk(name="c", host="sip.carrier.test", port=5061, transport=Transport.TLS, username="home")
    line = account_of(tls, next_hop="127.0.0.1:40001")
    assert line.startswith("<sip:home@sip.carrier.test:5061;transport=tcp>")
    assert line.endswith('outbound="sip:127.0.0.1:40001;transport=tcp"')


@pytest.mark.parametrize("letter", [" ", ";", ",", '"', "<", ">", "\\", "\n", "\x00", "\u3000"])
def test_what_cannot_be_quoted_is_refused_and_not_shown(letter: str) -> None:
    for name in ("username", "password", "domain"):
        fields = {"name": "x", "host": "192.0.2.1", "port": 5060, "username": "home", name: f"se{letter}cret"}
        with pytest.raises(AccountRefused, match=name) as refused:
            account_of(Trunk(**fields))
        assert "cret" not in str(refused.value)


def test_the_settings_touch_no_sound_hardware_and_listen_for_us_only() -> None:
    lines = settings_file(Path("/run/x"), control_port=40000, interface="127.0.0.1").splitlines()
    assert "ctrl_tcp_listen 127.0.0.1:40000" in lines
    assert [line for line in lines if line.startswith("module ")] == [
        "module g711.so",
        "module aufile.so",
        "module aubridge.so",
        "module srtp.so",
    ]
    assert lines[-1] == "net_interface 127.0.0.1"
    assert "net_interface" not in settings_file(Path("/run/x"), control_port=40000, interface="")


REGISTERING = Trunk(name="r", host="192.0.2.1", port=5060, username="home")


def event(what: Happened, text: str = "") -> Event:
    return Event(what=what, account=REGISTERING.address, text=text)


async def test_a_registration_is_asked_again_with_growing_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registrar, "AGAIN_S", (0.01, 0.05))
    said: list[bytes] = []
    one = Registrations([REGISTERING], said.append, next_hop=lambda _: "", busy=lambda: False)
    one.begin()
    asked = command("uanew", account_of(REGISTERING), tag=REGISTERING.address)
    assert said == [asked]
    assert "asking" in one.trouble()
    one.hear(event(Happened.UNREGISTERED, "Connection refused"))
    one.hear(event(Happened.UNREGISTERED, "Connection refused"))
    assert (one.standing(REGISTERING), one.unreached()) == (Standing.FAILED, True)
    await asyncio.sleep(0.03)
    assert said == [asked, command("uadel", REGISTERING.address), asked]
    one.hear(event(Happened.REGISTERED, "200 OK"))
    assert (one.standing(REGISTERING), one.trouble(), one.unreached()) == (Standing.REGISTERED, "", False)
    one.end()


async def test_a_refused_password_is_not_tried_again_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registrar, "AGAIN_S", (0.01,))
    said: list[bytes] = []
    one = Registrations([REGISTERING], said.append, next_hop=lambda _: "", busy=lambda: False)
    one.begin()
    one.hear(event(Happened.UNREGISTERED, "401 Unauthorized"))
    await asyncio.sleep(0.05)
    assert len(said) == 1
    assert one.unreached() is False
    one.end()


@pytest.mark.parametrize("heard", [(), (Happened.REGISTERED,), (Happened.REGISTERED, Happened.REGISTERED)])
async def test_an_account_of_which_nothing_is_heard_is_asked_anew(
    monkeypatch: pytest.MonkeyPatch, heard: tuple[Happened, ...]
) -> None:
    monkeypatch.setattr(registrar, "ANSWER_S", 0.02)
    monkeypatch.setattr(registrar, "OVERDUE_S", 0.02)
    said: list[bytes] = []
    one = Registrations([REGISTERING], said.append, next_hop=lambda _: "", busy=lambda: False)
    one.begin()
    for each in heard:
        one.hear(event(each, "200 OK"))
    await asyncio.sleep(0.03)
    one.end()
    asked = command("uanew", account_of(REGISTERING), tag=REGISTERING.address)
    assert said == [asked, command("uadel", REGISTERING.address), asked]
    await asyncio.sleep(0.05)
    assert len(said) == 3


async def test_a_trunk_that_wants_no_registration_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registrar, "ANSWER_S", 0.01)
    said: list[bytes] = []
    one = Registrations([PLAIN], said.append, next_hop=lambda _: "", busy=lambda: False)
    one.begin()
    await asyncio.sleep(0.03)
    assert len(said) == 1
    one.end()


async def test_no_account_is_renewed_during_a_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registrar, "AGAIN_S", (0.01,))
    said: list[bytes] = []
    busy = [True]
    one = Registrations([REGISTERING], said.append, next_hop=lambda _: "", busy=lambda: busy[0])
    one.begin()
    one.failed(REGISTERING, "TLS failed")
    await asyncio.sleep(0.05)
    assert len(said) == 1
    busy[0] = False
    await asyncio.sleep(0.05)
    assert len(said) == 3
    one.end()


async def test_an_account_that_baresip_does_not_take_is_told() -> None:
    bad = Trunk(name="bad", host="192.0.2.1", port=5060, username="se cret", registers=False)
    said: list[bytes] = []
    one = Registrations([bad, PLAIN], said.append, next_hop=lambda _: "", busy=lambda: False)
    one.begin()
    assert len(said) == 1
    assert one.in_order() == [PLAIN, bad]
    assert one.trouble() == ""
    one.answered(Response(tag=PLAIN.address, ok=False, text=""))
    assert one.trouble().startswith("trunk bad is failed: the username holds a blank")


ROUTE = b"Route: <sip:127.0.0.1:40001;transport=tcp;lr>\r\n"
MESSAGE = b"INVITE sip:x@y SIP/2.0\r\nRoute: <sip:other;lr>\r\n" + ROUTE + b"To: <sip:x@y>\r\n\r\nRou"


@given(st.lists(st.integers(0, len(MESSAGE)), max_size=8))
def test_our_own_route_is_taken_out_however_the_stream_is_cut(cuts: list[int]) -> None:
    without, edges = _Without(ROUTE), [0, *sorted(cuts), len(MESSAGE)]
    passed = b"".join(without.feed(MESSAGE[begin:end]) for begin, end in pairwise(edges))
    assert passed + without._kept == MESSAGE.replace(ROUTE, b"")


def test_nothing_waits_that_is_no_beginning_of_our_route() -> None:
    assert _Without(ROUTE).feed(b"BYE sip:x@y SIP/2.0\r\n\r\n") == b"BYE sip:x@y SIP/2.0\r\n\r\n"
