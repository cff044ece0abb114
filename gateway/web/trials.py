"""The API of `shouwang test`: one run at a time, driven by a guide that asks, says who answered, and ends it."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - pydantic reads the annotations when the module is loaded
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from alerts.brief import brief
from alerts.model import UNTAKEN_STATES, Severity
from gateway.trial_run import Run, Stage  # noqa: TC001 - FastAPI and pydantic read the annotations
from gateway.web.answers import Answer, Key, Name, ProblemAnswer
from gateway.web.decide import View  # noqa: TC001 - the same
from gateway.web.errors import NO_NAME, TRIAL_PROBLEMS, ApiError
from gateway.web.guard import SignedIn  # noqa: TC001 - the same
from gateway.web.trial_view import TrialRefusedError, TrialView

if TYPE_CHECKING:
    from collections.abc import Awaitable

T = TypeVar("T")

LONGEST_WAIT_S: Final = 10.0
"""A guide's question is answered after this long at the latest, so that a dead connection is found. Source: our choice;
the page's own stream says `alive` as often."""

Contact = Annotated[
    str, Field(max_length=200, description="a contact of the ladder that the test also rings; empty: none")
]
_PROBLEMS: Final[dict[int | str, dict[str, Any]]] = {
    404: {"model": ProblemAnswer, "description": "no_trial, unknown_device, unknown_contact"},
    409: {"model": ProblemAnswer, "description": "trial_running, public_number, press_waits, too_late"},
}

router = APIRouter(prefix="/trial", tags=["test of the chain"], responses=_PROBLEMS)


class TellingAnswer(Answer):
    """One contact that a test alert is told to."""

    contact: str
    needs_person: bool = Field(description="a person is to take it; otherwise a machine's receipt is all there is")
    alert_key: str = Field(description="of the test alert, as in GET /alerts")
    told_at: datetime | None = Field(description="the far end has stored it")
    taken_at: datetime | None = Field(description="a person has taken it")
    by: str
    error: str
    worked: bool


class RowAnswer(Answer):
    """One device that was tried."""

    device: str
    contacts: tuple[str, ...]
    stage: Stage = Field(
        description="armed → held → test; silent: nothing came; real: nobody said that it was the test"
    )
    armed_at: datetime
    press_key: str = Field(description="to be given back with the answer")
    pressed_at: datetime | None
    answered_at: datetime | None
    tellings: tuple[TellingAnswer, ...]
    worked: bool


class RunAnswer(Answer):
    """One test of the chain."""

    id: int
    by: str
    began_at: datetime
    ended_at: datetime | None
    wanted: tuple[str, ...] = Field(description="the devices without which the chain is not proved")
    contact: str
    rows: tuple[RowAnswer, ...]
    passed: bool


class RealAnswer(Answer):
    """An alert that is no test and waits for a person while the test goes on."""

    key: str
    sentence_zh: str
    sentence_en: str


class LookAnswer(BaseModel):
    """The run that goes on, and what else the guide must know."""

    number: int = Field(description="to be given back as `seen`")
    now: datetime
    run: RunAnswer
    real: list[RealAnswer] = Field(description="calls for help that are no test and that nobody has taken")


class DeviceToTry(BaseModel):
    """A device that can be tried."""

    id: str
    name: str
    room: str
    role: str


class ContactToRing(BaseModel):
    """Whom a test may ring."""

    contact: str
    channels: tuple[str, ...]


class PlanAnswer(BaseModel):
    """What there is to try, and when it was done last."""

    devices: list[DeviceToTry] = Field(description="buttons first")
    contacts: list[ContactToRing]
    window_s: float = Field(description="how long a device that was armed is waited for")
    confirm_s: float = Field(description="how long a press waits for the answer that it was the test")
    proved_at: datetime | None
    due_at: datetime | None
    past: list[RunAnswer] = Field(description="newest first")


