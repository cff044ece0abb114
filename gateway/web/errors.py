"""Every way in which the API says no: a fixed name, a status, and a sentence that tells what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gateway.web.trial_view import Refusal


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
TRIAL_PROBLEMS: Final[dict[Refusal, Problem]] = {
    "trial_running": Problem(
        status=409,
        error="trial_running",
        sentence_zh="另一个测试正在进行；请先结束它，或等两分钟它自己结束。",
        sentence_en="Another test is under way: end it first, or wait two minutes until it ends by itself.",
    ),
    "no_trial": Problem(
        status=404,
        error="no_trial",
        sentence_zh="现在没有测试在进行：可能盒子重启过，或两分钟没有操作。请重新开始。",
        sentence_en="No test is under way: the box was restarted, or nothing was asked for two minutes. Begin again.",
    ),
    "unknown_device": Problem(
        status=404,
        error="unknown_device",
        sentence_zh="没有这个设备，或它不是按钮、跌倒监测或大门，不能测试。",
        sentence_en="There is no such device, or it is no button, fall device or entrance door, and cannot be tried.",
    ),
    "unknown_contact": Problem(
        status=404,
        error="unknown_contact",
        sentence_zh="升级链里没有这个联系人，请看 GET /trial/plan。",
        sentence_en="The ladder has no such contact: see GET /trial/plan.",
    ),
    "public_number": Problem(
        status=409,
        error="public_number",
        sentence_zh="测试不拨打 96111、12349、12345、110、119、120：别人正需要它们。请换一个联系人。",
        sentence_en="A test never rings 96111, 12349, 12345, 110, 119 or 120: others need them. Choose another.",
    ),
    "press_waits": Problem(
        status=409,
        error="press_waits",
        sentence_zh="刚才收到的按下还没有确认，请先回答是不是测试。",
        sentence_en="The press that came has not been answered yet: say first whether it was the test.",
    ),
    "too_late": Problem(
        status=409,
        error="too_late",
        sentence_zh="太晚了：这次按下没有及时确认，已经作为真的告警发出。请马上告诉驿站这是测试。",
        sentence_en="Too late: nobody said in time that it was the test; it went out as real. Tell the station.",
    ),
}
BUSY = Problem(
    status=429,
    error="busy",
    sentence_zh="同时登录的人太多，请过几秒再试。",
    sentence_en="Too many people are signing in at once: please try again in a few seconds.",
)
"""Checking a password costs memory on purpose, so that only a few may wait for it."""
STORE_UNREADABLE = Problem(
    status=503,
    error="store_unreadable",
    sentence_zh="数据库现在读不出来，正在修复；守望和呼救不受影响，请过一分钟再看。",
    sentence_en="The store cannot be read and is being mended; the watch and calls for help go on. Try in a minute.",
)
