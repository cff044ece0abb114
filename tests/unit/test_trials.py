"""The gateway's end of `shouwang test`, asked over HTTP: what each press and each contact came to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from alerts.model import AlertKind, AlertState, Outcome, Severity
from alerts.wire import Action
from gateway import trials as trials_module
from gateway.glance import Glance
from tests.crashing_box import T0, Box, seconds, settings_of
from tests.served_home import BEARER, serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

EVERYTHING = ("button", "flag", "pendant", "radar", "door")


@pytest.fixture
async def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Box]:
    made = Box(settings_of(tmp_path / "home"), lambda *_: "", monkeypatch)
    await made.start()
    yield made
    await made.stop()


class Guide:
    """Asks the home's API; the box does whatever is to happen meanwhile."""

    def __init__(self, client: aiohttp.ClientSession, box: Box) -> None:
        self._client = client
        self.box = box
        self.seen = 0

    async def asks(self, path: str, body: dict[str, Any] | None = None) -> tuple[int, Any]:
        way = self._client.get(path) if body is None else self._client.post(path, json=body)
        async with way as answer:
            said = await answer.json()
        return answer.status, said

    async def post(self, path: str, **body: Any) -> Any:  # noqa: ANN401 - JSON
        status, said = await self.asks(path, body)
        assert status in {200, 201}, said
        return said

    async def refused(self, path: str, **body: Any) -> tuple[int, str]:  # noqa: ANN401 - JSON
        status, said = await self.asks(path, body)
        return status, said["error"]

    async def row(self, device: str) -> dict[str, Any]:
        status, said = await self.asks("/trial?seen=0")
        assert status == 200, said
        return next(row for row in said["run"]["rows"] if row["device"] == device)

    async def later(self, by_s: float) -> None:
        await self.box.pass_to(self.box.clock.at + seconds(by_s))
        await self.box.tick()
        self.box.app.trials.tick()
        await self.box.settle()

    async def tries(self, device: str, facts: dict[str, Any]) -> dict[str, Any]:
        """Arms a device, has it speak, and says that it was the test."""
        await self.post("/trial/arm", device=device)
        await self.later(1)
        await self.box.says(device, facts)
        row = await self.row(device)
        assert (row["stage"], row["pressed_at"]) == ("held", self.box.clock.at.isoformat().replace("+00:00", "Z"))
        await self.later(2)
        await self.post("/trial/answer", press_key=row["press_key"], was_test=True)
        await self.later(1)
        await self.later(1)  # the far end of some deliveries is only reached at the second try
        return row

    async def accepts(self) -> None:
        """The station's staff take every test alert."""
        for key, alert in self.box.app.watch.belief.alerts.items():
            if alert.test and alert.state is AlertState.OPEN and "station" in str(alert.evidence["contacts"]):
                await self.box.decides_on(key, Action.ACKNOWLEDGED)


@pytest.fixture
async def guide(box: Box) -> AsyncIterator[Guide]:
    async with (
        serving(Glance(box.app)) as address,
        aiohttp.ClientSession(address, headers=BEARER) as client,
    ):
        yield Guide(client, box)


async def test_a_whole_test_of_all_buttons_is_told_taken_closed_and_kept(guide: Guide, box: Box) -> None:
    _, plan = await guide.asks("/trial/plan")
    assert [device["id"] for device in plan["devices"]] == list(EVERYTHING)
    assert plan["contacts"] == [{"contact": "daughter", "channels": ["webhook"]}]
    assert (plan["proved_at"], plan["due_at"], plan["past"]) == (None, "2026-11-10T00:00:00Z", [])
    begun = await guide.post("/trial", by="小王", contact="daughter")
    assert (begun["id"], begun["wanted"], begun["passed"]) == (1, ["button", "flag", "pendant"], False)
    for device, facts in (("button", {"action": "emergency"}), ("flag", {"sos": True}), ("pendant", {"sos": "press"})):
        row = await guide.tries(device, facts)
        assert not (await guide.row(device))["worked"], "the station has not taken it yet"
        await guide.accepts()
        tellings = {each["contact"]: each for each in (await guide.row(device))["tellings"]}
        assert set(tellings) == ({"station", "daughter"} if device == "button" else {"station"})
        assert (tellings["station"]["by"], tellings["station"]["worked"]) == ("王", True)
        assert tellings["station"]["told_at"] >= row["pressed_at"]
        await guide.later(5)
    ended = await guide.post("/trial/end")
    assert (ended["passed"], ended["by"]) == (True, "小王")
    assert [row["worked"] for row in ended["rows"]] == [True, True, True]
    await box.settle()
    assert box.app.watch.belief.alerts == {}
    alerts = await box.alerts()
    assert {(alert.kind, alert.state, alert.outcome, alert.test) for alert in alerts} == {
        (AlertKind.TEST, AlertState.CLOSED, Outcome.TEST, True)
    }
    _, plan = await guide.asks("/trial/plan")
    assert plan["past"] == [ended]
    assert (plan["proved_at"], plan["due_at"]) == (ended["ended_at"], "2026-12-11T00:00:30Z")


