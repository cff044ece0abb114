"""A press in a real home reaches two real alarm centres, also across kill -9."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pysiaalarm import SIAAccount

from alerts.channels.centre.dc09_frame import decode
from tests.broker.gateway_process import device, gateway, home_toml, stored
from tests.centres.receivers import answer, pysiaalarm, scripted
from tests.centres.sipp_centre import TAKE, sipp, verdict
from tests.centres.sipp_centre import answer as sip_answer
from tests.centres.staged import until
from tests.mosquitto_broker import free_port

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.mosquitto_broker import Mosquitto

KEY = "00112233445566778899aabbccddeeff"
RUNG = '[[ladder]]\ncontact = "{name}"\nchannels = ["{name}"]\nafter_s = 0\n'
DELIVERED = "SELECT channel, state, receipt FROM deliveries WHERE channel != 'webhook' ORDER BY channel"


def home(folder: Path, broker: int, **sections: str) -> Path:
    """Write a home with these centres beside its webhook, which nobody runs."""
    config = home_toml(folder, broker, free_port())
    centres = "".join(
        f'[{name}]\nhost = "127.0.0.1"\n{text}\n{RUNG.format(name=name)}' for name, text in sections.items()
    )
    config.write_text(config.read_text("utf-8") + centres, "utf-8")
    return config


async def test_a_press_reaches_both_centres_and_both_receipts_are_kept(
    mosquitto: Callable[..., Mosquitto], tmp_path: Path
):
    broker = mosquitto()
    (tmp_path / "key").write_text(KEY, "ascii")
    accepting = sipp(tmp_path, TAKE, sip_answer("200 OK"), verdict(0))
    async with (
        pysiaalarm(SIAAccount("0417", KEY)) as receiver,
        accepting as centre,
    ):
        receiver.client.accounts[0].key_b = bytes.fromhex(KEY)  # pysiaalarm takes characters, a centre gives hex digits
        config = home(
            tmp_path,
            broker.port,
            dc09=f'port = {receiver.port}\naccount = "0417"\nkey = {{ file = "key" }}',
            scaip=f'port = {centre.port}\naccount = "417"',
        )
        with gateway(config) as box, device(broker.port) as pendant:
            await box.connected()
            pendant.presses().wait_for_publish(5)
            await until(lambda: [row[1] for row in stored(tmp_path / "store.db", DELIVERED)] == ["receipted"] * 2)
            assert box.stop() == 0

    (dc09, scaip) = stored(tmp_path / "store.db", DELIVERED)
    events = [(event.message_type.value, event.event_type, event.ri) for event in receiver.events]
    assert sorted(events, key=str) == [("ADM-CID", "101", "005"), ("NULL", None, "0")]
    assert (dc09[0], dc09[2].split()[0], dc09[2].split()[3:]) == ("dc09", "dc09", ["1101", "00", "005"])
    assert (scaip[0], scaip[2][:10]) == ("scaip", "scaip mrs ")
    messages = centre.heard()
    assert sum("<mty>ME</mty><cid>417</cid><dty>0004</dty><did>5</did>" in message for message in messages) == 1
    assert sum("<mty>PI</mty>" in message for message in messages) >= 1
    assert all("测试路" not in message for message in messages)  # the address stays at home
    said = box.said()
    assert "gateway/dc09 answers" in said
    assert "gateway/scaip answers" in said


async def test_a_message_keeps_its_number_when_the_gateway_is_killed_before_the_answer(
    mosquitto: Callable[..., Mosquitto], tmp_path: Path
):
    broker = mosquitto()
    async with scripted() as receiver:
        receiver.afterwards = lambda raw: b"garbage\r" + answer("ACK")(raw) if b"NULL" in raw else b""
        config = home(tmp_path, broker.port, dc09=f'port = {receiver.port}\naccount = "0417"')
        with gateway(config) as box, device(broker.port) as pendant:
            await box.connected()
            pendant.presses().wait_for_publish(5)
            await until(lambda: _numbers(receiver.heard))
            box.kill()
            receiver.afterwards = answer("ACK")
            box.start()
            await until(lambda: [row[1] for row in stored(tmp_path / "store.db", DELIVERED)] == ["receipted"])
            assert box.stop() == 0

    refused = stored(tmp_path / "store.db", "SELECT DISTINCT reason, topic FROM refusals")
    assert refused == [("format", "gateway/dc09")]  # told to the installer, and harmless
    assert len(_numbers(receiver.heard)) == 1
    assert sum(b"ADM-CID" in raw for raw in receiver.heard) == 2


def _numbers(heard: list[bytes]) -> set[int]:
    return {decode(raw, None).sequence for raw in heard if b"ADM-CID" in raw}
