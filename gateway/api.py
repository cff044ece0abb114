"""The home over HTTP: JSON for programs, a page for caregivers and installers.

The gateway implements `HomeView` and starts this only once the watch is running: `build_api` costs a third of a second
and 25 MB, which the first alert must not wait for. Everything but /health asks for a login (a cookie for people, a
bearer token for programs). Bad input gets a named problem in both languages, never a 500.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator  # noqa: TC003 - FastAPI reads the annotations when a route is made
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.security import APIKeyCookie, HTTPBearer
from fastapi.sse import EventSourceResponse, ServerSentEvent
from fastapi.staticfiles import StaticFiles
from pydantic import AwareDatetime  # noqa: TC002 - FastAPI reads the annotations when a route is made
from starlette.exceptions import HTTPException

from gateway.metrics import CONTENT_TYPE, Metrics
from gateway.web import site, trials
from gateway.web.answers import (
    Acknowledgement,
    AlertAnswer,
    HappeningAnswer,
    HealthAnswer,
    ProblemAnswer,
    RefusalAnswer,
    StatusAnswer,
    alert_answer,
    alert_answers,
    status_answer,
)
from gateway.web.decide import View, acknowledge
from gateway.web.errors import (
    BAD_INPUT,
    NO_NAME,
    NOT_FOUND,
    SINCE_AFTER_UNTIL,
    STORE_UNREADABLE,
    WRONG_METHOD,
    ApiError,
    Problem,
)
from gateway.web.guard import SignedIn, signed_in
from gateway.web.server import serve
from gateway.web.session import COOKIE, Doorkeeper, hash_password
from gateway.web.shield import Shield
from gateway.web.view import HomeView

__all__ = ["HomeView", "build_api", "hash_password", "serve"]

ALIVE_S: Final = 10.0
"""The page is told this often that the box still answers. Source: our choice; the page calls it lost after 15 s."""

PACE_S: Final = 1.0
"""Changes are told at most this often, so that a busy hour does not redraw the page without end. Source: our choice."""

_A_DAY: Final = timedelta(days=1)
_FAULTS: Final = 20
_PROBLEM: Final[dict[int | str, dict[str, Any]]] = {
    401: {"model": ProblemAnswer, "description": "not_signed_in, wrong_token"},
    422: {"model": ProblemAnswer, "description": "bad_input and others: `faults` says which field"},
}
_DECISION: Final[dict[int | str, dict[str, Any]]] = {
    403: {"model": ProblemAnswer, "description": "foreign_origin: a cookie used from another site"},
    404: {"model": ProblemAnswer, "description": "unknown_alert"},
    409: {"model": ProblemAnswer, "description": "the alert's state does not allow it"},
}

open_to_all = APIRouter()
schemes = [
    Depends(HTTPBearer(auto_error=False, scheme_name="token", description="[api] token of the settings")),
    Depends(APIKeyCookie(name=COOKIE, auto_error=False, scheme_name="login", description="earned at POST /login")),
]
router = APIRouter(dependencies=[*schemes, Depends(signed_in)], responses=_PROBLEM)


def build_api(
    view: HomeView,
    *,
    metrics: Metrics,
    password_hash: str | None = None,
    token: str | None = None,
    secret_key: bytes | None = None,
) -> FastAPI:
    """The API and the page of one home.

    Args:
        view: the home.
        metrics: exposed at /metrics.
        password_hash: argon2 hash of the page's password (see `hash_password`); None lets nobody sign in.
        token: for programs; None lets none in.
        secret_key: signs sessions; None makes one that ends with the process.

    Returns:
        An ASGI application; `serve` runs it.
    """
    app = FastAPI(
        title="Shouwang 守望",
        version="1",
        description="How she is, whether the watch works, and what needs a person. Times are ISO 8601 with a zone.",
        docs_url=None,  # its page would load scripts from elsewhere
        redoc_url=None,
    )
    app.state.view, app.state.metrics = view, metrics
    app.state.doorkeeper = Doorkeeper(password_hash=password_hash, token=token, secret_key=secret_key)
    app.state.closing = asyncio.Event()
    app.include_router(open_to_all)
    app.include_router(router)
    app.include_router(trials.router, dependencies=[*schemes, Depends(signed_in)], responses=_PROBLEM)
    app.include_router(site.router)
    app.mount("/static", StaticFiles(directory=site.STATIC))
    app.add_exception_handler(ApiError, _on_api_error)
    app.add_exception_handler(RequestValidationError, _on_bad_input)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(sqlite3.DatabaseError, _on_unreadable_store)
    app.add_middleware(Shield)
    return app


@open_to_all.get("/health", response_model=HealthAnswer, responses={503: {"model": HealthAnswer}})
async def health(view: View, response: Response) -> HealthAnswer:
    """Whether anybody keeps watch; the only answer that needs no login. 503 while nobody does."""
    now = view.health()
    if not now.watching:
        response.status_code = 503
        return HealthAnswer(state="not_watching", reasons=now.troubles)
    return HealthAnswer(state="degraded" if now.troubles else "ok", reasons=now.troubles)


@router.get("/status")
async def status(view: View) -> StatusAnswer:
    """How the person is, how each part and device is, and which alerts live."""
    return status_answer(view.status(), view)


@router.get("/timeline")
async def timeline(
    view: View,
    since: Annotated[AwareDatetime | None, Query(description="default: a day before `until`")] = None,
    until: Annotated[AwareDatetime | None, Query(description="default: now")] = None,
    limit: Annotated[int, Query(ge=1, le=5000, description="the latest so many")] = 500,
) -> list[HappeningAnswer]:
    """What happened in a stretch of time (since <= at < until), oldest first."""
    end = until or view.status().at
    start = since or _before(end)
    if start >= end:
        raise ApiError(SINCE_AFTER_UNTIL)
    return [HappeningAnswer.model_validate(h) for h in await view.timeline(since=start, until=end, limit=limit)]


def _before(end: datetime) -> datetime:
    try:
        return end - _A_DAY
    except OverflowError as error:
        raise ApiError(SINCE_AFTER_UNTIL) from error


@router.get("/alerts")
async def alerts(
    view: View,
    *,
    live: Annotated[bool, Query(description="only those that are not cancelled or closed")] = False,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> list[AlertAnswer]:
    """Alerts, newest first, each with its brief in Chinese and English."""
    return alert_answers(await view.alerts(live=live, limit=limit), view)


@router.post("/alerts/acknowledge", responses=_DECISION)
async def acknowledge_alert(caller: SignedIn, view: View, body: Acknowledgement) -> AlertAnswer:
    """Takes an alert: whoever sends this says "I am on it". Answered once it is stored."""
    by = body.by or caller.name
    if not by:
        raise ApiError(NO_NAME)
    return alert_answer(await acknowledge(view, body.key, by=by, note=body.note), view)


@router.get("/refusals")
async def refusals(view: View, limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> list[RefusalAnswer]:
    """Messages that were refused and why, newest first; for the installer."""
    return [RefusalAnswer.model_validate(refusal) for refusal in await view.refusals(limit)]


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
async def metrics(request: Request) -> Response:
    """The gateway's counters for Prometheus."""
    counters: Metrics = request.app.state.metrics
    return Response(counters.expose(), headers={"Content-Type": CONTENT_TYPE})


