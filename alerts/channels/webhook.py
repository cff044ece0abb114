"""HTTP POST to an address of the family's or the town's: for any system that can take JSON.

Success is a 2xx answer, which is the receipt. The delivery's id is the idempotency key, in the header
`Idempotency-Key` and in the body, so that a repeated POST can be known again. Redirects are not followed: an alert
goes where the installer said, or nowhere.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import aiohttp

from alerts.dispatch import SendFailed

if TYPE_CHECKING:
    from alerts.brief import Brief
    from alerts.channels.briefs import Briefs
    from alerts.model import Alert, Delivery

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))

TIMEOUT_S = 10.0
"""How long an answer may take. Source: our choice: below the 60 s rung, above any healthy server."""

_NOT_OURS = frozenset({401, 403, 404, 410})
"""What HTTP says when a token or an address is wrong (RFC 9110 section 15.5)."""


def new_session() -> aiohttp.ClientSession:
    """Make the session that all webhooks share: it keeps connections, no cookies, and leaves the time to the channel.

    Cookies and aiohttp's own time limits took 0.09 of the 0.21 ms of a POST.
    """
    return aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), timeout=aiohttp.ClientTimeout(total=None))


class WebhookChannel:
    """One contact that is told by HTTP POST.

    Args:
        session: shared by all webhooks; keeps connections open.
        url: where to POST.
        token: sent as `Authorization: Bearer`; "" for none.
        briefs: makes the words.
    """

    def __init__(self, session: aiohttp.ClientSession, url: str, token: str, briefs: Briefs) -> None:
        self._session = session
        self._url = url
        self._headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        self._briefs = briefs

    async def send(self, delivery: Delivery, alert: Alert) -> str:
        """POST the alert; see `alerts.dispatch.Channel`."""
        data = _ENCODER.encode(body(delivery, alert, self._briefs)).encode()
        status = await self._ask("POST", {"Idempotency-Key": delivery.id}, data)
        if not 200 <= status < 300:  # noqa: PLR2004 - HTTP's own bounds of success
            raise SendFailed("refused", f"the receiver answered {status} instead of 2xx")
        return f"http {status}"

    async def probe(self) -> str:
        """Ask what the address takes, which tells nobody anything; see `alerts.probe.Probe`.

        A receiver that takes POST alone answers 405, which proves as well that it is there and knows us.
        """
        status = await self._ask("OPTIONS", {}, None)
        if status in _NOT_OURS or status >= 500:  # noqa: PLR2004 - HTTP's own bound of server failures
            raise SendFailed("refused", f"the receiver answered {status} to OPTIONS: are address and token right?")
        return f"http {status} to OPTIONS"

    async def _ask(self, method: str, more: dict[str, str], data: bytes | None) -> int:
        try:
            async with (
                asyncio.timeout(TIMEOUT_S),
                self._session.request(
                    method, self._url, data=data, headers={**self._headers, **more}, allow_redirects=False
                ) as answer,
            ):
                await answer.read()
        except TimeoutError as error:
            raise SendFailed("timeout", f"no answer within {TIMEOUT_S:.0f} s") from error
        except (aiohttp.ClientError, OSError) as error:
            raise SendFailed(
                "unreachable", f"{type(error).__name__}: is the receiver running and the address right?"
            ) from error
        return answer.status


def body(delivery: Delivery, alert: Alert, briefs: Briefs) -> dict[str, Any]:
    """Give the JSON body: alert, bed, device, reason, and the brief in Chinese and English."""
    bed, (zh, en) = briefs.bed, briefs.of(alert)
    return {
        "v": 1,
        "delivery": delivery.id,
        "contact": delivery.contact,
        "attempt": delivery.attempt,
        "test": alert.test,
        "alert": {
            "key": alert.key,
            "kind": alert.kind,
            "severity": alert.severity,
            "state": alert.state,
            "since": alert.since.isoformat(),
            "opened_at": alert.opened_at.isoformat(),
            "count": alert.count,
            "last_at": alert.last_at.isoformat(),
            "revision": alert.revision,
            "by": alert.by,
            "set_out_at": alert.set_out_at.isoformat() if alert.set_out_at else None,
            "outcome": alert.outcome,
            "cause": alert.cause,
            "evidence": alert.evidence,
        },
        "bed": {"code": bed.bed_code, "resident": bed.resident, "address": bed.address, "phone": bed.phone},
        "device": {"id": alert.device, "name": bed.devices.get(alert.device, alert.device)},
        "reason": alert.reason,
        "brief": {"zh": _words(zh), "en": _words(en)},
    }


def _words(words: Brief) -> dict[str, Any]:
    return {"title": words.title, "sentence": words.sentence, "lines": words.lines}
