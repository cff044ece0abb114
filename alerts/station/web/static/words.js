"use strict";
// Every word of the console, Chinese first. `say(name, values)` fills in {value}.
const WORDS = {
  zh: {
    html: "zh-CN", other_language: "English", leave: "退出", sound_off: "声音：关", sound_on: "声音：开",
    homes: "住户", closed: "最近办结", none: "现在没有需要处理的告警", will_ring: "有告警会响铃并显示在这里", cannot_ring: "有告警会显示在这里；要响铃，请先点一下页面",
    waiting_count: "{n} 条待接警", taken_count: "{n} 条处理中", all_calm: "平安",
    waiting: "已等 {t}", taken_by: "{by} {at} 已接警", attended_by: "{by} {at} 已到场", closed_by: "{by} {at} 办结",
    recovered: "{at} 已恢复，仍需有人查看", sending: "正在告知守望盒…", sent: "守望盒已知道",
    set_out_by: "{by} {at} 已出发", accept: "接 警", set_out: "出 发", arrive: "到 场", close: "办 结", back: "返回", close_it: "确认办结", what_was_it: "处置结果", note: "说明（可不填）",
    where: "地址", way_in: "进门", call_back: "回电", health: "病史", room: "在", since: "{at} 发生，{ago}", presses: "已按 {n} 次，最近 {at}", times: "共 {n} 次，最近 {at}",
    age: "{n} 岁", bed: "床位", test: "测试", first_seen: "{at} 收到", minutes_ago: "{n} 分钟前", just_now: "刚刚", hours_ago: "{n} 小时前", days_ago: "{n} 天前",
    heard: "最后消息 {t}", never_heard: "还没有消息", fine: "正常", unwell: "有故障", silent: "失联", by_spare: "主通道断，走备用通道",
    offline: "与驿站服务器断开，正在重连。此刻看到的可能不是最新情况，请留意电话。", broker_down: "驿站的消息代理连不上：{reason}", disk: "驿站的硬盘写不进去：{reason}。新告警暂时收不下，住户会通知下一位联系人。",
    refused_count: "拒收的消息 {n} 条", refused_by_home: "守望盒没有采纳：{reason}",
    to_alerts: "告警", to_homes: "住户", to_statistics: "统计", faults: "设备与线路故障", test_count: "{n} 条测试",
    test_banner: "测 试 · 不是真的告警，请照常接警", overdue: "{by} 接警后无人到场，已再次呼叫",
    cause: "误报原因（知道就选）", cause_pressed_by_mistake: "误按", cause_device: "设备误报", cause_visitor: "来人", cause_pet: "宠物", cause_away: "老人不在家", cause_asleep: "老人在睡觉", cause_other: "其他", cause_unknown: "没有写原因",
    column_home: "住户", column_state: "守望盒", column_paths: "通道", column_test: "链路测试", column_version: "版本", path_main: "主用", path_spare: "备用",
    tested: "{at} 通过，下次 {next}", test_due: "该测试了（上次 {at}）", never_tested: "还没有测试过", not_asked: "—",
    earlier: "上个月", later: "下个月", outcomes: "处置结果", causes: "误报原因", kinds: "告警类型", beside: "其他", nothing_counted: "这个月没有",
    taken_soon: "{n} 条有人接警：一半在 {median}内，95% 在 {p95}内", taken_within: "60 秒内接警 {n60}/{n}，180 秒内 {n180}/{n}", seconds: "{n} 秒", minutes: "{n} 分钟",
    cancelled_count: "老人自己取消 {n} 条", fault_count: "设备与线路故障 {n} 条", tests_apart: "测试 {n} 条（不计入上面的数字）",
    kind_emergency: "紧急呼叫", kind_fall: "跌倒", kind_inactivity: "长时间无动静", kind_door: "大门", kind_hazard: "险情", kind_silence: "设备失联", kind_battery: "电量低", kind_tamper: "被拆动", kind_system: "守望故障", kind_test: "测试", kind_gateway_silent: "守望盒失联", kind_path_silent: "通道失联", kind_gateway_twins: "重名的守望盒", kind_station_restored: "驿站恢复自备份",
    outcome_true_alarm: "确有险情", outcome_false_alarm: "误报", outcome_test: "测试", outcome_no_answer: "无人应答", outcome_fixed: "设备已修复",
    severity_emergency: "紧急", severity_warning: "注意", severity_fault: "故障", failed: "没有成功，请再试一次", cancelled: "老人已取消",
  },
  en: {
    html: "en", other_language: "中文", leave: "Log out", sound_off: "Sound: off", sound_on: "Sound: on",
    homes: "Homes", closed: "Closed lately", none: "Nothing needs anybody now", will_ring: "An alert will ring and appear here", cannot_ring: "An alert will appear here; touch the page once to have it ring",
    waiting_count: "{n} waiting", taken_count: "{n} in hand", all_calm: "All calm",
    waiting: "waiting {t}", taken_by: "taken by {by} at {at}", attended_by: "{by} arrived at {at}", closed_by: "closed by {by} at {at}",
    recovered: "gone at {at}; somebody should still look", sending: "telling the home…", sent: "the home knows",
    set_out_by: "{by} set out at {at}", accept: "TAKE IT", set_out: "SET OUT", arrive: "ARRIVED", close: "CLOSE", back: "Back", close_it: "Close the alert", what_was_it: "What was it?", note: "Note (optional)",
    where: "Where", way_in: "Way in", call_back: "Call back", health: "Health", room: "in", since: "began {at}, {ago}", presses: "pressed {n} times, last at {at}", times: "{n} times, last at {at}",
    age: "{n} years", bed: "bed", test: "TEST", first_seen: "arrived {at}", minutes_ago: "{n} min ago", just_now: "just now", hours_ago: "{n} h ago", days_ago: "{n} days ago",
    heard: "last heard {t}", never_heard: "never heard", fine: "working", unwell: "faulty", silent: "silent", by_spare: "main path cut, by the spare one",
    offline: "No connection to the station's server; trying again. What you see may be old: mind the telephone.", broker_down: "The station's broker cannot be reached: {reason}", disk: "The station's disk refuses: {reason}. New alerts cannot be taken; the homes call the next contact.",
    refused_count: "{n} messages refused", refused_by_home: "the home did not take it: {reason}",
    to_alerts: "Alerts", to_homes: "Homes", to_statistics: "Month", faults: "Devices and lines", test_count: "{n} tests",
    test_banner: "TEST · not a real alert; take it as usual", overdue: "{by} took it and nobody arrived: called again",
    cause: "What it came from (if you know)", cause_pressed_by_mistake: "Pressed by mistake", cause_device: "The device erred", cause_visitor: "A visitor", cause_pet: "A pet", cause_away: "She was away", cause_asleep: "She was asleep", cause_other: "Something else", cause_unknown: "Not said",
    column_home: "Home", column_state: "Box", column_paths: "Paths", column_test: "Test of the chain", column_version: "Version", path_main: "main", path_spare: "spare",
    tested: "worked on {at}, next by {next}", test_due: "due (last {at})", never_tested: "never tried", not_asked: "—",
    earlier: "Earlier", later: "Later", outcomes: "Outcomes", causes: "False alarms came from", kinds: "Kinds", beside: "Besides", nothing_counted: "none this month",
    taken_soon: "{n} were taken: half within {median}, 95 % within {p95}", taken_within: "within 60 s {n60}/{n}, within 180 s {n180}/{n}", seconds: "{n} s", minutes: "{n} min",
    cancelled_count: "{n} cancelled by the resident", fault_count: "{n} faults of devices and lines", tests_apart: "{n} tests (counted nowhere else)",
    kind_emergency: "Emergency call", kind_fall: "Fall", kind_inactivity: "No sign of life", kind_door: "Entrance door", kind_hazard: "Hazard", kind_silence: "Device silent", kind_battery: "Battery low", kind_tamper: "Tampered with", kind_system: "Watch in trouble", kind_test: "Test", kind_gateway_silent: "Box silent", kind_path_silent: "Path silent", kind_gateway_twins: "Two boxes, one name", kind_station_restored: "Station restored",
    outcome_true_alarm: "True alarm", outcome_false_alarm: "False alarm", outcome_test: "Test", outcome_no_answer: "No answer", outcome_fixed: "Device fixed",
    severity_emergency: "EMERGENCY", severity_warning: "WARNING", severity_fault: "FAULT", failed: "That did not work; try again", cancelled: "cancelled by the resident",
  },
};
let language = localStorage.getItem("language") === "en" ? "en" : "zh";

