#!/usr/bin/env bash
# Makes .venv with exactly the packages whose hashes are checked in, and for tests also what the tests drive: a real
# broker, a real browser and Chinese type. Quick when nothing changed. Installs system packages only where it may.
#
#   scripts/setup.sh run     what the gateway, the station and the demo need
#   scripts/setup.sh test    that, and what the checks need
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '%s\n' "$*" >&2; }
fail() { for line in "$@"; do say "$line"; done; exit 1; }

may_install() { command -v apt-get >/dev/null && { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }; }
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }

# install_system PACKAGE...: by apt-get where allowed; else says the one line that does it.
install_system() {
  local line="sudo apt-get update && sudo apt-get install -y --no-install-recommends $*" log
  may_install || fail "缺少系统软件包：$*。请先执行这一行，再重来：" \
    "System packages are missing: $*. Run this line, then try again:" "  $line"
  say "正在安装系统软件包 / installing system packages: $*"
  log=$(mktemp)
  if ! { as_root apt-get update -q && as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -q --no-install-recommends "$@"; } >"$log" 2>&1; then
    cat "$log" >&2
    rm -f "$log"
    fail "安装失败，原因见上。 / The installation failed, see above. By hand:" "  $line"
  fi
  rm -f "$log"
}

find_python() {
  local candidate
  for candidate in ${PYTHON:-} python3 python3.13 python3.12 python3.11; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$candidate"
      return
    fi
  done
  fail "需要 Python 3.11 或更新（Debian 12、Raspberry Pi OS 12 起自带）。" \
    "Python 3.11 or newer is needed (Debian 12 and Raspberry Pi OS 12 have it). Found: $(python3 --version 2>&1 || true)"
}

check_64_bit() {
  "$1" -c 'import struct, sys; sys.exit(struct.calcsize("P") != 8)' || fail \
    "需要 64 位系统：树莓派请安装 Raspberry Pi OS (64-bit)。" \
    "A 64-bit system is needed: on a Raspberry Pi, install Raspberry Pi OS (64-bit)."
}

# An environment whose Python is gone, or that was moved here from elsewhere, is made anew: its scripts would not start.
make_environment() {
  if .venv/bin/python -c '' 2>/dev/null && grep -qF "$PWD/.venv" .venv/bin/activate 2>/dev/null; then return; fi
  "$1" -c 'import ensurepip, venv' 2>/dev/null || install_system python3-venv
  say "正在建立 .venv / making .venv"
  "$1" -m venv --clear .venv
}

# What the environment was made from; the same fingerprint means that nothing is to be done.
fingerprint() { { .venv/bin/python --version; cat pyproject.toml "$@"; } | sha256sum | cut -d' ' -f1; }

install_packages() {
  local stamp=$1 made file
  shift
  made=$(fingerprint "$@")
  if [ "$(cat "$stamp" 2>/dev/null)" = "$made" ]; then return; fi
  say "正在安装 Python 软件包，第一次需要几分钟 / installing Python packages, some minutes the first time"
  local from=()
  for file in "$@"; do from+=(-r "$file"); done
  export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore PIP_NO_INPUT=1
  .venv/bin/python -m pip install --quiet --require-hashes "${from[@]}"
  .venv/bin/python -m pip install --quiet --no-build-isolation --no-deps --editable .
  rm -f .venv/*.stamp
  printf '%s\n' "$made" >"$stamp"
}

missing_for_tests() {
  command -v mosquitto >/dev/null || [ -x /usr/sbin/mosquitto ] || echo mosquitto
  command -v chromium >/dev/null || command -v chromium-browser >/dev/null || echo chromium
  dpkg-query -W -f '${db:Status-Status}' fonts-noto-cjk 2>/dev/null | grep -qx installed ||
    [ -n "$(fc-list :lang=zh 2>/dev/null || true)" ] || echo fonts-noto-cjk
  # The telephone, its operator and registrar, its voice; the UPS; the modem's master and its bus; what breaks things on purpose.
  local program package
  while read -r program package; do
    PATH=$PATH:/usr/sbin:/sbin command -v "$program" >/dev/null || echo "$package"
  done <<'END'
baresip baresip-core
sipp sip-tester
kamailio kamailio
espeak-ng espeak-ng
sox sox
upsd nut-server
upsc nut-client
dbus-daemon dbus-daemon
ModemManager modemmanager
faketime faketime
fusermount3 fuse3
ip iproute2
iptables iptables
END
  [ -d /usr/share/doc/kamailio-tls-modules ] || echo kamailio-tls-modules
  [ -e /usr/share/doc/libfuse2 ] || [ -e /usr/share/doc/libfuse2t64 ] || echo libfuse2
  [ -d /usr/lib/python3/dist-packages/dbusmock ] || echo python3-dbusmock
}

# The tests start their own servers on free ports; the packaged services would only listen beside them.
stop_service() { as_root systemctl disable --now "$1" || as_root service "$1" stop || true; }

set_up_tests() {
  local missing
  mapfile -t missing < <(missing_for_tests)
  if [ "${#missing[@]}" = 0 ]; then return; fi
  install_system "${missing[@]}"
  local package service
  while read -r package service; do
    case " ${missing[*]} " in *" $package "*) stop_service "$service" >/dev/null 2>&1 ;; esac
  done <<'END'
mosquitto mosquitto
kamailio kamailio
nut-server nut-server
modemmanager ModemManager
END
}

python=$(find_python)
check_64_bit "$python"
make_environment "$python"
case "${1:-}" in
  run)
    # What the tests need includes what a run needs.
    if [ "$(cat .venv/test.stamp 2>/dev/null)" = "$(fingerprint requirements-dev.txt)" ]; then exit 0; fi
    install_packages .venv/run.stamp requirements.txt requirements-build.txt
    ;;
  test)
    install_packages .venv/test.stamp requirements-dev.txt
    set_up_tests
    ;;
  *) fail "用法 / usage: scripts/setup.sh run|test" ;;
esac
