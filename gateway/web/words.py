"""The page's words, Chinese first, English second. Fixed names come in; what people read goes out."""

from __future__ import annotations

from typing import Final

from alerts.occurrence import Words

PAGE: Final = {
    "product": Words("守望", "Shouwang"),
    "sign_in": Words("登录", "Sign in"),
    "sign_out": Words("退出", "Sign out"),
    "your_name": Words("您怎么称呼", "Your name"),
    "your_name_hint": Words(
        "例如：女儿小丽。接警时会写上", "For example: daughter Li. Written down when you take an alert"
    ),
    "password": Words("密码", "Password"),
    "other_language": Words("English", "中文"),
    "bed": Words("床位", "Bed"),
    "as_of": Words("截至", "As of"),
    "lost": Words("和盒子的连接断了，这是断开前的情况", "The box cannot be reached; this is how it was before"),
    "last_sign": Words("最后动静", "Last sign of life"),
    "none_yet": Words("还没有", "none yet"),
    "because": Words("依据", "Because"),
    "live_alerts": Words("需要处理", "Needs somebody"),
    "no_alerts": Words("没有需要处理的告警", "No alert needs anybody"),
    "take": Words("我来处理", "I am on it"),
    "call": Words("打电话给老人", "Ring the resident"),
    "watch_ok": Words("守望正常工作", "The watch is working"),
    "watch_repair": Words("守望在工作，有 {} 个设备要检修", "The watch is working; {} to see to"),
    "watch_weak": Words("守望有问题", "The watch has a problem"),
    "watch_down": Words("守望没有在工作", "Nobody is keeping watch"),
    "watch_down_hint": Words(
        "现在出事不会有人知道，请打电话或上门看看", "If something happens now nobody will know: please ring or visit"
    ),
    "today": Words("今天的活动", "Today"),
    "whereabouts": Words("在哪里", "Where"),
    "devices": Words("设备", "Devices"),
    "timeline": Words("今天的经过", "What happened today"),
    "nothing_today": Words("今天还没有记录", "Nothing recorded today"),
    "installer": Words("安装与检修", "Installer"),
    "back": Words("返回", "Back"),
    "refusals": Words("被拒绝的消息", "Refused messages"),
    "no_refusals": Words("没有被拒绝的消息", "No message was refused"),
    "parts": Words("各个部分", "Parts"),
    "trends": Words("这一周", "This week"),
    "trends_hint": Words("供参考，不是告警", "For your information, not an alert"),
    "coverage": Words("最长无人知晓时间", "Longest unseen time"),
    "coverage_hint": Words(
        "万一倒下不能动，最坏的时刻、最坏的地方，要多久才有人知道",
        "Fallen and helpless, at the worst hour and in the worst place: how long until somebody knows",
    ),
    "by_hour": Words("一天里，从几点倒下算起", "Over the day, by the hour of the fall"),
    "path_tests": Words("每天的线路测试", "Daily test of the paths"),
    "chain": Words("链路测试", "Tests of the chain"),
    "times": Words("次", "times"),
    "battery": Words("电池", "Battery"),
    "counters": Words("计数器", "Counters"),
    "interface": Words("接口说明", "Interface"),
}
"""Every fixed text of the templates."""

PLACES: Final = {
    "home": Words("在家，有动静", "At home, up and about"),
    "asleep": Words("在睡觉", "Asleep"),
    "away": Words("外出了", "Out"),
    "visitor": Words("在家，有人来访", "At home, with a visitor"),
    "unknown": Words("还不清楚在不在家", "Not known whether at home"),
    "quiet": Words("在家，很安静", "At home, quiet"),
    "silent": Words("太久没有动静", "Silent for too long"),
    "blind": Words("现在看不到", "Cannot be seen just now"),
}
"""The headline. "quiet": home, half of the limit gone by; "silent": an alert for that; "blind": nobody keeps watch."""

PLACES_SHORT: Final = {
    "home": Words("在家", "At home"),
    "asleep": Words("睡觉", "Asleep"),
    "away": Words("外出", "Out"),
    "visitor": Words("有来访", "Visitor"),
    "unknown": Words("不清楚", "Not known"),
}

