"""Delivering what is due: order, retries, receipts, and lanes that do not hold each other up."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from alerts import lifecycle
from alerts.dispatch import Dispatcher, SendFailed
from alerts.lane import PLACES
from alerts.model import Alert, AlertKind, Delivery, DeliveryState, Detection, Phase, Severity

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

T0 = datetime(2026, 3, 1, 2, 0, tzinfo=UTC)


def alert(key: str = "k", severity: Severity = Severity.EMERGENCY) -> Alert:
    found = Detection(
        key=key,
        kind=AlertKind.EMERGENCY,
        phase=Phase.RAISED,
        severity=severity,
        subject=key,
        since=T0,
        at=T0,
        reason="pressed",
    )
    change = lifecycle.apply([], {}, found)
    assert change is not None
    return change.alert


def row(of: Alert, row_id: str = "d", **changes: object) -> Delivery:
    made = Delivery(
        id=row_id, alert_key=of.key, contact="station", channel="station", severity=of.severity, revision=1, due_at=T0
    )
    return replace(made, **changes)  # type: ignore[arg-type]


class Contact:
    """A channel whose answers the test decides."""

    def __init__(self, answer: Callable[[Delivery], str] = lambda _: "stored") -> None:
        self.sent: list[tuple[str, int, int]] = []
        self.answer = answer
        self.gate = asyncio.Event()
        self.gate.set()

    async def send(self, delivery: Delivery, alert: Alert) -> str:
        self.sent.append((delivery.id, delivery.attempt, alert.revision))
        await self.gate.wait()
        return self.answer(delivery)


class Telephone(Contact):
    """A channel that rings one call at a time, and notices that it was hung up."""

    places = (1, 1)

    def __init__(self) -> None:
        super().__init__()
        self.hung_up: list[str] = []

    async def send(self, delivery: Delivery, alert: Alert) -> str:
        try:
            return await super().send(delivery, alert)
        except asyncio.CancelledError:
            self.hung_up.append(delivery.id)
            raise


class Pigeon(Contact):
    """A channel whose receipts take a day."""

    receipt_timeout_s = 86_400


class Bench:
    """A dispatcher with a clock that the test moves."""

    def __init__(self) -> None:
        self.now = T0
        self.station, self.webhook, self.telephone, self.pigeon = Contact(), Contact(), Telephone(), Pigeon()
        self.recorded: list[Delivery] = []
        self.counted: list[tuple[str, str]] = []
        self.dispatcher = Dispatcher(
            self,
            {
                ("station", "station"): self.station,
                ("daughter", "webhook"): self.webhook,
                ("daughter", "call"): self.telephone,
                ("daughter", "sms"): self.pigeon,
            },
            now=lambda: self.now,
            receipt_timeout_s=10,
            counted=lambda channel, outcome: self.counted.append((channel, outcome)),
        )

    def record(self, delivery: Delivery) -> None:
        self.recorded.append(delivery)

    async def tell(self, of: Alert, *rows: Delivery) -> None:
        self.dispatcher.know([of])
        self.dispatcher.add(rows)
        await self.settle()

    async def later(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.dispatcher.wake()
        await self.settle()

    @staticmethod
    async def settle() -> None:
        for _ in range(200):
            await asyncio.sleep(0)


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    made = Bench()
    task = asyncio.create_task(made.dispatcher.run())
    await made.settle()
    yield made
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def refuse(_: Delivery) -> str:
    raise SendFailed("unreachable", "nobody there")


async def test_what_is_due_goes_at_once_and_its_receipt_is_recorded(bench: Bench):
    await bench.tell(alert(), row(alert()))
    assert bench.station.sent == [("d", 1, 1)]
    assert [(d.state, d.receipt, d.attempt) for d in bench.recorded] == [(DeliveryState.RECEIPTED, "stored", 0)]
    assert bench.dispatcher.under_way() == 0
    assert bench.counted == [("station", "receipted")]


async def test_what_is_not_due_waits_for_its_time(bench: Bench):
    await bench.tell(alert(), row(alert(), due_at=T0 + timedelta(seconds=60)))
    await bench.later(59)
    assert bench.station.sent == []
    await bench.later(1)
    assert bench.station.sent == [("d", 1, 1)]


async def test_failure_is_tried_again_with_the_same_id_until_it_works(bench: Bench):
    bench.station.answer = refuse
    await bench.tell(alert(), row(alert()))
    for wait_s in (0.5, 1, 2, 4, 5, 5):
        await bench.later(wait_s - 0.01)
        before = len(bench.station.sent)
        await bench.later(0.01)
        assert len(bench.station.sent) == before + 1
    assert bench.recorded[-1].error == "unreachable: nobody there"
    assert bench.recorded[-1].state is DeliveryState.DUE
    bench.station.answer = lambda _: "stored"
    await bench.later(5)
    assert bench.station.sent[-1] == ("d", 8, 1)
    assert bench.recorded[-1].state is DeliveryState.RECEIPTED


async def test_without_a_receipt_it_is_sent_again(bench: Bench):
    bench.station.answer = lambda _: ""
    await bench.tell(alert(), row(alert()))
    assert bench.recorded[-1].state is DeliveryState.SENT
    await bench.later(9.9)
    assert len(bench.station.sent) == 1
    await bench.later(0.1)
    assert bench.station.sent == [("d", 1, 1), ("d", 2, 1)]
    bench.dispatcher.receipted("d", "row 7")
    bench.dispatcher.receipted("d", "row 7")
    assert [(d.state, d.receipt) for d in bench.recorded[-1:]] == [(DeliveryState.RECEIPTED, "row 7")]
    await bench.later(60)
    assert len(bench.station.sent) == 2


async def test_a_receipt_that_overtakes_the_send_is_enough(bench: Bench):
    bench.station.answer = lambda _: ""
    bench.station.gate.clear()
    await bench.tell(alert(), row(alert()))
    bench.dispatcher.receipted("d", "row 1")
    bench.station.gate.set()
    await bench.settle()
    assert [d.state for d in bench.recorded] == [DeliveryState.RECEIPTED]
    assert bench.dispatcher.under_way() == 0


async def test_what_a_person_has_taken_is_not_sent_any_more(bench: Bench):
    bench.station.answer = refuse
    await bench.tell(alert(), row(alert()), row(alert(), "later", due_at=T0 + timedelta(seconds=60)))
    bench.dispatcher.supersede("k")
    await bench.later(600)
    assert bench.station.sent == [("d", 1, 1)]
    assert bench.dispatcher.under_way() == 0


async def test_a_hanging_contact_holds_up_nobody_else(bench: Bench):
    bench.station.gate.clear()
    await bench.tell(alert(), row(alert()), row(alert(), "w", contact="daughter", channel="webhook"))
    assert bench.webhook.sent == [("w", 1, 1)]
    assert bench.recorded[0].id == "w"
    bench.station.gate.set()
    await bench.settle()


async def test_an_emergency_overtakes_a_queue_of_faults_that_hang(bench: Bench):
    bench.station.gate.clear()
    faults = [alert(f"f{n}", Severity.FAULT) for n in range(100)]
    for fault in faults:
        await bench.tell(fault, row(fault, fault.key))
    assert len(bench.station.sent) == PLACES
    await bench.tell(alert("sos"), row(alert("sos"), "sos"))
    assert bench.station.sent[-1][0] == "sos"
    bench.station.gate.set()
    await bench.settle()
    assert len(bench.station.sent) == 101


async def test_among_the_waiting_the_gravest_goes_first_then_the_oldest(bench: Bench):
    fault, warning = alert("f", Severity.FAULT), alert("w", Severity.WARNING)
    sos, smoke = alert("e"), alert("h")
    later = T0 + timedelta(seconds=30)
    bench.dispatcher.know([fault, warning, sos, smoke])
    bench.dispatcher.add(
        [
            row(fault, "fault", due_at=T0 + timedelta(seconds=1)),
            row(warning, "warning", due_at=later),
            row(sos, "second", due_at=later),
            row(smoke, "first", due_at=T0 + timedelta(seconds=29)),
        ]
    )
    await bench.later(30)
    assert [sent[0] for sent in bench.station.sent] == ["first", "second", "warning", "fault"]


async def test_the_newest_state_of_the_alert_is_told(bench: Bench):
    await bench.tell(alert(), row(alert(), due_at=T0 + timedelta(seconds=60)))
    bench.dispatcher.know([replace(alert(), revision=5)])
    await bench.later(60)
    assert bench.station.sent == [("d", 1, 5)]


async def test_a_contact_that_was_removed_is_a_named_failure(bench: Bench):
    await bench.tell(alert(), row(alert(), contact="gone"))
    assert bench.recorded[0].state is DeliveryState.FAILED
    assert "no station to this contact any more" in bench.recorded[0].error


async def test_an_unexpected_error_ends_the_dispatcher():
    bench = Bench()

    def broken(_: Delivery) -> str:
        raise KeyError("bug")

    bench.station.answer = broken
    task = asyncio.create_task(bench.dispatcher.run())
    await bench.settle()
    bench.dispatcher.know([alert()])
    bench.dispatcher.add([row(alert())])
    with pytest.raises(ExceptionGroup) as caught:
        await task
    assert caught.group_contains(KeyError, match="bug")


async def test_what_rings_stops_when_somebody_has_taken_it(bench: Bench):
    bench.telephone.gate.clear()
    await bench.tell(alert(), row(alert(), "c", contact="daughter", channel="call"))
    bench.dispatcher.supersede("k")
    await bench.settle()
    assert bench.telephone.hung_up == ["c"]
    assert bench.dispatcher.under_way() == 0
    await bench.tell(alert("next"), row(alert("next"), "n", contact="daughter", channel="call"))
    assert [sent[0] for sent in bench.telephone.sent] == ["c", "n"]


async def test_a_send_that_is_stopped_before_it_began_frees_its_place(bench: Bench):
    bench.dispatcher.know([alert(), alert("next")])
    bench.dispatcher.add([row(alert(), "c", contact="daughter", channel="call")])
    bench.dispatcher.supersede("k")
    await bench.settle()
    bench.dispatcher.add([row(alert("next"), "n", contact="daughter", channel="call")])
    await bench.settle()
    assert [sent[0] for sent in bench.telephone.sent] == ["n"]


async def test_the_call_through_which_somebody_took_it_goes_on(bench: Bench):
    bench.telephone.gate.clear()
    await bench.tell(alert(), row(alert(), "c", contact="daughter", channel="call"))
    bench.dispatcher.keep("c")
    bench.dispatcher.supersede("k")
    await bench.settle()
    assert bench.telephone.hung_up == []
    bench.telephone.gate.set()
    await bench.settle()
    assert [(d.id, d.state, d.receipt) for d in bench.recorded] == [("c", DeliveryState.RECEIPTED, "stored")]
    assert bench.counted == [("call", "taken")]


async def test_a_channel_says_when_to_try_again(bench: Bench):
    def busy(_: Delivery) -> str:
        raise SendFailed("busy", "the line is busy", retry_s=30)

    bench.telephone.answer = busy
    await bench.tell(alert(), row(alert(), "c", contact="daughter", channel="call"))
    await bench.later(29)
    assert len(bench.telephone.sent) == 1
    await bench.later(1)
    assert len(bench.telephone.sent) == 2


async def test_a_later_call_takes_the_place_of_one_that_nobody_took(bench: Bench):
    bench.telephone.answer = refuse
    second = row(alert(), "second", contact="daughter", channel="call", due_at=T0 + timedelta(seconds=3))
    await bench.tell(alert(), row(alert(), "first", contact="daughter", channel="call"), second)
    for _ in range(10):
        await bench.later(1)
    assert [sent[0] for sent in bench.telephone.sent] == ["first"] * 3 + ["second"] * 4
    assert [d.id for d in bench.recorded if d.state is DeliveryState.SUPERSEDED] == ["first"]


async def test_two_channels_to_one_contact_do_not_wait_for_each_other(bench: Bench):
    bench.telephone.gate.clear()
    call = row(alert(), "c", contact="daughter", channel="call")
    await bench.tell(alert(), call, row(alert(), "w", contact="daughter", channel="webhook"))
    assert bench.webhook.sent == [("w", 1, 1)]
    bench.telephone.gate.set()


async def test_a_channel_says_how_long_its_receipts_take(bench: Bench):
    bench.pigeon.answer = lambda _: ""
    await bench.tell(alert(), row(alert(), contact="daughter", channel="sms"))
    await bench.later(86_399)
    assert len(bench.pigeon.sent) == 1
    await bench.later(1)
    assert len(bench.pigeon.sent) == 2


async def test_what_the_far_end_gives_up_later_is_tried_again_when_it_says(bench: Bench):
    bench.pigeon.answer = lambda _: ""
    await bench.tell(alert(), row(alert(), contact="daughter", channel="sms"))
    bench.dispatcher.failed("d", SendFailed("undeliverable", "no such number", retry_s=600))
    bench.dispatcher.failed("unknown", SendFailed("undeliverable", "no such number"))
    assert (bench.recorded[-1].state, bench.recorded[-1].error) == (
        DeliveryState.DUE,
        "undeliverable: no such number",
    )
    assert bench.counted == [("sms", "sent"), ("sms", "undeliverable")]
    await bench.later(599)
    assert len(bench.pigeon.sent) == 1
    await bench.later(1)
    assert len(bench.pigeon.sent) == 2
