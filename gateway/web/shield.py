"""What holds for every request: a bounded body, and headers that let a browser trust nothing but this box."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from gateway.web.errors import NO_LENGTH, TOO_LARGE, Problem

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY_BYTES: Final = 65_536
"""Source: our choice, as for messages of sensors; the largest rightful body is a note of 500 characters."""

HEADERS: Final = (
    (b"content-security-policy", b"default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),  # with no-referrer a browser sends "Origin: null" from our own forms
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
)


class Shield:
    """Refuses large bodies before they are read, and adds `HEADERS` to every answer.

    Args:
        app: what answers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *HEADERS, *_privacy(scope)]
            await send(message)

        problem = _body_problem(dict(scope["headers"]))
        if problem is not None:
            await _refuse(problem, send_with_headers)
            return
        await self._app(scope, receive, send_with_headers)


def _privacy(scope: Scope) -> tuple[tuple[bytes, bytes], ...]:
    """What is said of a person must not stay in a browser's cache; our own files may."""
    return () if scope["path"].startswith("/static/") else ((b"cache-control", b"no-store"),)


def _body_problem(headers: dict[bytes, bytes]) -> Problem | None:
    if b"transfer-encoding" in headers:
        return NO_LENGTH
    length = headers.get(b"content-length", b"0")
    return TOO_LARGE if not length.isdigit() or int(length) > MAX_BODY_BYTES else None


async def _refuse(problem: Problem, send: Send) -> None:
    told = {"error": problem.error, "sentence_zh": problem.sentence_zh, "sentence_en": problem.sentence_en}
    body = json.dumps(told, ensure_ascii=False).encode()
    headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": problem.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
