"""A press becomes a text message, and a reply becomes an acknowledgement: the whole gateway, ModemManager, a modem."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.broker.gateway_process import Gateway, Hook, device, gateway, home_toml, receiving, stored, until
from tests.mosquitto_broker import free_port, mosquitto_factory
from tests.sms.carried import NUMBER

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.mosquitto_broker import Mosquitto
    from tests.sms.at_modem import AtModem
    from tests.sms.modem_manager import Stack

__all__ = ["mosquitto_factory"]

TEXTS = """
[hotline]
production = true
[sms]
bus = "{bus}"
modem = "{modem}"
[[ladder]]
contact = "女儿"
channels = ["sms"]
number = "{number}"
after_s = 0
"""
ALERT = 'SELECT state, "by" FROM alerts'


def written(tmp_path: Path, broker: int, hook: int, stack: Stack, phone: AtModem) -> Path:
    config = home_toml(tmp_path, broker, hook)
    texts = TEXTS.format(bus=stack.address, modem=phone.imei, number=NUMBER)
    config.write_text(config.read_text("utf-8").replace("[store]", f"{texts}[store]"), "utf-8")
    return config


async def ready(run: Gateway) -> None:
    await run.connected()
    await until(lambda: "text messages: the modem is ready" in run.said(), run.said)


async def test_a_press_is_texted_and_the_reply_takes_it(
    mosquitto: Callable[..., Mosquitto], tmp_path: Path, stack: Stack, phone: AtModem
) -> None:
    hook, broker = Hook(free_port()), mosquitto()
    await stack.plug_in(phone)
    config, store = written(tmp_path, broker.port, hook.port, stack, phone), tmp_path / "store.db"
    async with receiving(hook):
        with gateway(config) as run, device(broker.port) as home:
            await ready(run)
            home.presses()
            await until(lambda: len(phone.sent) == 2, run.said)
            (reference, first), (_, second) = phone.sent
            assert first.number == NUMBER
            assert first.text.startswith("【守望】紧急呼叫 测试 ")
            assert first.text.endswith("。测试路1号，床位B-1。回复1接警")
            assert second.text.endswith("进门：敲门；病史：轻度失能")
            phone.report(NUMBER, reference)
            sql = "SELECT state, receipt FROM deliveries WHERE channel = 'sms' AND attempt > 0"
            await until(lambda: [row[0] for row in stored(store, sql)] == ["receipted"], run.said)
            assert stored(store, sql)[0][1].startswith("telephone 20")
            phone.hear(NUMBER, "1")
            await until(lambda: hook.bodies[-1]["alert"]["state"] == "acknowledged", run.said)
            assert hook.bodies[-1]["alert"]["by"] == "女儿"
            await until(lambda: len(phone.sent) == 3 and not phone.store, run.said)
            assert phone.sent[2][1].text.startswith("【守望】已记下由您接警，请尽快前往：紧急呼叫 测试 ")
            assert stored(store, ALERT) == [("acknowledged", "女儿")]
            assert run.stop() == 0


async def test_a_reply_that_comes_while_the_gateway_is_down_is_not_lost(
    mosquitto: Callable[..., Mosquitto], tmp_path: Path, stack: Stack, phone: AtModem
) -> None:
    hook, broker = Hook(free_port()), mosquitto()
    await stack.plug_in(phone)
    config, store = written(tmp_path, broker.port, hook.port, stack, phone), tmp_path / "store.db"
    async with receiving(hook):
        with gateway(config) as run, device(broker.port) as home:
            await ready(run)
            home.presses()
            await until(lambda: len(phone.sent) == 2, run.said)
            phone.report(NUMBER, phone.sent[0][0])
            sql = "SELECT count(*) FROM deliveries WHERE channel = 'sms' AND state = 'receipted'"
            await until(lambda: stored(store, sql) == [(1,)], run.said)
            run.kill()
            phone.hear(NUMBER, "接警")
            run.start()
            await until(lambda: stored(store, ALERT) == [("acknowledged", "女儿")], run.said)
            await until(lambda: len(phone.sent) == 3 and not phone.store, run.said)
