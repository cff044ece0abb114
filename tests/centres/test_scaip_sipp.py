"""The SCAIP channel against sipp as the centre: accepts, refuses, stays silent, answers late, asks for a password."""

from __future__ import annotations

import asyncio
import re
import ssl
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from alerts.brief import BedInfo
from alerts.channels.centre.ignored import Ignored
from alerts.channels.centre.scaip_xml import Home
from alerts.channels.scaip import ScaipCentre, ScaipChannel
from alerts.channels.sip.agent import Identity
from alerts.channels.sip.wire import Peer
from alerts.dispatch import SendFailed
from tests.centres.sipp_centre import TAKE, answer, pause, sipp, tell, verdict
from tests.centres.staged import ZONES, Told, alert, delivery, until
from tests.certificates import make_certificates

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

REFERENCE = "0123456789abcdef"
ROW = delivery(channel="scaip")
HOME = Home(
    account="150105000417",
    callback="",
    bed=BedInfo(bed_code="B1", resident="李秀兰", devices={"bed_sos": "床头按钮"}, rooms={"bedroom": "卧室"}),
    zones=ZONES,
    timezone=ZoneInfo("Asia/Shanghai"),
)


@dataclass
class Gateway:
    """Our end, running."""

    centre: ScaipCentre
    told: Told
    ignored: Ignored
    late: list[tuple[str, str]] = field(default_factory=list)

    async def send(self) -> str:
        return await ScaipChannel(self.centre).send(ROW, alert())


@asynccontextmanager
async def gateway(
    port: int,
    *,
    transport: str = "udp",
    ca_file: Path | None = None,
    beats: bool = False,
    opens: bool = True,
    **changes: object,
) -> AsyncIterator[Gateway]:
    """Run the centre's channel, without heartbeats unless they are wanted."""
    told, ignored, late = Told(), Ignored(), []
    wanted = {"heartbeat_s": 3600, "verdict_s": 5.0, "t1_s": 0.1} | changes
    password = str(wanted.pop("password", ""))
    made = ScaipCentre(
        Peer(host="localhost" if transport == "tls" else "127.0.0.1", port=port, transport=transport, ca_file=ca_file),
        Identity(centre="scaip", name=HOME.account, user=HOME.account, password=password),
        HOME,
        receipted=lambda delivery_id, receipt: late.append((delivery_id, receipt)),
        on_state=told,
        ignored=ignored,
        **wanted,
    )
    running = asyncio.create_task(made.run() if beats else made._agent.run())
    try:
        if opens:
            async with asyncio.timeout(10):
                await made._agent.opened()
        yield Gateway(made, told, ignored, late)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_a_centre_that_accepts_gives_the_receipt(tmp_path: Path, transport: str):
    async with (
        sipp(tmp_path, TAKE, answer("200 OK"), verdict(0), tcp=transport == "tcp") as centre,
        gateway(centre.port, transport=transport) as ours,
    ):
        receipt = await ours.send()
        await until(centre.answers)

    (message, *repeated) = centre.heard()
    assert receipt == f"scaip mrs {REFERENCE}"
    assert ours.told.states == [True]
    assert f"<ref>{REFERENCE}</ref>" in message
    assert "<cid>150105000417</cid><dty>0004</dty><did>1</did><dte>床头按钮</dte><crd>no-voice:</crd>" in message
    assert "李秀兰" not in message  # who lives there, the centre knows itself
    assert all(again == message for again in repeated)
    assert centre.answers() == ["SIP/2.0 200 OK"]


@pytest.mark.parametrize(
    ("number", "reason", "retry_s"),
    [
        (1, "too_long", 60.0),
        (2, "bad_format", 60.0),
        (3, "wrong_content", 60.0),
        (4, "hold", None),
        (5, "not_treated", 60.0),
        (6, "busy", None),
        (7, "tag_missing", 60.0),
        (99, "refused", 60.0),
    ],
)
async def test_a_centre_that_refuses_is_a_failure_with_a_name(
    tmp_path: Path, number: int, reason: str, retry_s: float | None
):
    async with sipp(tmp_path, TAKE, answer("200 OK"), verdict(number)) as centre, gateway(centre.port) as ours:
        with pytest.raises(SendFailed) as caught:
            await ours.send()

    assert (caught.value.reason, caught.value.retry_s) == (reason, retry_s)
    assert "as the script says" in caught.value.sentence
    assert ours.told.states == [False]


