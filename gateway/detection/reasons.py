"""Every reason a detection can have: one fixed name each, for the brief's sentences, for logs and for counters.

A reason says why the box believes what it says; the evidence beside it says from what. Both are named here and
nowhere else, so that a sentence without a reason, or a reason without a sentence, is found by a test.
"""

from enum import StrEnum


class Reason(StrEnum):
    """Why a detection was raised or cleared; the comment gives its evidence beyond `device` and `room`."""

    # 紧急呼叫
    PRESSED = "pressed"  # press

    # 跌倒
    FALL_REPORTED = "fall_reported"
    LYING_REPORTED = "lying_reported"
    FALL_SUSPECTED = "fall_suspected"  # limit_s
    FALL_SEEN_TWICE = "fall_seen_twice"  # second, score (where a worn sensor was struck)
    FALL_LYING_STILL = "fall_lying_still"  # score
    FALL_GOT_UP = "fall_got_up"  # lying_s
    NOT_UP_AGAIN = "not_up_again"  # limit_s, lying_s
    UP_AGAIN = "up_again"  # lying_s

    # 长时间无动静; raised with silent_s, limit_s, place, in_bed, last_sign_at, last_sign_device, last_sign_room,
    # sensors_alive, sensors; where enough days were seen also usual_part, usual_s
    NO_SIGN_BY_DAY = "no_sign_of_life_by_day"
    NO_SIGN_BY_NIGHT = "no_sign_of_life_by_night"
    NO_SIGN_IN_BED = "no_sign_of_life_in_bed"
    NO_SIGN_UNUSUAL = "no_sign_unusual"
    NO_SIGN_FLOOR = "no_sign_of_life_floor"
    NO_SIGN_SINCE_START = "no_sign_since_start"
    NO_SIGN_AFTER_DOOR = "no_sign_after_door"  # door_at
    NO_SIGN_SENSORS_SILENT = "no_sign_sensors_silent"
    SIGN_OF_LIFE = "sign_of_life"  # silent_s

    # 起居异常; raised with stay_s, last_sign_at, last_sign_device, last_sign_room; usual_s where it is known
    BATHROOM_LONG = "bathroom_long"  # limit_s, usual_s
    LEFT_BATHROOM = "left_bathroom"  # stay_s
    OUT_OF_BED = "out_of_bed_at_night"  # limit_s, usual_s
    BACK_IN_BED = "back_in_bed"  # stay_s
    NOT_UP = "not_up"  # usual_at
    UP = "up"  # stay_s
    UP_OFTEN = "up_often"  # times, usual_times
    NIGHT_OVER = "night_over"  # stay_s

    # 门
    DOOR_LEFT_OPEN = "door_left_open"  # opened_at, open_s, limit_s, place
    DOOR_LEFT_OPEN_AT_NIGHT = "door_left_open_at_night"  # the same
    OUT_AT_NIGHT = "out_at_night"  # left_at, out_s, limit_s
    NOT_BACK = "not_back"  # the same
    OUT_LONGER_THAN_USUAL = "out_longer_than_usual"  # the same, usual_s: her longest
    OUT_LATER_THAN_USUAL = "out_later_than_usual"  # the same, usual_at: her latest return, "HH:MM"
    OUT_AT_ODD_HOUR = "out_at_odd_hour"  # the same
    PERHAPS_AT_HOME = "perhaps_at_home"  # the same
    DOOR_CLOSED = "door_closed"  # open_s
    BACK_HOME = "back_home"  # out_s

    # 烟雾、燃气、一氧化碳、漏水、拆动
    SMOKE = "smoke"
    GAS = "gas"
    CARBON_MONOXIDE = "carbon_monoxide"
    WATER_LEAK = "water_leak"
    HAZARD_OVER = "hazard_over"  # hazard, lasted_s
    TAMPERED = "tampered"
    TAMPER_OVER = "tamper_over"  # lasted_s

    # 电量
    BATTERY_LOW = "battery_low"  # role, percent (absent when only the device's own flag says so), limit_percent
    BATTERY_CHANGED = "battery_changed"  # percent (as above)

    # 失联
    DEVICE_SILENT = "device_silent"  # role, silent_s, limit_s, last_heard_at
    DEVICE_NEVER_HEARD = "device_never_heard"  # role, silent_s, limit_s
    DEVICE_OFFLINE = "device_offline"  # role, last_heard_at
    HEARD_AGAIN = "heard_again"  # silent_s
    BRIDGE_DOWN = "bridge_down"  # down_s, limit_s
    BRIDGE_UP = "bridge_up"  # silent_s

    # 守望自身
    BROKER_DOWN = "broker_down"  # down_s, limit_s
    BROKER_UP = "broker_up"  # lasted_s
    GATEWAY_TROUBLE = "gateway_trouble"  # part
    TROUBLE_OVER = "trouble_over"  # part, lasted_s
    MAINS_LOST = "mains_lost"  # part, percent, runtime_s (each absent when the battery does not tell it)
    MAINS_BACK = "mains_back"  # part, lasted_s
    BATTERY_ENDING = "battery_ending"  # as mains_lost
    BUTTON_STUCK = "button_stuck"  # stuck_s
    BUTTON_RELEASED = "button_released"  # lasted_s
    TRIAL_OVERDUE = "trial_overdue"  # every_days, proved_at (absent when it was never proved)
    TRIAL_MADE = "trial_made"  # the same

    # 守护能力
    UNSEEN_TOO_LONG = "unseen_too_long"  # cause, room, limit_s, unseen_s (absent without a bound); todo, what
    UNSEEN_IN_TIME = "unseen_in_time"  # the same

    # 测试
    CHAIN_TESTED = "chain_tested"  # contacts
