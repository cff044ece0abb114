"""Every way in which the API says no: a fixed name, a status, and a sentence that tells what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One way of saying no.

    Args:
        status: of HTTP.
        error: a fixed short name.
        sentence_zh, sentence_en: what the person should know or do.
    """

    status: int
    error: str
    sentence_zh: str
    sentence_en: str


class ApiError(Exception):
    """A request that is answered with a problem.

    Args:
        problem: which.
        headers: further headers of the answer.
    """

    def __init__(self, problem: Problem, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(problem.sentence_en)
        self.problem = problem
        self.headers = dict(headers or {})


NOT_SIGNED_IN = Problem(
    status=401,
    error="not_signed_in",
    sentence_zh="请先登录，或在请求里带上令牌（Authorization: Bearer）。",
    sentence_en="Sign in first, or send the token (Authorization: Bearer).",
)
WRONG_TOKEN = Problem(
    status=401,
    error="wrong_token",
    sentence_zh="令牌不对，请核对配置里 [api] 的 token。",
    sentence_en="The token is not right: compare it with token under [api] in the settings.",
)
WRONG_PASSWORD = Problem(
    status=401,
    error="wrong_password",
    sentence_zh="密码不对，请再试一次。",
    sentence_en="The password is not right: please try again.",
)
NO_PASSWORD_SET = Problem(
    status=403,
    error="no_password_set",
    sentence_zh="还没有设置登录密码，请安装人员在配置的 [api] 里写上 password_hash。",
    sentence_en="No password is set: the installer must write password_hash under [api] in the settings.",
)
FOREIGN_ORIGIN = Problem(
    status=403,
    error="foreign_origin",
    sentence_zh="这个请求来自别的网页，已拒绝。请在守望的页面上操作。",
    sentence_en="This request came from another site and was refused: please use the page of Shouwang.",
)
NOT_FOUND = Problem(
    status=404,
    error="not_found",
    sentence_zh="没有这个页面，请回到首页。",
    sentence_en="There is no such page: go back to the first one.",
)
WRONG_METHOD = Problem(
    status=405,
    error="wrong_method",
    sentence_zh="这个地址不接受这种请求，请看接口说明 /openapi.json。",
    sentence_en="This address does not take such a request: see /openapi.json.",
)
UNKNOWN_ALERT = Problem(
    status=404,
    error="unknown_alert",
    sentence_zh="没有这条告警，请刷新页面再看。",
    sentence_en="There is no such alert: reload and look again.",
)
NO_LENGTH = Problem(
    status=411,
    error="no_length",
    sentence_zh="请求没有写明长度（Content-Length）。",
    sentence_en="The request does not tell its length (Content-Length).",
)
TOO_LARGE = Problem(
    status=413,
    error="too_large",
    sentence_zh="请求太大，最多 64 KiB。",
    sentence_en="The request is too large: 64 KiB at most.",
)
BAD_INPUT = Problem(
    status=422,
    error="bad_input",
    sentence_zh="请求里有一项不对，请看 faults。",
    sentence_en="Something in the request is not right: see faults.",
)
SINCE_AFTER_UNTIL = Problem(
    status=422,
    error="since_after_until",
    sentence_zh="since 必须早于 until。",
    sentence_en="since must be before until.",
)
NO_NAME = Problem(
    status=422,
    error="no_name",
    sentence_zh="请写明是谁（by）。",
    sentence_en="Say who decides (by).",
)
TOO_MANY_ATTEMPTS = Problem(
    status=429,
    error="too_many_attempts",
    sentence_zh="密码错了太多次，请 15 分钟后再试。",
    sentence_en="Too many wrong passwords: please try again in 15 minutes.",
)
BUSY = Problem(
    status=429,
    error="busy",
    sentence_zh="同时登录的人太多，请过几秒再试。",
    sentence_en="Too many people are signing in at once: please try again in a few seconds.",
)
"""Checking a password costs memory on purpose, so that only a few may wait for it."""