async def test_a_centre_that_is_silent_hears_it_again_and_again_and_is_given_up(tmp_path: Path):
    async with sipp(tmp_path, TAKE, pause(30)) as centre, gateway(centre.port, t1_s=0.05) as ours:
        with pytest.raises(SendFailed) as caught:
            await ours.send()
        heard = centre.heard()

    assert caught.value.reason == "no_answer"
    assert "3.2 s" in caught.value.sentence  # timer F: 64 times T1
    assert 8 <= len(heard) <= 11  # at 0, 0.05, 0.15, 0.35, then every 0.4 s (timer E), on a machine that may be slow
    assert len(set(heard)) == 1
    assert ours.told.states == [False]


async def test_delivered_is_not_receipted_and_the_next_try_has_the_same_reference(tmp_path: Path):
    silent = sipp(tmp_path, TAKE, answer("200 OK"), pause(1))
    async with silent as centre, gateway(centre.port, verdict_s=0.1) as ours:
        receipts = [await ours.send(), await ours.send()]

    references = [re.findall("<ref>(.*?)</ref>", message)[0] for message in centre.heard()]
    assert receipts == ["", ""]
    assert set(references) == {REFERENCE}
    assert len({re.findall("branch=(\\S+)", message)[0] for message in centre.heard()}) == 2
    assert ours.told.states == [False]


async def test_an_answer_that_comes_late_is_the_receipt_and_a_second_one_is_harmless(tmp_path: Path):
    slow = sipp(tmp_path, TAKE, answer("200 OK"), pause(0.5), verdict(0))
    async with slow as centre, gateway(centre.port, verdict_s=0.05) as ours:
        assert [await ours.send(), await ours.send()] == ["", ""]
        await until(lambda: len(ours.late) == 2)

    assert ours.late == [(ROW.id, f"scaip mrs {REFERENCE}")] * 2  # the dispatcher takes the first and knows the second
    assert ours.told.states == [False, True]


async def test_a_late_refusal_is_counted_and_told_at_the_next_try(tmp_path: Path):
    slow = sipp(tmp_path, TAKE, answer("200 OK"), pause(0.5), verdict(6))
    async with slow as centre, gateway(centre.port, verdict_s=0.05) as ours:
        assert await ours.send() == ""
        await until(lambda: ours.ignored.counts)

    assert ours.ignored.counts == {"late_busy": 1}
    assert ours.late == []


async def test_an_answer_overtakes_the_200(tmp_path: Path):
    async with sipp(tmp_path, TAKE, verdict(0), answer("200 OK")) as centre, gateway(centre.port) as ours:
        assert await ours.send() == f"scaip mrs {REFERENCE}"


CHALLENGE = 'WWW-Authenticate: Digest realm="centre", qop="auth,auth-int", nonce="47364c23432d2e131a5fb210812c"'
CHECK = """
  <recv request="MESSAGE" crlf="true">
    <action>
      <verifyauth assign_to="good" username="150105000417" password="geheim" />
      <log message="good [$good]" />
    </action>
  </recv>
"""


async def test_a_centre_that_asks_for_a_password_gets_proof_of_it(tmp_path: Path):
    steps = (TAKE, answer("401 Unauthorized", CHALLENGE), CHECK, answer("200 OK"), verdict(0))
    async with sipp(tmp_path, *steps) as centre, gateway(centre.port, password="geheim") as ours:
        assert await ours.send() == f"scaip mrs {REFERENCE}"

    first, second = centre.heard()
    assert "good true" in centre.log()  # sipp's own verdict on the proof
    assert "Authorization" not in first
    assert 'Authorization: Digest username="150105000417", realm="centre"' in second
    assert [re.findall("CSeq: (.*?)\r?\n", message)[0] for message in (first, second)] == ["1 MESSAGE", "2 MESSAGE"]
    assert _one(first, "Call-ID") == _one(second, "Call-ID")
    assert _one(first, "From") == _one(second, "From")


@pytest.mark.parametrize("password", ["", "wrong"])
async def test_a_password_that_is_missing_or_wrong_is_told(tmp_path: Path, password: str):
    refusal = answer("401 Unauthorized", CHALLENGE)
    again = (TAKE, refusal) if password else ()
    async with sipp(tmp_path, TAKE, refusal, *again) as centre, gateway(centre.port, password=password) as ours:
        with pytest.raises(SendFailed) as caught:
            await ours.send()

    assert (caught.value.reason, caught.value.retry_s) == ("unauthorized", 60.0)