@router.get("/events", response_class=EventSourceResponse)
async def events(request: Request, view: View) -> AsyncIterator[ServerSentEvent]:
    """Says `changed` when there is something new to show, and `alive` at least every ten seconds."""
    closing: asyncio.Event = request.app.state.closing
    revision = 0
    while not closing.is_set():
        newer = await _newer(view, revision, closing)
        name, revision = ("alive", revision) if newer is None else ("changed", newer)
        yield ServerSentEvent(event=name, data={"revision": revision})
        await _pause(closing)


async def _newer(view: HomeView, revision: int, closing: asyncio.Event) -> int | None:
    changed, closed = asyncio.ensure_future(view.changed(revision)), asyncio.ensure_future(closing.wait())
    try:
        await asyncio.wait({changed, closed}, timeout=ALIVE_S, return_when=asyncio.FIRST_COMPLETED)
        return changed.result() if changed.done() else None
    finally:
        changed.cancel()
        closed.cancel()


async def _pause(closing: asyncio.Event) -> None:
    closed = asyncio.ensure_future(closing.wait())
    await asyncio.wait({closed}, timeout=PACE_S)
    closed.cancel()


def _told(request: Request, problem: Problem, *, faults: list[str] | None = None, headers: Any = None) -> Response:  # noqa: ANN401 - as Starlette types them
    if "text/html" in request.headers.get("accept", ""):
        return site.problem_page(request, problem)
    told = {"error": problem.error, "sentence_zh": problem.sentence_zh, "sentence_en": problem.sentence_en}
    return JSONResponse(told if faults is None else {**told, "faults": faults}, problem.status, headers=headers)


async def _on_api_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)  # noqa: S101 - tells the type checker what Starlette promises
    return _told(request, error.problem, headers=error.headers)


async def _on_bad_input(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - as above
    faults = [f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()[:_FAULTS]]
    return _told(request, BAD_INPUT, faults=[fault[:200].encode(errors="replace").decode() for fault in faults])


async def _on_unreadable_store(request: Request, _error: Exception) -> Response:
    """What is wrong with it is found and told by the store's own upkeep."""
    return _told(request, STORE_UNREADABLE)


async def _on_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - as above
    return _told(request, {404: NOT_FOUND, 405: WRONG_METHOD}.get(error.status_code, BAD_INPUT), headers=error.headers)