function say(name, values = {}) {
  return (WORDS[language][name] ?? name).replace(/\{(\w+)\}/g, (_, key) => values[key] ?? "");
}

const timezone = document.documentElement.dataset.timezone;
const TIME = new Intl.DateTimeFormat("zh-CN", { timeZone: timezone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const DAY = new Intl.DateTimeFormat("zh-CN", { timeZone: timezone, month: "numeric", day: "numeric" });

// "14:05", with the day in front when it is not today's.
function clockTime(iso, now) {
  const at = new Date(iso);
  return DAY.format(at) === DAY.format(now) ? TIME.format(at) : `${DAY.format(at)} ${TIME.format(at)}`;
}

const day = (iso) => DAY.format(new Date(iso));

function ago(iso, now) {
  const minutes = Math.floor((now - new Date(iso)) / 60000);
  if (minutes < 1) return say("just_now");
  if (minutes < 60) return say("minutes_ago", { n: minutes });
  return minutes < 2880 ? say("hours_ago", { n: Math.floor(minutes / 60) }) : say("days_ago", { n: Math.floor(minutes / 1440) });
}

// "2:07", "1:02:07": how long somebody has been waiting.
function stopwatch(iso, now) {
  const seconds = Math.max(0, Math.floor((now - new Date(iso)) / 1000));
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return (h ? `${h}:${String(m).padStart(2, "0")}` : `${m}`) + `:${String(s).padStart(2, "0")}`;
}
