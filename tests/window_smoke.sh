#!/usr/bin/env bash
# The window in a real X server: it opens, takes keys, quits by key, and remembers what it showed.
# Usage: window_smoke.sh PROGRAM. Exit code 77: there is no X server to try it in.
set -euo pipefail
program=$1

# Under the X server: presses keys, waits for the end.
drive() {
  "$program" window --open blackboard &
  local pid=$! window
  window=$(timeout 60 xdotool search --sync --onlyvisible --name '^Attoscope$' | head -n 1)
  xdotool windowfocus "$window" || true
  for key in Right Right Right t g question Escape ctrl+q; do
    sleep 0.7 # software GL draws a few frames a second
    xdotool key "$key"
  done
  for _ in $(seq 100); do
    kill -0 $pid 2>/dev/null || break
    sleep 0.2
  done
  if kill -0 $pid 2>/dev/null; then
    echo "Ctrl+Q did not end the program"
    kill $pid
    return 1
  fi
  wait $pid
}

if [ "${2:-}" = drive ]; then
  drive
  exit
fi
command -v xvfb-run >/dev/null && command -v xdotool >/dev/null || exit 77
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
XDG_CONFIG_HOME=$folder xvfb-run -a -s "-screen 0 1280x720x24" "${BASH_SOURCE[0]}" "$program" drive

grep -q '^language = "zh"' "$folder/attoscope/settings.toml" || { echo "the language key was not seen"; exit 1; }
grep -q '^theme = "light"' "$folder/attoscope/settings.toml" || { echo "the theme key was not seen"; exit 1; }
grep -Eq '^t_us = 0\.0*[1-9]' "$folder/attoscope/last.toml" || { echo "the steps were not seen"; exit 1; }
echo "The window opened, took keys, quit and remembered."
