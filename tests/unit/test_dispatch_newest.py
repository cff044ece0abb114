"""Several rows of one alert in one lane: the newest tells, the others need not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from alerts.model import DeliveryState
from tests.unit.test_dispatch import T0, Bench, alert, bench, refuse, row

__all__ = ["bench"]


def at(seconds: float) -> dict[str, object]:
    return {"due_at": T0 + timedelta(seconds=seconds)}


def superseded(bench: Bench) -> list[str]:
    return sorted(d.id for d in bench.recorded if d.state is DeliveryState.SUPERSEDED)


async def test_of_rows_that_fell_due_while_the_box_was_off_only_the_newest_goes(bench: Bench) -> None:
    pressed = replace(alert(), revision=3)
    rows = [
        row(pressed, "first"),
        row(pressed, "reminder", **at(2)),
        row(pressed, "pressed again", revision=3, **at(1)),
    ]
    bench.now += timedelta(seconds=40)
    await bench.tell(pressed, *rows, row(pressed, "at a minute", **at(60)))
    assert bench.station.sent == [("pressed again", 1, 3)]
    assert superseded(bench) == ["first", "reminder"]
    await bench.later(20)
    assert [sent[0] for sent in bench.station.sent] == ["pressed again", "at a minute"]


async def test_a_reminder_waits_for_the_telling_that_is_on_its_way_and_need_not_go_after_it(bench: Bench) -> None:
    bench.station.gate.clear()
    await bench.tell(alert(), row(alert()), row(alert(), "reminder", **at(2)))
    await bench.later(5)
    bench.station.gate.set()
    await bench.settle()
    assert [sent[0] for sent in bench.station.sent] == ["d"]
    assert superseded(bench) == ["reminder"]
    assert bench.dispatcher.under_way() == 0


async def test_what_falls_due_within_a_breath_of_a_late_telling_need_not_be_told(bench: Bench) -> None:
    bench.now += timedelta(seconds=3.5)  # the first was delayed
    rows = [row(alert(), "first", **at(2)), row(alert(), "reminder", **at(4)), row(alert(), "later", **at(5))]
    await bench.tell(alert(), *rows)
    await bench.later(60)
    assert [sent[0] for sent in bench.station.sent] == ["first", "later"]
    assert superseded(bench) == ["reminder"]


async def test_news_does_not_wait_for_the_telling_that_is_on_its_way(bench: Bench) -> None:
    bench.station.gate.clear()
    await bench.tell(alert(), row(alert()))
    again = replace(alert(), revision=2, count=2)
    await bench.tell(again, row(again, "pressed again", revision=2))
    assert [sent[::2] for sent in bench.station.sent] == [("d", 1), ("pressed again", 2)]
    bench.station.gate.set()
    await bench.settle()
    assert superseded(bench) == []


async def test_a_reminder_takes_the_place_of_what_failed_and_waits_to_be_tried_again(bench: Bench) -> None:
    bench.station.answer = refuse
    await bench.tell(alert(), row(alert()), row(alert(), "reminder", **at(0.1)))
    bench.station.answer = lambda _: "stored"
    await bench.later(0.1)
    await bench.later(60)
    assert [sent[0] for sent in bench.station.sent] == ["d", "reminder"]
    assert superseded(bench) == ["d"]


async def test_what_waits_goes_when_the_telling_on_its_way_fails(bench: Bench) -> None:
    bench.station.gate.clear()
    await bench.tell(alert(), row(alert()), row(alert(), "reminder", **at(2)))
    await bench.later(2)
    bench.station.answer = refuse
    bench.station.gate.set()
    await bench.settle()
    bench.station.answer = lambda _: "stored"
    await bench.later(60)
    assert [sent[0] for sent in bench.station.sent] == ["d", "reminder", "reminder"]
    assert bench.dispatcher.under_way() == 0


async def test_a_receipt_ends_what_would_have_said_the_same(bench: Bench) -> None:
    bench.station.answer = lambda _: ""
    again = replace(alert(), revision=2)
    await bench.tell(alert(), row(alert()))
    await bench.tell(again, row(again, "pressed again", revision=2))
    bench.dispatcher.receipted("pressed again", "stored")
    await bench.later(60)
    assert [sent[0] for sent in bench.station.sent] == ["d", "pressed again"]
    assert bench.dispatcher.under_way() == 0


async def test_one_lane_does_not_speak_for_another(bench: Bench) -> None:
    bench.now += timedelta(seconds=40)
    away = {"contact": "daughter", "channel": "webhook"}
    await bench.tell(alert(), row(alert()), row(alert(), "hers", **away), row(alert(), "hers again", **away, **at(2)))
    assert [sent[0] for sent in bench.station.sent] == ["d"]
    assert [sent[0] for sent in bench.webhook.sent] == ["hers again"]