EVIDENCE: Final = {
    "nothing_yet": Words("刚开始守望，还没有看到动静", "The watch has just begun and nothing has moved yet"),
    "sign_indoors": Words("屋里的传感器看到了动静", "A sensor indoors saw something move"),
    "door_then_nothing": Words(
        "大门开过又关上，之后屋里没有动静", "The door opened and closed, and nothing moved indoors since"
    ),
    "door_after_visit": Words(
        "来访的人出门以后，屋里没有动静", "The visitor left, and nothing has moved indoors since"
    ),
    "door_from_outside": Words("有人从外面开门进来", "Somebody opened the door from outside and came in"),
    "two_at_once": Words("两个房间同时有人", "Somebody in two rooms at once"),
    "visit_over": Words("来访的人走了", "The visitor has left"),
    "door_while_away": Words(
        "外出时大门开过，还没看到屋里有动静", "The door opened while out; nothing has moved indoors yet"
    ),
    "door_sensor_lost": Words(
        "大门传感器失联，看不到是否回来", "The door sensor is silent, so a return could not be seen"
    ),
    "bed_occupied": Words("床上有人", "Somebody is in the bed"),
    "out_of_bed": Words("已经下床", "Out of bed"),
    "quiet_at_night": Words("夜里一直安静", "Quiet through the night"),
}
"""Why the place is believed; a name that is not here is not shown."""

CONFIDENCE: Final = {"likely": Words("大概", "likely"), "doubtful": Words("不能确定", "not certain")}
"""How surely; what is sure needs no word."""

PARTS: Final = {
    "broker": Words("传感器收信", "Hearing the sensors"),
    "bridge": Words("无线网关", "Radio bridge"),
    "station": Words("驿站联络", "Line to the station"),
    "station_spare": Words("驿站联络（备用）", "Spare line to the station"),
    "store": Words("记录保存", "Keeping records"),
    "disk": Words("记录保存", "Keeping records"),
    "clock": Words("时钟", "Clock"),
    "ticks": Words("定时检查", "Regular checks"),
    "api": Words("本页面", "This page"),
}
"""The parts of the watch; any other goes by its own name."""

PATHS: Final = {
    "station main": Words("驿站主通道", "Main path to the station"),
    "station spare": Words("驿站备用通道", "Spare path to the station"),
    "telephone": Words("电话", "Telephone"),
    "modem": Words("短信", "Text messages"),
    "scaip": Words("SCAIP 接警中心", "SCAIP alarm centre"),
    "dc09": Words("DC-09 接警中心", "DC-09 alarm centre"),
}
"""The paths that are tried every day; any other is a contact."""

CONTACT: Final = Words("联系“{}”", "Reaching “{}”")

CARD_STATES: Final = {
    "pending": Words("倒计时中", "Counting down"),
    "open": Words("还没有人接警", "Nobody has taken it yet"),
    "returned": Words("自行解除，还没有人看过", "Gone by itself, nobody has looked in"),
    "acknowledged": Words("已接警", "Taken"),
    "set_out": Words("已出发，有人正在赶来", "Somebody is on the way"),
    "attended": Words("已到场", "Somebody is there"),
}
"""What stands above a live alert."""

CHAIN: Final = {
    "never": Words(
        "告警链路还没有测试过：请驿站来测一次",
        "The alarm chain was never tried: ask the station to try it",
    ),
    "due": Words(
        "告警链路该测试了（上次 {last}）：请驿站来测一次",
        "The alarm chain is due for its test (last {last}): ask the station to try it",
    ),
    "done": Words("告警链路 {last} 测试通过，下次 {next}", "The alarm chain was tried at {last}; next by {next}"),
    "passed": Words("通过", "everything worked"),
    "failed": Words("没有全部通过", "not everything worked"),
    "silent": Words("没有收到", "nothing came"),
    "real": Words("没有确认", "not confirmed"),
}
"""The monthly test of the whole chain."""

COVERAGE: Final = {
    "when": Words("{clock} 前后", " around {clock}"),
    "on_floor": Words("倒在{room}", "If she falls in the {room}"),
    "in_bed": Words("在{room}床上出事", "If something happens to her in bed in the {room}"),
    "bed": Words("{room}床上", "In bed, {room}"),
    "no_bound": Words("没有上限", "no bound"),
    "door": Words(
        "另外：关上大门后马上倒在门边，看起来像是出了门，{how_long}。",
        "Besides: who shuts the front door and falls right beside it looks like one who has left, and {how_long}.",
    ),
}
"""The longest unseen time; its causes and what to do about them are in `alerts.unseen`."""

