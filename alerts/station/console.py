"""The console's web server: the page, the live stream, and the JSON that the page and other tools use."""

from __future__ import annotations

import asyncio
import json
import pathlib
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable  # noqa: TC003 - FastAPI reads the annotations
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Path, Query, Request, Response, status
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse, StreamingResponse
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, FileSystemLoader, select_autoescape
from pydantic import BaseModel, ConfigDict, Field

from alerts.model import Cause, Outcome  # noqa: TC001 - the same
from alerts.station.decisions import RefusedError
from alerts.station.signin import COOKIE, SHIFT_S, SignIn, TooManyTriesError
from alerts.wire import Action  # noqa: TC001 - the same

if TYPE_CHECKING:
    from alerts.station.desk import Desk

WEB = pathlib.Path(__file__).parent / "web"
PING_S = 15.0
"""A line at least this often on the stream, so that a dead console is found. Source: HTML standard, 9.2.7 (15 s)."""

GATHER_S = 0.1
"""Between two pictures at least: changes that come at once are drawn at once, a burst is drawn ten times a second."""

CLOSED_SHOWN = 30

MONTH = r"^(20\d\d-(0[1-9]|1[0-2]))?$"
"""A month such as 2026-11; empty for this one."""

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class Credentials(BaseModel):
    """What a person types."""

    model_config = ConfigDict(extra="forbid")
    name: Annotated[str, Field(max_length=64)]
    password: Annotated[str, Field(max_length=256)]


class Act(BaseModel):
    """What a person did about an alert; `revision` is what they saw, so that nobody takes what they have not seen."""

    model_config = ConfigDict(extra="forbid")
    action: Action
    revision: Annotated[int, Field(ge=0, lt=2**53)] | None = None
    outcome: Outcome | None = None
    cause: Cause | None = None
    note: Annotated[str, Field(max_length=1000)] = ""


