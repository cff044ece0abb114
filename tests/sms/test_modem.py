"""What goes out through the real ModemManager, and everything that may be missing."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

import pytest

from alerts.channels.texting import bus as modem_bus
from alerts.channels.texting import modem as modem_module
from alerts.dispatch import SendFailed
from tests.sms.at_modem import LOCKED, NO_SIM, AtModem
from tests.sms.carried import AT, NUMBER, WORDS, failure
from tests.sms.patience import until
from tests.sms.pdu import Submitted

if TYPE_CHECKING:
    from pathlib import Path

    from alerts.channels.texting.mail import Text
    from alerts.channels.texting.modem import Modem
    from tests.sms.carried import Carried
    from tests.sms.modem_manager import Stack

VALID_12_H = 143
"""Source: 3GPP TS 23.040 section 9.2.3.12.1: five minutes each, less one."""


def _tells(modem: Modem, reason: str) -> bool:
    return modem._obstacle is not None and modem._obstacle.reason == reason


async def test_a_message_goes_out_whole_in_one_piece_and_is_forgotten(
    stack: Stack, carried: Carried, phone: AtModem
) -> None:
    modem = await carried.ready(stack)
    await modem.send(NUMBER, WORDS, gravity=0, reported=lambda _: None)
    assert phone.sent == [
        (
            7,
            Submitted(number=NUMBER, text=WORDS, wants_report=True, concatenated=False, validity=VALID_12_H),
        )
    ]
    await until(lambda: not modem.inbox.ours)
    assert await carried.messages() == []
    await modem.send(NUMBER, WORDS, gravity=0)
    assert not phone.sent[1][1].wants_report


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (NUMBER, "not_production"),
        ("96111", "not_production"),
        ("1 2 0", "not_production"),
        ("+86-139-5550-0417", "not_production"),
        ("１２０", "not_a_number"),
        ("tel:120", "not_a_number"),
        ("test-daughter", "test_target_outside"),
    ],
)
async def test_no_number_is_reached_unless_the_home_is_in_production(
    stack: Stack, carried: Carried, phone: AtModem, number: str, reason: str
) -> None:
    modem = carried.start(stack.address, production=False)
    assert (await failure(modem, number)).reason == reason
    assert phone.sent == []


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("331", "no_network"),
        ("332", "network_timeout"),
        ("310", "no_sim"),
        ("311", "sim_locked"),
        ("330", "no_message_centre"),
        ("38", "modem_refused"),  # network out of order, 3GPP TS 24.011
    ],
)
async def test_what_the_network_or_modem_refuses_has_a_name(
    stack: Stack, carried: Carried, phone: AtModem, fault: str, reason: str
) -> None:
    modem = await carried.ready(stack)
    phone.faults.append(fault)
    assert (await failure(modem)).reason == reason
    await modem.send(NUMBER, WORDS, gravity=0)
    assert len(phone.sent) == 1


async def test_a_network_that_never_answers_fails_in_time(
    stack: Stack, carried: Carried, phone: AtModem, monkeypatch: pytest.MonkeyPatch
) -> None:
    modem = await carried.ready(stack)
    monkeypatch.setattr(modem_bus, "SLOW_S", 0.2)
    phone.faults.append("")
    assert (await failure(modem)).reason == "network_timeout"


async def test_three_failures_in_a_row_are_a_trouble_and_one_success_ends_it(
    stack: Stack, carried: Carried, phone: AtModem
) -> None:
    modem = await carried.ready(stack)
    phone.faults += ["331"] * 3
    assert carried.troubles == [True, False]
    assert await modem.probe() == "the modem is registered"
    for _ in range(3):
        await failure(modem)
    assert carried.troubles == [True, False, True]
    with pytest.raises(SendFailed, match=r"failing: .*the last 3 messages have failed"):
        await modem.probe()
    await modem.send(NUMBER, WORDS, gravity=0)
    assert carried.troubles == [True, False, True, False]


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("sim", "reason"),
    [(NO_SIM, "no_sim"), (LOCKED, "sim_locked")],
)
async def test_a_modem_without_an_open_sim_card_says_so(
    stack: Stack, carried: Carried, phone: AtModem, sim: str, reason: str
) -> None:
    phone.sim = sim
    modem = carried.start(stack.address)
    await stack.plug_in(phone)
    await until(partial(_tells, modem, reason), lambda: str(modem._obstacle))
    assert (await failure(modem)).reason == reason
    with pytest.raises(SendFailed, match=reason):
        await modem.probe()
    assert carried.troubles == [True]


@pytest.mark.usefixtures("impatient")
async def test_another_modem_is_not_used(stack: Stack, carried: Carried, phone: AtModem) -> None:
    modem = carried.start(stack.address, wanted="990000999999999")
    await stack.plug_in(phone)
    await until(lambda: 'AT+CLCK="SC",2' in phone.asked)  # ModemManager has made it known
    await until(partial(_tells, modem, "no_modem"))
    assert (await failure(modem)).reason == "no_modem"


async def test_messages_wait_for_the_network_and_go_out_when_it_is_found_the_gravest_first(
    stack: Stack, carried: Carried, phone: AtModem
) -> None:
    phone.registered = False
    modem = carried.start(stack.address)
    await stack.plug_in(phone)
    await until(partial(_tells, modem, "no_network"), lambda: str(modem._obstacle))
    sending = [asyncio.create_task(modem.send(NUMBER, text, gravity=n)) for n, text in ((4, "故障"), (0, "按铃"))]
    await asyncio.sleep(0.05)
    assert not any(task.done() for task in sending)
    phone.find_network(found=True)
    await asyncio.gather(*sending)
    assert [message.text for _, message in phone.sent] == ["按铃", "故障"]


async def test_a_modem_that_is_pulled_out_and_put_back_is_found_again(
    own_stack: Stack, carried: Carried, phone: AtModem
) -> None:
    modem = await carried.ready(own_stack)
    own_stack.start_polkit()
    async with own_stack.pulled_out(phone):
        await until(partial(_tells, modem, "no_modem"))
    await modem.send(NUMBER, WORDS, gravity=0)
    assert len(phone.sent) == 1
    assert carried.troubles == [True, False, True, False]


async def test_a_bus_that_does_not_let_us_enable_the_modem_says_what_to_do(
    own_stack: Stack, carried: Carried, phone: AtModem
) -> None:
    own_stack.stop_manager()
    own_stack.stop_bus()
    own_stack.start_bus('<deny send_interface="org.freedesktop.ModemManager1.Modem" send_member="Enable"/>')
    own_stack.start_manager()
    modem = carried.start(own_stack.address)
    await own_stack.plug_in(phone)
    await until(partial(_tells, modem, "not_allowed"), lambda: str(modem._obstacle))


async def test_the_gravest_goes_first_and_one_at_a_time(stack: Stack, carried: Carried, phone: AtModem) -> None:
    modem = await carried.ready(stack)
    grave = {"故障": 4, "详情": 1, "按铃": 0, "警告": 2}
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(modem.send(NUMBER, "先来", gravity=4))
        for text, gravity in grave.items():
            tasks.create_task(modem.send(NUMBER, text, gravity=gravity))
    assert [message.text for _, message in phone.sent] == ["先来", "按铃", "详情", "警告", "故障"]


async def test_a_send_that_is_no_longer_wanted_ends_at_once_and_the_next_one_goes_out(
    stack: Stack, carried: Carried, phone: AtModem
) -> None:
    modem = await carried.ready(stack)
    phone.faults.append("")
    hanging = asyncio.create_task(modem.send(NUMBER, "卡住", gravity=0))
    waiting = asyncio.create_task(modem.send(NUMBER, "等着", gravity=1))
    await until(lambda: any(command.startswith("AT+CMGS") for command in phone.asked))
    began = asyncio.get_running_loop().time()
    for task in (waiting, hanging):
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert asyncio.get_running_loop().time() - began < 0.5
    await until(lambda: not modem.inbox.ours)


async def test_after_a_restart_of_modem_manager_everything_goes_on(
    own_stack: Stack, carried: Carried, phone: AtModem
) -> None:
    modem = await carried.ready(own_stack)
    own_stack.stop_manager()
    await until(partial(_tells, modem, "no_modem_manager"), lambda: str(modem._obstacle))
    own_stack.start_manager()
    other = AtModem(name=f"{phone.name}-other", imei="990000888888888")
    await other.plug_in()
    await own_stack.plug_in(other)  # takes the object path that ours had
    phone.hear(NUMBER, "1", AT)
    heard = asyncio.Event()

    async def hear(_: Text) -> None:
        heard.set()

    modem.inbox.listen(NUMBER, hear)
    await own_stack.plug_in(phone)
    await modem.send(NUMBER, WORDS, gravity=0)
    await heard.wait()
    assert (len(phone.sent), len(other.sent)) == (1, 0)
    assert carried.troubles == [True, False, True, False]
    await other.unplug()


async def test_a_bus_that_goes_and_comes_back_is_found_again(
    own_stack: Stack, carried: Carried, phone: AtModem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(modem_module, "RECONNECT_S", (0.05, 0.2))
    modem = await carried.ready(own_stack)
    own_stack.stop_bus()
    await until(partial(_tells, modem, "no_bus"), lambda: str(modem._obstacle))
    own_stack.stop_manager()
    sending = asyncio.create_task(modem.send(NUMBER, WORDS, gravity=0))
    own_stack.start_bus()
    own_stack.start_manager()
    await own_stack.plug_in(phone)
    await sending
    assert len(phone.sent) == 1
    assert carried.troubles == [True, False, True, False]


async def test_a_bus_that_dies_while_a_message_is_being_sent_fails_it(
    own_stack: Stack, carried: Carried, phone: AtModem
) -> None:
    modem = await carried.ready(own_stack)
    phone.faults.append("")
    sending = asyncio.create_task(failure(modem))
    await until(lambda: any(command.startswith("AT+CMGS") for command in phone.asked))
    own_stack.stop_bus()
    assert (await sending).reason == "no_bus"


async def test_a_modem_that_works_at_the_start_ends_a_trouble_of_before(
    stack: Stack, carried: Carried, phone: AtModem
) -> None:
    await carried.ready(stack)
    await carried.stop()
    assert carried.troubles == [True, False]  # to be stopped is no trouble
    carried.troubles.clear()
    carried.start(stack.address)
    await until(lambda: carried.troubles[-1:] == [False])


@pytest.mark.usefixtures("impatient")
async def test_no_bus_at_all_is_told(carried: Carried, tmp_path: Path) -> None:
    modem = carried.start(f"unix:path={tmp_path / 'none'}")
    await until(lambda: carried.troubles == [True])
    assert (await failure(modem)).reason == "no_bus"
