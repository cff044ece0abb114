"""The caregiver's page and the installer's, made on the server; a browser without JavaScript can read and decide."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from alerts import spoken
from gateway.web import chain, page
from gateway.web.answers import Key  # noqa: TC001 - FastAPI reads the annotations when a route is made
from gateway.web.coverage import covered
from gateway.web.day import day
from gateway.web.decide import View, acknowledge
from gateway.web.errors import ApiError
from gateway.web.guard import SignedIn, from_our_page
from gateway.web.session import COOKIE, SESSION_S
from gateway.web.strip import position
from gateway.web.trends import told
from gateway.web.words import PAGE, PLACES_SHORT

if TYPE_CHECKING:
    from alerts.spoken import Language
    from gateway.web.errors import Problem
    from gateway.web.session import Doorkeeper
    from gateway.web.view import HomeView, RefusalSeen

STATIC: Final = Path(__file__).with_name("static")
LANGUAGE_COOKIE: Final = "shouwang_language"
_YEAR_S: Final = 365 * 86_400

HAPPENINGS: Final = 5_000
"""Happenings of a day that are drawn: a home of 2,000 readings a day and a busy visit."""

REFUSALS: Final = 100
"""Refused messages shown to the installer."""

TESTS: Final = 12
"""Tests of the chain shown to the installer: a year of monthly ones."""

TEMPLATES: Final = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("templates")),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=StrictUndefined,
)
TEMPLATES.filters["digits"] = lambda phone: "".join(letter for letter in phone if letter in "+0123456789")

router = APIRouter(include_in_schema=False)


def language_of(request: Request) -> Language:
    """The reader's language: what was just asked for, else what the cookie remembers, else Chinese."""
    asked = request.query_params.get("lang") or request.cookies.get(LANGUAGE_COOKIE)
    return "en" if asked == "en" else "zh"


def render(request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:  # noqa: ANN401 - a template takes any value
    """A page in the reader's language, which is remembered if it was just chosen."""
    language = language_of(request)
    texts = {key: words.in_(language) for key, words in PAGE.items()}
    context = {"language": language, "t": texts, "signed_in": True, **values}
    answer = HTMLResponse(TEMPLATES.get_template(template).render(context), status)
    if "lang" in request.query_params:
        answer.set_cookie(LANGUAGE_COOKIE, language, max_age=_YEAR_S, samesite="strict", httponly=True)
    return answer


def problem_page(request: Request, problem: Problem) -> Response:
    """A problem as a page; who has not signed in is shown the login instead."""
    if problem.error == "not_signed_in":
        return RedirectResponse("/login", 303)
    return render(request, "problem.html", problem.status, problem=problem, signed_in=False)


@router.get("/login")
async def login_page(request: Request) -> HTMLResponse:
    """Asks for name and password."""
    return render(request, "login.html", problem=None, name="", signed_in=False)


@router.post("/login")
async def sign_in(
    request: Request, name: Annotated[str, Form()] = "", password: Annotated[str, Form()] = ""
) -> Response:
    """Checks the password and gives the cookie."""
    from_our_page(request)
    shown = spoken.one_line(name, 40)
    doorkeeper: Doorkeeper = request.app.state.doorkeeper
    try:
        cookie = await doorkeeper.sign_in(shown, password, address=_address(request))
    except ApiError as error:
        again = render(request, "login.html", error.problem.status, problem=error.problem, name=shown, signed_in=False)
        again.headers.update(error.headers)
        return again
    answer = RedirectResponse("/", 303)
    secure = request.url.scheme == "https"
    answer.set_cookie(COOKIE, cookie, max_age=SESSION_S, samesite="strict", httponly=True, secure=secure)
    return answer


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


@router.post("/logout")
async def sign_out(request: Request) -> Response:
    """Takes the cookie back."""
    from_our_page(request)
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(COOKIE, samesite="strict", httponly=True)
    return answer


@router.post("/take")
async def take(caller: SignedIn, view: View, key: Annotated[Key, Form()]) -> Response:
    """Takes an alert with the button of the page."""
    await acknowledge(view, key, by=caller.name, note="")
    return RedirectResponse("/", 303)


@router.get("/")
async def home(request: Request, _caller: SignedIn, view: View) -> HTMLResponse:
    """The caregiver's page."""
    return render(request, "home.html", **await _home(view, language_of(request)))


@router.get("/glance")
async def glance(request: Request, _caller: SignedIn, view: View) -> HTMLResponse:
    """What changes on the caregiver's page."""
    return render(request, "glance.html", **await _home(view, language_of(request)))


async def _home(view: HomeView, language: Language) -> dict[str, Any]:
    status, health = view.status(), view.health()
    reader = page.Reader(language=language, timezone=view.timezone, now=status.at)
    midnight, a_moment = reader.midnight(), timedelta(microseconds=1)
    happenings = await view.timeline(since=midnight, until=status.at + a_moment, limit=HAPPENINGS)
    cards, shown = page.cards(status, view.bed, reader), page.glance(status, reader, watching=health.watching)
    return {
        "bed": view.bed,
        "health": health,
        "title": f"{cards[0].words.title if cards else shown.headline} · {PAGE['product'].in_(language)}",
        "cards": cards,
        "glance": shown,
        "as_of": reader.clock(status.at),
        "watch": page.watch(status, health, reader),
        "proof": chain.proof(status, reader),
        "parts": page.parts(status.watch, reader),
        "devices": page.device_rows(status.devices, reader),
        "trends": [told(trend, reader.language) for trend in status.trends],
        "coverage": covered(status.coverage, view.bed, reader) if status.coverage else None,
        "lanes": page.drawing(happenings, status, reader),
        "places": [(place, words.in_(language)) for place, words in PLACES_SHORT.items()],
        "now_cell": position(status.at, midnight),
        "day": day(happenings, reader),
    }


@router.get("/installer")
async def installer(request: Request, _caller: SignedIn, view: View) -> HTMLResponse:
    """The parts of the watch, the devices with their ids, and what was refused and why."""
    status, language = view.status(), language_of(request)
    reader = page.Reader(language=language, timezone=view.timezone, now=status.at)
    return render(
        request,
        "installer.html",
        parts=page.parts(status.watch, reader),
        troubles=spoken.listing(view.health().troubles, language),
        paths=chain.path_rows(status.path_tests, reader),
        devices=page.device_rows(status.devices, reader, with_ids=True),
        proof=chain.proof(status, reader),
        tests=chain.past(await view.trials.past(TESTS), {d.id: d.name for d in status.devices}, reader),
        refusals=[_refusal(refusal, reader) for refusal in await view.refusals(REFUSALS)],
    )


def _refusal(refusal: RefusalSeen, reader: page.Reader) -> dict[str, str]:
    times = f"{refusal.count} {PAGE['times'].in_(reader.language)}"
    return {
        "reason": refusal.reason,
        "topic": refusal.topic,
        "detail": refusal.detail,
        "when": f"{reader.clock(refusal.at)} · {times}",
    }