@pytest.mark.parametrize(
    ("status", "header", "reason", "retry_s"),
    [
        ("403 Forbidden", "Server: sipp", "forbidden", 60.0),
        ("404 Not Found", "Server: sipp", "unknown_centre", 60.0),
        ("415 Unsupported Media Type", "Server: sipp", "bad_format", 60.0),
        ("486 Busy Here", "Server: sipp", "refused", None),
        ("503 Service Unavailable", "Retry-After: 7", "busy", 7.0),
        ("302 Moved Temporarily", "Contact: <sip:elsewhere@127.0.0.1>", "refused", None),  # not followed
    ],
)
async def test_a_sip_refusal_has_a_name(tmp_path: Path, status: str, header: str, reason: str, retry_s: float | None):
    async with sipp(tmp_path, TAKE, answer(status, header)) as centre, gateway(centre.port) as ours:
        with pytest.raises(SendFailed) as caught:
            await ours.send()

    assert (caught.value.reason, caught.value.retry_s) == (reason, retry_s)


async def test_garbage_of_the_centres_is_refused_and_counted_and_the_verdict_still_counts(tmp_path: Path):
    async with (
        sipp(
            tmp_path,
            TAKE,
            answer("200 OK"),
            tell("this is no XML", expects=400),
            tell("<mrs><ref>somebodyelses</ref><snu>0</snu></mrs>", branch="[branch]x"),
            verdict(0, branch="[branch]y"),
        ) as centre,
        gateway(centre.port) as ours,
    ):
        assert await ours.send() == f"scaip mrs {REFERENCE}"
        await until(lambda: len(centre.answers()) == 3)

    assert ours.ignored.counts == {"not_xml": 1, "unknown_reference": 1}
    assert [line.split()[1] for line in centre.answers()] == ["400", "200", "200"]


async def test_a_heartbeat_is_sent_at_the_start_and_its_acceptance_is_told(tmp_path: Path):
    async with sipp(tmp_path, TAKE, answer("200 OK"), verdict(0)) as centre, gateway(centre.port, beats=True) as ours:
        await until(lambda: ours.told.states)

    assert ours.told.states == [True]
    assert "<mty>PI</mty><cid>150105000417</cid><dty>0002</dty><crd>no-voice:</crd><stc>0070</stc>" in centre.heard()[0]


async def test_a_connection_that_is_lost_is_dialled_again(tmp_path: Path):
    (tmp_path / "first").mkdir()
    (tmp_path / "second").mkdir()
    first = sipp(tmp_path / "first", TAKE, answer("200 OK"), verdict(0), tcp=True)
    async with first as centre, gateway(centre.port, transport="tcp") as ours:
        await ours.send()
        centre.stop()
        await until(lambda: ours.told.states == [True, False])
        with pytest.raises(SendFailed) as caught:
            await ours.send()
        async with sipp(tmp_path / "second", TAKE, answer("200 OK"), verdict(0), tcp=True, port=centre.port):
            await until(lambda: ours.centre._agent._wire._writer is not None)
            assert await ours.send() == f"scaip mrs {REFERENCE}"
            assert ours.told.states == [True, False, True]

    assert caught.value.reason == "link_down"


async def test_a_centre_is_reached_by_tls_with_an_authority_of_its_own(tmp_path: Path):
    keys = make_certificates(tmp_path / "keys")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(keys / "broker.pem", keys / "broker.key")
    plain = sipp(tmp_path, TAKE, answer("200 OK"), verdict(0), tcp=True)
    async with plain as centre, tls_before(centre.port, context) as port:
        async with gateway(port, transport="tls", ca_file=keys / "ca.pem") as ours:
            receipt = await ours.send()
        async with gateway(port, transport="tls", opens=False) as stranger:
            await until(lambda: stranger.told.states)

    assert receipt == f"scaip mrs {REFERENCE}"
    assert "CERTIFICATE_VERIFY_FAILED" in stranger.told.sentences[0]


@asynccontextmanager
async def tls_before(port: int, context: ssl.SSLContext) -> AsyncIterator[int]:
    """Speak TLS in front of a sipp, whose Debian build has none."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(_copy(reader, inner_writer), _copy(inner_reader, writer))

    relay = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    try:
        yield relay.sockets[0].getsockname()[1]
    finally:
        relay.close()


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while chunk := await source.read(4096):
            target.write(chunk)
    target.close()


def _one(message: str, header: str) -> str:
    return re.findall(f"{header}: (.*?)\r?\n", message)[0]