class Begin(BaseModel):
    """Somebody begins a test."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"by": "安装员小王", "contact": "女儿"}]})

    by: Name | None = Field(default=None, description="who; may be left out by a person who has signed in")
    contact: Contact = ""


class Arm(BaseModel):
    """The next device."""

    model_config = ConfigDict(extra="forbid")
    device: Key


class Reply(BaseModel):
    """Whether the press that is held was the test."""

    model_config = ConfigDict(extra="forbid")
    press_key: Key
    was_test: bool


def _trials(view: View) -> TrialView:
    return view.trials


Trials = Annotated[TrialView, Depends(_trials)]


@router.get("/plan")
async def plan(view: View, limit: Annotated[int, Query(ge=1, le=100, description="of `past`")] = 12) -> PlanAnswer:
    """What can be tried, whom a test may ring, when the chain was last proved, and the latest tests."""
    devices = {device.id: device for device in view.status().devices}
    window_s, confirm_s = view.trials.patience_s
    return PlanAnswer(
        devices=[
            DeviceToTry(id=d.id, name=d.name, room=d.room, role=d.role)
            for d in map(devices.get, view.trials.devices)
            if d
        ],
        contacts=[ContactToRing(contact=contact, channels=channels) for contact, channels in view.trials.contacts],
        window_s=window_s,
        confirm_s=confirm_s,
        proved_at=view.trials.proved_at,
        due_at=view.trials.due_at,
        past=[RunAnswer.model_validate(run) for run in await view.trials.past(limit)],
    )


@router.post("", status_code=201)
async def begin(caller: SignedIn, trials: Trials, body: Begin) -> RunAnswer:
    """Begins a test; one at a time."""
    by = body.by or caller.name
    if not by:
        raise ApiError(NO_NAME)
    return _answer(await _allowed(trials.begin(by=by, contact=body.contact)))


@router.get("")
async def look(
    view: View,
    trials: Trials,
    *,
    seen: Annotated[int, Query(ge=0, description="`number` of the last answer")] = 0,
    wait_s: Annotated[float, Query(ge=0, le=LONGEST_WAIT_S)] = LONGEST_WAIT_S,
) -> LookAnswer:
    """Waits until something may be new since `seen`, or for `wait_s`. 404 when no test goes on any more."""
    number, run = await _allowed(trials.look(seen, wait_s))
    return LookAnswer(number=number, now=view.status().at, run=_answer(run), real=_real(view, run))


@router.post("/arm")
async def arm(trials: Trials, body: Arm) -> RunAnswer:
    """Has the next press of one device held, for a minute; whatever else happens is real."""
    return _answer(await _allowed(trials.arm(body.device)))


@router.post("/answer")
async def answer(trials: Trials, body: Reply) -> RunAnswer:
    """Says whether the press that is held was the test. Without an answer it goes out as real after a minute."""
    return _answer(await _allowed(trials.answer(body.press_key, was_test=body.was_test)))


@router.post("/end")
async def end(trials: Trials) -> RunAnswer:
    """Ends the test; what it came to is kept, and when everything worked the monthly test is done."""
    return _answer(await _allowed(trials.end()))


async def _allowed(asked: Awaitable[T]) -> T:
    try:
        return await asked
    except TrialRefusedError as refused:
        raise ApiError(TRIAL_PROBLEMS[refused.reason]) from refused


def _answer(run: Run) -> RunAnswer:
    return RunAnswer.model_validate(run)


def _real(view: View, run: Run) -> list[RealAnswer]:
    """The calls for help since the run began."""
    found = [
        alert
        for alert in view.status().live
        if not alert.test and alert.severity is Severity.EMERGENCY and alert.state in UNTAKEN_STATES
    ]
    return [
        RealAnswer(
            key=alert.key,
            sentence_zh=brief(alert, view.bed, language="zh", timezone=view.timezone).sentence,
            sentence_en=brief(alert, view.bed, language="en", timezone=view.timezone).sentence,
        )
        for alert in found
        if alert.opened_at >= run.began_at or alert.last_at >= run.began_at
    ]
