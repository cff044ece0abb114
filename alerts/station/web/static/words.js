"use strict";
// Every word of the console, Chinese first. `say(name, values)` fills in {value}.
const WORDS = {
  zh: {
    html: "zh-CN", other_language: "English", leave: "退出", sound_off: "声音：关", sound_on: "声音：开",
    homes: "住户", closed: "最近办结", none: "现在没有需要处理的告警", none_hint: "有告警会响铃并显示在这里",
    waiting_count: "{n} 条待接警", taken_count: "{n} 条处理中", all_calm: "平安",
    waiting: "已等 {t}", taken_by: "{by} {at} 已接警", attended_by: "{by} {at} 已到场", closed_by: "{by} {at} 办结",
    recovered: "{at} 已恢复，仍需有人查看", sending: "正在告知守望盒…", sent: "守望盒已知道",
    accept: "接 警", arrive: "到 场", close: "办 结", back: "返回", close_it: "确认办结", what_was_it: "处置结果", note: "说明（可不填）",
    where: "地址", way_in: "进门", call_back: "回电", health: "病史", room: "在", since: "{at} 发生，{ago}", presses: "已按 {n} 次，最近 {at}", times: "共 {n} 次，最近 {at}",
    age: "{n} 岁", bed: "床位", test: "测试", first_seen: "{at} 收到", minutes_ago: "{n} 分钟前", just_now: "刚刚", hours_ago: "{n} 小时前", days_ago: "{n} 天前",
    heard: "最后消息 {t}", never_heard: "还没有消息", fine: "正常", unwell: "有故障", silent: "失联",
    offline: "与驿站服务器断开，正在重连。此刻看到的可能不是最新情况，请留意电话。", broker_down: "驿站的消息代理连不上：{reason}", disk: "驿站的硬盘写不进去：{reason}。新告警暂时收不下，住户会通知下一位联系人。",
    refused_count: "拒收的消息 {n} 条", refused_by_home: "守望盒没有采纳：{reason}",
    outcome_true_alarm: "确有险情", outcome_false_alarm: "误报", outcome_test: "测试", outcome_no_answer: "无人应答", outcome_fixed: "设备已修复",
    severity_emergency: "紧急", severity_warning: "注意", severity_fault: "故障", failed: "没有成功，请再试一次", cancelled: "老人已取消",
  },
  en: {
    html: "en", other_language: "中文", leave: "Log out", sound_off: "Sound: off", sound_on: "Sound: on",
    homes: "Homes", closed: "Closed lately", none: "Nothing needs anybody now", none_hint: "An alert will ring and appear here",
    waiting_count: "{n} waiting", taken_count: "{n} in hand", all_calm: "All calm",
    waiting: "waiting {t}", taken_by: "taken by {by} at {at}", attended_by: "{by} arrived at {at}", closed_by: "closed by {by} at {at}",
    recovered: "gone at {at}; somebody should still look", sending: "telling the home…", sent: "the home knows",
    accept: "TAKE IT", arrive: "ARRIVED", close: "CLOSE", back: "Back", close_it: "Close the alert", what_was_it: "What was it?", note: "Note (optional)",
    where: "Where", way_in: "Way in", call_back: "Call back", health: "Health", room: "in", since: "began {at}, {ago}", presses: "pressed {n} times, last at {at}", times: "{n} times, last at {at}",
    age: "{n} years", bed: "bed", test: "TEST", first_seen: "arrived {at}", minutes_ago: "{n} min ago", just_now: "just now", hours_ago: "{n} h ago", days_ago: "{n} days ago",
    heard: "last heard {t}", never_heard: "never heard", fine: "working", unwell: "faulty", silent: "silent",
    offline: "No connection to the station's server; trying again. What you see may be old: mind the telephone.", broker_down: "The station's broker cannot be reached: {reason}", disk: "The station's disk refuses: {reason}. New alerts cannot be taken; the homes call the next contact.",
    refused_count: "{n} messages refused", refused_by_home: "the home did not take it: {reason}",
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