def build_console(desk: Desk, sign_in: SignIn, monotonic: Callable[[], float]) -> FastAPI:
    """Makes the web application.

    Args:
        desk: the station.
        sign_in: who may come in.
        monotonic: seconds, for the waiting after wrong passwords.
    """
    app = FastAPI(title="守望 · 驿站", docs_url=None, redoc_url=None, openapi_url="/api/openapi.json")
    app.mount("/static", StaticFiles(directory=WEB / "static"), name="static")
    app.include_router(_open_routes(desk, sign_in, monotonic))
    app.include_router(_staff_routes(desk, sign_in))

    @app.middleware("http")
    async def strict(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        response = await call_next(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    @app.exception_handler(RefusedError)
    async def refused(_request: Request, error: RefusedError) -> JSONResponse:
        code = status.HTTP_404_NOT_FOUND if error.reason == "unknown_alert" else status.HTTP_409_CONFLICT
        body = {"reason": error.reason, "zh": error.sentence_zh, "en": error.sentence_en}
        return JSONResponse(body, status_code=code)

    @app.exception_handler(RequestValidationError)
    async def unreadable(_request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]  # FastAPI's own answer repeats the input, which it cannot always write (1e400)
        where = ".".join(str(part) for part in first["loc"])
        body = {"reason": "bad_request", "zh": f"请求有误：{where}", "en": f"{where}: {first['msg']}"}
        return JSONResponse(body, status_code=status.HTTP_422_UNPROCESSABLE_CONTENT)

    @app.exception_handler(sqlite3.OperationalError)
    async def disk_refuses(_request: Request, error: sqlite3.OperationalError) -> JSONResponse:
        body = {"reason": "store", "zh": f"驿站的硬盘写不进去：{error}", "en": f"the station's disk refuses: {error}"}
        return JSONResponse(body, status_code=status.HTTP_503_SERVICE_UNAVAILABLE)

    return app


def _open_routes(desk: Desk, sign_in: SignIn, monotonic: Callable[[], float]) -> APIRouter:
    routes = APIRouter()
    pages = Environment(loader=FileSystemLoader(WEB / "templates"), autoescape=select_autoescape())

    @routes.get("/", include_in_schema=False)
    async def page(request: Request) -> Response:
        name = sign_in.who(request.cookies.get(COOKIE, ""))
        template = pages.get_template("console.html" if name else "login.html")
        settings = desk.settings
        text = template.render(station=settings.name, name=name, timezone=settings.timezone)
        return Response(text, media_type="text/html")

    @routes.post("/api/login")
    async def login(credentials: Credentials, request: Request) -> Response:
        try:
            cookie = await sign_in.cookie(credentials.name, credentials.password, monotonic())
        except TooManyTriesError as error:
            desk.metrics.logins.labels("wait").inc()
            body = {"zh": f"试错太多，请等 {error.wait_s:.0f} 秒", "en": f"too many tries: wait {error.wait_s:.0f} s"}
            return JSONResponse(body, status_code=429, headers={"Retry-After": f"{error.wait_s:.0f}"})
        desk.metrics.logins.labels("right" if cookie else "wrong").inc()
        if cookie is None:
            return JSONResponse({"zh": "姓名或密码不对", "en": "wrong name or password"}, status_code=401)
        response = JSONResponse({"name": credentials.name})
        secure = request.url.scheme == "https"
        response.set_cookie(COOKIE, cookie, max_age=SHIFT_S, httponly=True, samesite="strict", secure=secure)
        return response

    @routes.post("/api/logout")
    async def logout() -> Response:
        response = JSONResponse({})
        response.delete_cookie(COOKIE)
        return response

    @routes.get("/health")
    async def health() -> Response:
        connected, reason = desk.link_state
        healthy = connected and not desk.store_trouble
        body = {"healthy": healthy, "broker": reason, "store": desk.store_trouble or "ok"}
        return JSONResponse(body, status_code=200 if healthy else 503)

    @routes.get("/metrics")
    async def metrics() -> PlainTextResponse:
        await desk.live()
        return PlainTextResponse(desk.metrics.text())

    return routes


def _staff_routes(desk: Desk, sign_in: SignIn) -> APIRouter:
    async def staff(request: Request) -> None:
        request.state.name = sign_in.who(request.cookies.get(COOKIE, ""))
        if request.state.name is None:
            raise HTTPException(status.HTTP_401_UNAUTHORIZED, "请先登录 / log in first")

    routes = APIRouter(prefix="/api", dependencies=[Depends(staff)])

    @routes.get("/alerts")
    async def alerts(*, live: bool = True, limit: Annotated[int, Query(ge=1, le=500)] = CLOSED_SHOWN) -> Response:
        found = await desk.live() if live else await desk.closed(limit)
        return JSONResponse({"now": desk.now().isoformat(), "alerts": found})

    @routes.post("/alerts/{alert}/decision")
    async def decision(alert: Annotated[int, Path(ge=1, lt=2**53)], act: Act, request: Request) -> Response:
        asked = act.model_dump(exclude={"action"}) | {"by": request.state.name, "note": act.note.strip()}
        await desk.decide(alert, act.action, **asked)
        return JSONResponse({})

    @routes.get("/homes")
    async def homes() -> Response:
        return JSONResponse({"now": desk.now().isoformat(), "homes": await desk.homes()})

    @routes.get("/statistics")
    async def statistics(month: Annotated[str, Query(pattern=MONTH)] = "") -> Response:
        return JSONResponse(await desk.statistics(month))

    @routes.get("/stream")
    async def stream() -> StreamingResponse:
        return StreamingResponse(_pictures(desk), media_type="text/event-stream")

    return routes


async def _pictures(desk: Desk) -> AsyncIterator[str]:
    """The whole picture at once and again after every change: a console that was away has missed nothing."""
    board = desk.board
    while not board.closed:
        seen = board.version
        picture = json.dumps(await _picture(desk), ensure_ascii=False)
        yield f"event: picture\ndata: {picture}\n\n"
        await asyncio.sleep(GATHER_S)  # noqa: TID251 - paces the stream; no clock is read
        await board.news(seen, within_s=PING_S)


async def _picture(desk: Desk) -> dict[str, object]:
    return {
        "now": desk.now().isoformat(),
        "alerts": await desk.live(),
        "closed": await desk.closed(CLOSED_SHOWN),
        "homes": await desk.homes(),
        "refused": list(desk.refused),
        "link": {"up": desk.link_state[0], "reason": desk.link_state[1]},
        "store": desk.store_trouble,
    }
