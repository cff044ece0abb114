"""A person's decision, asked of the home, with every refusal named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request

from gateway.web.errors import UNKNOWN_ALERT, ApiError, Problem
from gateway.web.view import DecisionRefusedError, HomeView, UnknownAlertError

if TYPE_CHECKING:
    from alerts.model import Alert


def home_view(request: Request) -> HomeView:
    """The home that this API shows."""
    view: HomeView = request.app.state.view
    return view


View = Annotated[HomeView, Depends(home_view)]


async def acknowledge(view: HomeView, key: str, *, by: str, note: str) -> Alert:
    """Takes an alert.

    Args:
        view: the home.
        key: of the alert.
        by: who takes it.
        note: free words.

    Returns:
        The alert as it is after the commit.

    Raises:
        ApiError: no such alert, or its state does not allow it.
    """
    try:
        return await view.decide(key, "acknowledge", by=by, outcome=None, note=note)
    except UnknownAlertError as error:
        raise ApiError(UNKNOWN_ALERT) from error
    except DecisionRefusedError as refused:
        zh, en = refused.sentence_zh, refused.sentence_en
        raise ApiError(Problem(status=409, error=refused.reason, sentence_zh=zh, sentence_en=en)) from refused
