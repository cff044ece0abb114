"""What happened, as one clause in Chinese and in English, for every kind of alert and every known reason.

A clause is a template with these places: {who}; {when}, the moment it began; {length}, how long it had lasted when it
was told; {at}, "在卧室" or " in the bedroom" or nothing; {room}, the room's bare name or nothing; {device}, its name;
{by}, its name in brackets or nothing; {limit}, the limit that was reached; {usual}, her longest or latest outing;
{door}, when the door moved; {part}, the part of the gateway; {left}, how long its battery will last, or its charge, or
nothing; {unseen}, the longest unseen time, and {todo}, why it is so long and what to do; {compared}, how long it has
been quiet and what is usual; {beside}, the longest that is usual, or nothing; {usual_at}, when she is usually up at
the latest; {times} and {usual_times}, how often. A reason that is not listed gets the clause of its kind, which is
true whatever the reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from alerts.model import AlertKind, AlertState

if TYPE_CHECKING:
    from alerts.model import Alert
    from alerts.spoken import Language


class Words(NamedTuple):
    """One text in both languages."""

    zh: str
    en: str

    def in_(self, language: Language) -> str:
        """The text in one of them."""
        return self.zh if language == "zh" else self.en


TITLES = {
    AlertKind.EMERGENCY: Words("紧急呼叫", "Emergency call"),
    AlertKind.FALL: Words("跌倒", "Fall"),
    AlertKind.INACTIVITY: Words("长时间无动静", "No sign of life"),
    AlertKind.DOOR: Words("大门异常", "Entrance door"),
    AlertKind.HAZARD: Words("险情报警", "Hazard"),
    AlertKind.SILENCE: Words("设备失联", "Device silent"),
    AlertKind.BATTERY: Words("电量低", "Battery low"),
    AlertKind.TAMPER: Words("设备被拆动", "Device tampered with"),
    AlertKind.SYSTEM: Words("守望故障", "Watch in trouble"),
    AlertKind.TEST: Words("测试，不是真的告警", "TEST, not a real alert"),
}
"""The headline of each kind."""

CLAUSES = {
    AlertKind.EMERGENCY: Words("{who}{when} {at}发出紧急呼叫{by}", "{who} called for help{at} at {when}{by}"),
    AlertKind.FALL: Words("{who}{when} {at}可能跌倒了{by}", "{who} may have fallen{at} at {when}{by}"),
    AlertKind.INACTIVITY: Words(
        "{who}从{when} 起没有动静，已经 {length}", "No sign of life from {who} since {when}, for {length}"
    ),
    AlertKind.DOOR: Words(
        "{who}家的大门从{when} 起有异常", "Something has been unusual at the entrance door of {who} since {when}"
    ),
    AlertKind.HAZARD: Words(
        "{who}家{room}{when} 有险情报警{by}", "Hazard alarm{at} at the home of {who} at {when}{by}"
    ),
    AlertKind.SILENCE: Words(
        "{who}家的“{device}”从{when} 起失联", "“{device}” at the home of {who} has been silent since {when}"
    ),
    AlertKind.BATTERY: Words(
        "{who}家的“{device}”电量低，请尽快换电池", "“{device}” at the home of {who} needs a new battery soon"
    ),
    AlertKind.TAMPER: Words(
        "{who}家的“{device}”{when} 被拆动", "“{device}” at the home of {who} was tampered with at {when}"
    ),
    AlertKind.SYSTEM: Words(
        "{who}家的守望盒从{when} 起有故障", "The watch box of {who} has been in trouble since {when}"
    ),
    AlertKind.TEST: Words(
        "测试，不是真的：{when} 用“{device}”测试了{who}家的告警链路，请照常接警",
        "A test, not real: the alarm chain of {who} was tried at {when} with “{device}”; please take it as usual",
    ),
}
"""The clause of each kind, true whatever the reason."""

_NO_SIGN = Words(
    "{who}在家，从{when} 起没有动静，已经 {length}",
    "{who} is at home without a sign of life since {when}, for {length}",
)

REASONS = {
    "pressed": Words("{who}{when} {at}按了紧急呼叫{by}", "{who} pressed for help{at} at {when}{by}"),
    "fall_reported": Words("{who}{when} {at}跌倒了{by}", "{who} fell{at} at {when}{by}"),
    "lying_reported": Words("{who}{when} {at}躺在地上{by}", "{who} was lying on the floor{at} at {when}{by}"),
    "fall_suspected": Words(
        "{who}{when} {at}可能跌倒了，之后 {limit}没有看到起身",
        "{who} may have fallen{at} at {when} and was not seen to get up within {limit}",
    ),
    "fall_seen_twice": Words(
        "{who}{when} {at}跌倒了，两个设备都发现了", "{who} fell{at} at {when}: two devices noticed it"
    ),
    "fall_lying_still": Words(
        "{who}{when} {at}可能跌倒了，之后一直躺着不动{by}",
        "{who} may have fallen{at} at {when} and has been lying still since{by}",
    ),
    "fall_got_up": Words(
        "{who}{when} {at}可能摔了一下，已经自己起来活动，请有空时问问她{by}",
        "{who} may have had a fall{at} at {when} and is up and about again; please ask after her when convenient{by}",
    ),
    "not_up_again": Words(
        "{who}{when} {at}跌倒后，{length}没有看到起身", "{who} fell{at} at {when} and has not been seen up for {length}"
    ),
    "no_sign_of_life_by_day": _NO_SIGN,
    "no_sign_of_life_by_night": _NO_SIGN,
    "no_sign_of_life_in_bed": Words(
        "{who}躺在床上，从{when} 起没有动静，已经 {length}",
        "{who} has been lying in bed without a sign of life since {when}, for {length}",
    ),
    "no_sign_unusual": Words(
        "{who}在家，从{when} 起没有动静，{compared}",
        "{who} is at home without a sign of life since {when}, {compared}",
    ),
    "bathroom_long": Words(
        "{who}从{when} 起一直在{room}，已经 {length}{beside}",
        "{who} has been in the {room} since {when}, for {length}{beside}",
    ),
    "out_of_bed_at_night": Words(
        "{who}{when} 夜里离床，{length}没有回到床上，屋里也没有动静{beside}",
        "{who} left the bed at {when} at night and has not come back for {length}, and nothing moves{beside}",
    ),
    "not_up": Words(
        "{who}今天还没有起床，平时最晚 {usual_at} 起床", "{who} is not up yet today, and is usually up by {usual_at}"
    ),
    "up_often": Words(
        "{who}昨夜起来 {times} 次，平时最多 {usual_times} 次",
        "{who} got up {times} times last night, usually {usual_times} at most",
    ),
    "no_sign_since_start": Words(
        "{who}家从{when} 开始守望起一直没有动静，已经 {length}",
        "No sign of life from {who} since the watch began at {when}, for {length}",
    ),
    "no_sign_after_door": Words(
        "{who}外出后，家门{door} 开过，之后没有动静，可能人已到家却不能动",
        "{who} was out; the door opened at {door} and then nothing moved: perhaps at home and unable to move",
    ),
    "no_sign_sensors_silent": Words(
        "{who}家从{when} 起没有动静，已经 {length}，屋里的传感器也都没有消息",
        "No sign of life from {who} since {when}, for {length}, and the sensors in the rooms are silent too",
    ),
    "door_left_open": Words(
        "{who}家的大门从{when} 起一直开着，已经 {length}",
        "The entrance door of {who} has been open since {when}, for {length}",
    ),
    "door_left_open_at_night": Words(
        "现在是夜里，{who}家的大门从{when} 起一直开着，已经 {length}",
        "The entrance door of {who} has been open at night since {when}, for {length}",
    ),
    "out_at_night": Words(
        "{who}夜间外出：{when} 出门，{length}还没有回来",
        "{who} went out at night, at {when}, and has not come back for {length}",
    ),
    "out_longer_than_usual": Words(
        "{who}{when} 出门，已经 {length}还没有回来，比平时最久的 {usual}还久",
        "{who} went out at {when} and has not come back for {length}: longer than her longest, {usual}",
    ),
    "out_later_than_usual": Words(
        "{who}{when} 出门，还没有回来，平时最晚{usual} 就到家了",
        "{who} went out at {when} and is not back: on other days she is home by {usual} at the latest",
    ),
    "out_at_odd_hour": Words(
        "{who}{when} 出门，平时这个时候从不出门，{length}还没有回来",
        "{who} went out at {when}, when she never does, and has not come back for {length}",
    ),
    "perhaps_at_home": Words(
        "{who}家{when} 有人出门，之后 {length}屋里没有动静：老人可能也出门了，也可能还在家里",
        "Somebody left the home of {who} at {when} and nothing has moved for {length}: she may be out too, or at home",
    ),
    "not_back": Words(
        "{who}{when} 出门，{length}还没有回来", "{who} went out at {when} and has not come back for {length}"
    ),
    "smoke": Words("{who}家{room}{when} 烟雾报警{by}", "Smoke alarm{at} at the home of {who} at {when}{by}"),
    "gas": Words("{who}家{room}{when} 燃气泄漏报警{by}", "Gas alarm{at} at the home of {who} at {when}{by}"),
    "carbon_monoxide": Words(
        "{who}家{room}{when} 一氧化碳报警{by}", "Carbon monoxide alarm{at} at the home of {who} at {when}{by}"
    ),
    "water_leak": Words("{who}家{room}{when} 漏水{by}", "Water leak{at} at the home of {who} at {when}{by}"),
    "device_silent": Words(
        "{who}家的“{device}”从{when} 起没有消息，已经 {length}",
        "“{device}” at the home of {who} has said nothing since {when}, for {length}",
    ),
    "device_never_heard": Words(
        "{who}家的“{device}”从来没有消息，可能没装好",
        "“{device}” at the home of {who} has never said anything: it may not be installed",
    ),
    "device_offline": Words("{who}家的“{device}”{when} 断线", "“{device}” at the home of {who} went offline at {when}"),
    "bridge_down": Words(
        "{who}家的“{device}”从{when} 起断线，连在上面的传感器都收不到",
        "“{device}” at the home of {who} has been down since {when}: none of its sensors can be heard",
    ),
    "broker_down": Words(
        "{who}家从{when} 起收不到任何传感器的消息", "No sensor at the home of {who} can be heard since {when}"
    ),
    "gateway_trouble": Words(
        "{who}家的守望盒从{when} 起有故障：{part}", "The watch box of {who} has been in trouble since {when}: {part}"
    ),
    "trial_overdue": Words(
        "{who}家的告警链路{when} 就该测试了，一直没有测试，请上门运行 shouwang test",
        "The alarm chain of {who} was to be tried by {when} and was not: please visit and run shouwang test",
    ),
    "unseen_too_long": Words(
        "{who}在家里万一出事，{unseen}：{todo}", "If something happens to {who} at home, {unseen}: {todo}"
    ),
    "mains_lost": Words(
        "{who}家从{when} 起停电，守望靠电池运行{left}",
        "The mains at the home of {who} have been off since {when}; the watch runs on its battery{left}",
    ),
    "battery_ending": Words(
        "{who}家从{when} 起停电，电池快用完了，守望即将停止，来电以前没有人看护老人",
        "The mains at the home of {who} have been off since {when}, the battery is nearly empty and the watch is about"
        " to stop: until they are back nobody watches over the resident",
    ),
    "button_stuck": Words(
        "{who}家的“{device}”从{when} 起一直处于按下状态，不能再用它呼叫",
        "“{device}” at the home of {who} has been stuck since {when}: it can no longer call for help",
    ),
}
"""The clause of each reason that says more than its kind does."""

TOLD_AGAIN = {
    "pressed": Words(
        "{last} 又{at}按了一次{by}，共 {count} 次", "Pressed again{at} at {last}{by}, {count} times in all"
    ),
    "fall_reported": Words("{last} 又报告跌倒", "A fall was reported again at {last}"),
    "lying_reported": Words("{last} 又报告躺在地上", "Lying on the floor was reported again at {last}"),
}
"""What a further occurrence adds. Other reasons follow each other as steps of one story, not as repetitions."""

LEFT = Words("，约还能用 {length}", " and has about {length} left")
LEFT_PERCENT = Words("，电量还有 {percent}%", " and has {percent}% left")
AT = Words("在{room}", " in {room}")
BY = Words("（{device}）", " ({device})")

NOTICED_AT_ONCE = frozenset({AlertKind.EMERGENCY, AlertKind.FALL, AlertKind.HAZARD, AlertKind.TAMPER})
"""Kinds that a working box opens at once, or when the limit in the evidence is reached: a longer gap means that it was
not working. The others begin with a silence, whose length the clause tells."""

STATES = {
    AlertState.PENDING: Words(
        "正在家里倒计时，老人有动静就取消", "It is being counted down at home; the resident may still cancel it"
    ),
    AlertState.ACKNOWLEDGED: Words("{by}已接警", "{by} has taken the alert"),
    AlertState.ATTENDED: Words("{by}已到场", "{by} is with the resident"),
    AlertState.RETURNED: Words(
        "情况已自行解除，但还没有人看过老人", "The condition has gone by itself, but nobody has looked in yet"
    ),
    AlertState.CANCELLED: Words("老人已自己取消", "The resident has cancelled it"),
    AlertState.CLOSED: Words("已办结", "Closed"),
}
"""What is told of an alert that is not simply open."""

SET_OUT = Words("{by}已出发", "{by} is on the way")
OVERDUE = Words(
    "{by}接警后 {limit}仍无人到场，再次呼叫", "{by} took it, and nobody had arrived {limit} later: called again"
)
NOBODY_YET = Words(
    "已呼叫 {rounds} 轮仍无人接警，请考虑同时拨打 120",
    "Nobody has taken it in {rounds} rounds of calls: consider calling 120 as well",
)
AMBULANCE_KINDS = frozenset({AlertKind.EMERGENCY, AlertKind.FALL, AlertKind.INACTIVITY})
"""Where an ambulance may be what is needed."""

ABILITY = {
    0: Words("能力完好", "able"),
    1: Words("轻度失能", "mildly dependent"),
    2: Words("中度失能", "moderately dependent"),
    3: Words("重度失能", "severely dependent"),
    4: Words("完全失能", "fully dependent"),
}
"""Source: the five grades of GB/T 42195-2022."""


def clause(alert: Alert, language: Language) -> str:
    """The template that says what happened.

    Args:
        alert: any alert.
        language: "zh" or "en".

    Returns:
        The clause of its reason, or of its kind where the reason has none.
    """
    return REASONS.get(alert.reason, CLAUSES[alert.kind]).in_(language)