async def test_only_named_contacts_are_told_and_every_hop_says_test(guide: Guide, box: Box) -> None:
    await guide.post("/trial", by="小王")
    await guide.tries("button", {"action": "emergency"})
    assert {alert.key.rpartition(":")[2] for alert in box.far.told.values()} == {"station"}
    assert all(alert.test and alert.kind is AlertKind.TEST for alert in box.far.told.values())
    await guide.later(3600)
    assert len([alert for alert in box.far.told.values() if alert.test]) == 1, "a test goes round no ladder"


async def test_a_press_that_is_not_confirmed_is_told_as_real_and_the_guide_sees_it(guide: Guide, box: Box) -> None:
    await guide.post("/trial", by="小王")
    await guide.post("/trial/arm", device="button")
    await box.says("button", {"action": "emergency"})
    assert box.app.watch.belief.alerts == {}
    key = (await guide.row("button"))["press_key"]
    await guide.later(61)
    assert [alert.kind for alert in box.app.watch.belief.alerts.values()] == [AlertKind.EMERGENCY]
    assert await guide.refused("/trial/answer", press_key=key, was_test=True) == (409, "too_late")
    _, said = await guide.asks("/trial?seen=0")
    assert said["run"]["rows"][0]["stage"] == "real"
    (real,) = said["real"]
    assert real["key"] == key
    assert real["sentence_zh"].startswith("测试老人")
    ended = await guide.post("/trial/end")
    assert (ended["passed"], ended["rows"][0]["stage"]) == (False, "real")


async def test_an_answer_that_comes_with_the_end_of_the_minute_is_too_late(guide: Guide, box: Box) -> None:
    await guide.post("/trial", by="小王")
    await guide.post("/trial/arm", device="button")
    await box.says("button", {"action": "emergency"})
    key = (await guide.row("button"))["press_key"]
    box.clock.at += seconds(60)
    assert await guide.refused("/trial/answer", press_key=key, was_test=True) == (409, "too_late")


async def test_no_it_was_not_me_goes_out_at_once(guide: Guide, box: Box) -> None:
    await guide.post("/trial", by="小王")
    await guide.post("/trial/arm", device="button")
    await box.says("button", {"action": "emergency"})
    key = (await guide.row("button"))["press_key"]
    run = await guide.post("/trial/answer", press_key=key, was_test=False)
    assert run["rows"][0]["stage"] == "real"
    assert [alert.key for alert in box.app.watch.belief.alerts.values()] == [key]


async def test_a_real_press_during_the_test_is_real_at_once(guide: Guide, box: Box) -> None:
    await guide.post("/trial", by="小王")
    await guide.post("/trial/arm", device="button")
    await box.says("pendant", {"sos": "press"})
    assert [alert.kind for alert in box.app.watch.belief.alerts.values()] == [AlertKind.EMERGENCY]
    _, said = await guide.asks("/trial?seen=0")
    assert len(said["real"]) == 1
    assert said["run"]["rows"][0]["stage"] == "armed"


async def test_a_killed_gateway_ends_the_test_and_a_held_press_is_real(guide: Guide, box: Box) -> None:
    await guide.post("/trial", by="小王")
    await guide.tries("flag", {"sos": True})
    await guide.post("/trial/arm", device="button")
    await box.says("button", {"action": "emergency"})
    assert (await guide.row("button"))["stage"] == "held"
    await box.stop()
    await box.start()
    await box.settle()
    kinds = {alert.kind for alert in box.app.watch.belief.alerts.values()}
    assert kinds == {AlertKind.EMERGENCY, AlertKind.TEST}
    emergency = next(a for a in box.app.watch.belief.alerts.values() if a.kind is AlertKind.EMERGENCY)
    assert emergency.evidence["held_s"] == 0.0
    assert emergency.key.startswith("emergency:button:")
    assert box.app.watch.belief.state.trial.armed is None
    with pytest.raises(Exception, match="no_trial"):
        await box.app.trials.look(0, 0)
    box.app.trials.tick()
    await box.settle()
    assert [a.kind for a in box.app.watch.belief.alerts.values()] == [AlertKind.EMERGENCY], "nobody guides it any more"