TONES: Final = {
    "soon": Words("10 分钟以内", "within 10 minutes"),
    "hours": Words("4 小时以内", "within 4 hours"),
    "long": Words("{limit}以内", "within {limit}"),
    "late": Words("超过 {limit}", "more than {limit}"),
    "never": Words("没有上限", "no bound"),
}
"""How long a fall stays unseen, as the colours of the drawing say it."""

PART_STATES: Final = {True: Words("正常", "working"), False: Words("有问题", "in trouble")}

ROLES: Final = {
    "sos": Words("紧急呼叫", "emergency call"),
    "fall": Words("跌倒监测", "fall detection"),
    "entrance": Words("大门", "entrance door"),
    "inner_door": Words("房门、柜门", "inner door"),
    "motion": Words("人体感应", "motion"),
    "presence": Words("有人感应", "presence"),
    "bed": Words("床垫传感", "bed"),
    "seat": Words("座椅传感", "seat"),
    "activity": Words("日常动作", "daily use"),
    "hazard": Words("烟雾、燃气、漏水", "hazard"),
    "bridge": Words("无线网关", "radio bridge"),
    "other": Words("其他", "other"),
}

DEVICE: Final = {
    "ok": Words("正常", "working"),
    "silent": Words("失联", "silent"),
    "never": Words("从来没有消息", "never heard"),
    "mains": Words("插电", "mains"),
    "battery_low": Words("电量低，请换电池", "battery low, please change it"),
    "alone": Words("乱报，单独说的不算数，请检查位置", "false reports, counts only beside another: check its place"),
    "misses": Words("最近很少有反应，请检查位置和电池", "hardly reacts of late: check its place and battery"),
    "battery_unknown": Words("电量未知", "charge not told"),
    "worn": Words("随身", "worn"),
    "just_now": Words("刚刚", "just now"),
    "ago": Words("{}前", "{} ago"),
}

HAPPENINGS: Final[dict[tuple[str, str, bool | float | str], Words]] = {
    ("reading", "contact", True): Words("打开", "opened"),
    ("reading", "contact", False): Words("关上", "closed"),
    ("reading", "motion", True): Words("有人走动", "somebody moved"),
    ("reading", "presence", True): Words("有人", "somebody came"),
    ("reading", "presence", False): Words("人离开", "nobody any more"),
    ("reading", "bed", True): Words("上床", "to bed"),
    ("reading", "bed", False): Words("下床", "out of bed"),
    ("reading", "fall", "fall"): Words("报告跌倒", "reported a fall"),
    ("reading", "fall", "maybe"): Words("疑似跌倒", "perhaps a fall"),
    ("reading", "fall", "lying"): Words("有人躺在地上", "somebody on the floor"),
    ("reading", "smoke", True): Words("烟雾报警", "smoke alarm"),
    ("reading", "gas", True): Words("燃气报警", "gas alarm"),
    ("reading", "carbon_monoxide", True): Words("一氧化碳报警", "carbon monoxide alarm"),
    ("reading", "water_leak", True): Words("漏水", "water leak"),
    ("reading", "tamper", True): Words("被拆动", "tampered with"),
    ("reading", "battery_low", True): Words("电量低", "battery low"),
    ("reading", "availability", False): Words("断线", "offline"),
    ("reading", "availability", True): Words("恢复联系", "online"),
    ("reading", "bridge", False): Words("断线", "offline"),
    ("reading", "bridge", True): Words("恢复联系", "online"),
    ("alert", "", "open"): Words("告警", "alert"),
    ("alert", "", "acknowledged"): Words("已接警", "taken"),
    ("alert", "", "attended"): Words("已到场", "somebody is there"),
    ("alert", "", "returned"): Words("自行解除，还没有人看过", "gone by itself, nobody has looked in"),
    ("alert", "", "cancelled"): Words("老人已取消", "cancelled by the resident"),
    ("alert", "", "closed"): Words("已办结", "closed"),
    ("watch", "", True): Words("恢复正常", "working again"),
    ("watch", "", False): Words("出了问题", "in trouble"),
}
"""What a happening is called; one that is not here is not worth a line of the day."""

MOMENTARY: Final = {
    "sos": Words("按了紧急呼叫", "pressed for help"),
    "activity": Words("有动作", "used"),
    "vibration": Words("有震动", "shaken"),
}
"""Readings that happen rather than last: the same words whatever the value."""
