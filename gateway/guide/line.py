"""The guide's line to the running gateway: its local API, with the token. Never the database: the gateway alone writes.

Synchronous on purpose: the guide talks to one person, and Ctrl-C must end a question at once.
"""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - pydantic reads the annotations
from threading import Event
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from gateway.trial_run import Run

if TYPE_CHECKING:
    from collections.abc import Callable

ANSWER_S = 20.0
"""How long an answer may take. Source: our choice: ten times as long as a look waits for news."""

LOOK_S = 2.0
"""How long one look waits for news, so that a patience that runs out is noticed. Source: our choice."""

RETRIES, RETRY_S = 30, 1.0
"""How long a gateway that is being restarted is waited for. Source: our choice; it starts in a few seconds on a Pi."""


class LineDown(Exception):
    """The gateway cannot be reached, or does not let us in. Its words say what to do."""


class Refused(Exception):
    """The gateway said no, by name and in both languages."""

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What the gateway answers to "what is new?".

    Args:
        number: to be given back.
        now: the gateway's time.
        run: the run that goes on.
        real: the sentences of calls for help that are no test.
    """

    number: int
    now: datetime
    run: Run
    real: list[dict[str, str]]


_LOOK = TypeAdapter(Look)
_RUN = TypeAdapter(Run)


class Line:
    """Asks one gateway.

    Args:
        host, port: where its API listens.
        token: lets programs in.
    """

    def __init__(self, host: str, port: int, token: str) -> None:
        self._host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - where it listens, not we
        self._port = port
        self._token = token

    def plan(self) -> dict[str, Any]:
        """Give the devices, the contacts and the tests so far."""
        found: dict[str, Any] = self._ask("GET", "/trial/plan")
        return found

    def begin(self, by: str, contact: str) -> Run:
        """Begin a run."""
        return _RUN.validate_python(self._ask("POST", "/trial", {"by": by, "contact": contact}))

    def look(self, seen: int) -> Look:
        """Wait for news; the gateway may be restarted meanwhile, and is then waited for."""
        return _LOOK.validate_python(self._patiently(lambda: self._ask("GET", f"/trial?seen={seen}&wait_s={LOOK_S}")))

    def arm(self, device: str) -> Run:
        """Have the next press of a device held."""
        return _RUN.validate_python(self._ask("POST", "/trial/arm", {"device": device}))

    def answer(self, press_key: str, *, was_test: bool) -> Run:
        """Say whether the press was the test."""
        body = {"press_key": press_key, "was_test": was_test}
        return _RUN.validate_python(self._patiently(lambda: self._ask("POST", "/trial/answer", body)))

    def end(self) -> Run:
        """End the run."""
        return _RUN.validate_python(self._patiently(lambda: self._ask("POST", "/trial/end", {})))

    def _patiently(self, ask: Callable[[], Any]) -> Any:  # noqa: ANN401 - JSON
        pause = Event()
        for _ in range(RETRIES):
            try:
                return ask()
            except LineDown:
                pause.wait(RETRY_S)
        return ask()

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:  # noqa: ANN401 - JSON
        connection = http.client.HTTPConnection(self._host, self._port, timeout=ANSWER_S)
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            said = json.loads(answer.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise LineDown(
                f"连不上守望盒（{self._host}:{self._port}）：它在运行吗？配置里 [api] enabled 是 true 吗？"
                f" / the box cannot be reached: is it running, with [api] enabled? ({type(error).__name__})"
            ) from error
        finally:
            connection.close()
        if answer.status == http.client.UNAUTHORIZED:
            raise LineDown(f"{said['sentence_zh']} / {said['sentence_en']}")
        if answer.status >= http.client.BAD_REQUEST:
            raise Refused(str(said["error"]), f"{said['sentence_zh']} / {said['sentence_en']}")
        return said
