"""The whole way: a press in the home, the hotline's telephone, a 1, and the alert is taken; with a real gateway."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.broker.gateway_process import Hook, device, gateway, home_toml, receiving, stored, until
from tests.mosquitto_broker import free_port
from tests.sipp_operator import Ear, Operator, answer, invited, press, say, wait
from tests.sipp_operator import until as until_request

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.mosquitto_broker import Mosquitto

TELEPHONE = """
[[trunks]]
name = "sipp"
host = "127.0.0.1"
port = {port}
username = "home-1"
registration = false
[[ladder]]
contact = "hotline"
channels = ["call"]
after_s = 0
number = "test-hotline"
"""


async def test_a_press_is_taken_by_telephone(
    mosquitto: Callable[..., Mosquitto], operator: Callable[..., Operator], ear: Ear, tmp_path: Path
) -> None:
    hotline = operator(invited(), say("180 Ringing"), answer(ear.port), wait(0.5), press("1"), until_request("BYE"))
    broker, hook = mosquitto(), Hook(free_port())
    config = home_toml(tmp_path, broker.port, hook.port)
    config.write_text(config.read_text(encoding="utf-8") + TELEPHONE.format(port=hotline.port), encoding="utf-8")
    async with receiving(hook):
        with gateway(config) as box, device(broker.port) as home:
            await box.connected()
            home.pushes().wait_for_publish(5)
            await until(lambda: any(body["alert"]["state"] == "acknowledged" for body in hook.bodies), box.said)
            await until(lambda: "BYE" in hotline.requests(), box.said)
            await until(lambda: ("receipted", "pressed 1") in stored(tmp_path / "store.db", SENT), box.said)
    assert stored(tmp_path / "store.db", "SELECT state, by FROM alerts") == [("acknowledged", "12349 养老服务热线")]
    assert hook.bodies[-1]["alert"]["by"] == "12349 养老服务热线"
    assert len(ear.frames) > 20


SENT = "SELECT state, receipt FROM deliveries WHERE channel = 'call'"