async def test_a_guide_that_is_gone_ends_the_test(guide: Guide, box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    await guide.post("/trial", by="小王")
    await guide.post("/trial/arm", device="button")
    monkeypatch.setattr(trials_module, "ABANDONED_S", -1.0)
    await guide.later(1)
    await box.says("button", {"action": "emergency"})
    assert [alert.kind for alert in box.app.watch.belief.alerts.values()] == [AlertKind.EMERGENCY]
    (kept,) = await box.recall.trials(5)
    assert (kept.passed, kept.rows[0].stage) == (False, "silent")


async def test_what_cannot_be_done_is_refused_by_name(guide: Guide, box: Box) -> None:
    for path, body in (
        ("/trial/arm", {"device": "button"}),
        ("/trial/answer", {"press_key": "x", "was_test": True}),
        ("/trial/end", {}),
    ):
        assert await guide.refused(path, **body) == (404, "no_trial")
    assert (await guide.asks("/trial?seen=0"))[0] == 404
    assert await guide.refused("/trial") == (422, "no_name")
    assert await guide.refused("/trial", by="小王", contact="nobody") == (404, "unknown_contact")
    await guide.post("/trial", by="小王")
    assert await guide.refused("/trial", by="小李") == (409, "trial_running")
    assert await guide.refused("/trial/arm", device="motion") == (404, "unknown_device")
    assert await guide.refused("/trial/answer", press_key="x", was_test=True) == (409, "too_late")
    await guide.post("/trial/arm", device="button")
    await box.says("button", {"action": "emergency"})
    assert await guide.refused("/trial/arm", device="flag") == (409, "press_waits")
    assert await guide.refused("/trial/arm", device="button", more=1) == (422, "bad_input")


async def test_strangers_may_not_test(guide: Guide) -> None:
    asked = [("GET", "/trial"), ("GET", "/trial/plan")]
    asked += [("POST", path) for path in ("/trial", "/trial/arm", "/trial/answer", "/trial/end")]
    async with aiohttp.ClientSession(guide._client._base_url) as stranger:
        for method, path in asked:
            async with stranger.request(method, path, json={}) as answer:
                assert answer.status == 401


async def test_trying_a_device_again_forgets_what_it_came_to_before(guide: Guide, box: Box) -> None:
    await guide.post("/trial", by="小王", contact="daughter")
    await guide.post("/trial/arm", device="button")
    await guide.later(61)
    assert (await guide.row("button"))["stage"] == "silent"
    await guide.tries("button", {"action": "emergency"})
    row = await guide.row("button")
    assert (row["stage"], [each["contact"] for each in row["tellings"]]) == ("test", ["station", "daughter"])
    assert (await guide.post("/trial/end"))["passed"] is False, "the station has not taken it"


async def test_a_month_without_a_test_is_told_to_the_station_until_one_is_made(guide: Guide, box: Box) -> None:
    await guide.later(86_400 * 7 + 60)
    (fault,) = [alert for alert in box.app.watch.belief.alerts.values() if alert.subject == "gateway/trial"]
    assert (fault.kind, fault.severity, fault.reason) == (AlertKind.SYSTEM, Severity.FAULT, "trial_overdue")
    await guide.later(1)
    assert fault.key in {alert.key for alert in box.far.told.values()}
    await guide.post("/trial", by="小王")
    for device, facts in (("button", {"action": "emergency"}), ("flag", {"sos": True}), ("pendant", {"sos": "press"})):
        await guide.tries(device, facts)
        await guide.accepts()
    assert (await guide.post("/trial/end"))["passed"]
    await box.settle()
    assert box.app.watch.belief.alerts[fault.key].state is AlertState.RETURNED
    assert (await guide.asks("/status"))[1]["test_due_at"][:10] == "2026-12-18"


async def test_the_heartbeat_counts_no_test_and_says_when_the_next_is_due(guide: Guide, box: Box) -> None:
    await guide.post("/trial", by="小王")
    await guide.tries("button", {"action": "emergency"})
    condition = box.app._condition()
    assert (condition.live_alerts, condition.tested_at, condition.test_due_at) == (0, None, T0)
