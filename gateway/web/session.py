"""Who may look: a password for people, a token for programs.

Theory of operation
-------------------
A password is compared with its argon2 hash in a thread, one at a time: each check costs about 19 MB on purpose, and the
box has little. Five wrong ones from one address close the door to it for a quarter of an hour. A right one earns a
signed cookie with the person's name, which is written down when that person takes an alert. The cookie is HttpOnly and
SameSite=Strict; besides, whoever decides something by cookie must come from our own page (Origin). Changing the
password ends all sessions, since its hash is part of the signature's salt.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from itsdangerous import BadSignature, URLSafeTimedSerializer

from gateway.web.errors import (
    BUSY,
    NO_NAME,
    NO_PASSWORD_SET,
    TOO_MANY_ATTEMPTS,
    WRONG_PASSWORD,
    ApiError,
)

COOKIE: Final = "shouwang_session"
SESSION_S: Final = 30 * 86_400
"""A month, so that a daughter does not stand before a login when it matters. Source: our choice."""

ATTEMPTS: Final = 5
ATTEMPTS_WINDOW_S: Final = 900.0
"""Source: our choice: one guess in three minutes on average, so that even six digits outlast five years."""

_ADDRESSES: Final = 256
_WAITING: Final = 3

_HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
"""Source: OWASP password storage cheat sheet, argon2id with 19 MiB, 2 rounds, 1 lane."""


def hash_password(password: str) -> str:
    """The argon2id hash to keep in the settings for a password."""
    return _HASHER.hash(password)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks.

    Args:
        name: as given at login; "" for a program.
        by_cookie: a person's browser rather than a program with the token.
    """

    name: str
    by_cookie: bool


@dataclass(slots=True)
class _Failures:
    """Wrong passwords by address, the latest addresses only."""

    times: OrderedDict[str, list[float]] = field(default_factory=OrderedDict)

    def count(self, address: str, now: float) -> int:
        recent = [at for at in self.times.get(address, []) if now - at < ATTEMPTS_WINDOW_S]
        self.times[address] = recent
        self.times.move_to_end(address)
        while len(self.times) > _ADDRESSES:
            self.times.popitem(last=False)
        return len(recent)

    def add(self, address: str, now: float) -> None:
        self.times.setdefault(address, []).append(now)


class Doorkeeper:
    """Checks passwords, cookies and tokens.

    Args:
        password_hash: argon2; None lets nobody sign in.
        token: for programs; None lets none in.
        secret_key: signs the cookies; None makes a fresh one, so that sessions end with the process.
    """

    def __init__(self, *, password_hash: str | None, token: str | None, secret_key: bytes | None) -> None:
        self._password_hash = password_hash
        self._token = token
        salt = hashlib.blake2b((password_hash or "").encode(), digest_size=16).hexdigest()
        self._signer = URLSafeTimedSerializer(secret_key or secrets.token_bytes(32), salt=f"shouwang {salt}")
        self._failures = _Failures()
        self._one_at_a_time = asyncio.Lock()
        self._waiting = 0

    async def sign_in(self, name: str, password: str, *, address: str) -> str:
        """Checks a password.

        Args:
            name: how the person wants to be called.
            password: as typed.
            address: where from; failures are counted by it.

        Returns:
            The cookie's value.

        Raises:
            ApiError: no name, wrong password, too many of them, too many at once, or no password is set.
        """
        if self._password_hash is None:
            raise ApiError(NO_PASSWORD_SET)
        if not name:
            raise ApiError(NO_NAME)
        now = asyncio.get_running_loop().time()
        if self._failures.count(address, now) >= ATTEMPTS:
            raise ApiError(TOO_MANY_ATTEMPTS, {"Retry-After": str(int(ATTEMPTS_WINDOW_S))})
        if self._waiting >= _WAITING:
            raise ApiError(BUSY, {"Retry-After": "3"})
        self._failures.add(address, now)  # before the check: many at once must not all pass the count
        if not await self._is_right(self._password_hash, password):
            raise ApiError(WRONG_PASSWORD)
        self._failures.times.pop(address, None)
        return self._signer.dumps({"name": name})

    async def _is_right(self, password_hash: str, password: str) -> bool:
        self._waiting += 1
        try:
            async with self._one_at_a_time:
                return await asyncio.to_thread(_verify, password_hash, password)
        finally:
            self._waiting -= 1

    def by_cookie(self, value: str | None) -> Caller | None:
        """The person whose cookie this is; None for a false, altered or old one."""
        try:
            told = self._signer.loads(value or "", max_age=SESSION_S)
        except BadSignature:
            return None
        return Caller(name=str(told["name"]), by_cookie=True)

    def by_token(self, token: str) -> Caller | None:
        """The program whose token this is; None for a wrong one."""
        if self._token is None or not hmac.compare_digest(token.encode(), self._token.encode()):
            return None
        return Caller(name="", by_cookie=False)


def _verify(password_hash: str, password: str) -> bool:
    try:
        return _HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False
