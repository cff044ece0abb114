"""Lets in whoever has signed in or carries the token, and keeps other sites' requests out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request

from gateway.web.errors import FOREIGN_ORIGIN, NOT_SIGNED_IN, WRONG_TOKEN, ApiError
from gateway.web.session import COOKIE, Caller

if TYPE_CHECKING:
    from gateway.web.session import Doorkeeper

_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="shouwang"'}


def signed_in(request: Request) -> Caller:
    """Who asks.

    Raises:
        ApiError: nobody we know, or a cookie that another site made use of.
    """
    doorkeeper: Doorkeeper = request.app.state.doorkeeper
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if kind:
        caller = doorkeeper.by_token(token.strip()) if kind.lower() == "bearer" else None
        if caller is None:
            raise ApiError(WRONG_TOKEN, _CHALLENGE)
        return caller
    caller = doorkeeper.by_cookie(request.cookies.get(COOKIE))
    if caller is None:
        raise ApiError(NOT_SIGNED_IN, _CHALLENGE)
    if request.method not in {"GET", "HEAD"}:
        from_our_page(request)
    return caller


def from_our_page(request: Request) -> None:
    """Makes sure that a browser's request was made by our own page.

    Raises:
        ApiError: it was made by another site, or does not say by which.
    """
    origin = request.headers.get("origin", "")
    if urlsplit(origin).netloc != request.headers.get("host") or not origin:
        raise ApiError(FOREIGN_ORIGIN)


SignedIn = Annotated[Caller, Depends(signed_in)]
