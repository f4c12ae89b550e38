#!/usr/bin/env bash
# Runs every command of README.md's ```sh fences, as a newcomer would, one after the other. They may leave files only
# where git ignores them.
# A fence marked ```sh no-ci is left out. A command that fails stops the run and shows its output.
set -euo pipefail
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/setup.sh"

# LINE:COMMAND of each command; lines that end in a backslash are joined, comments and empty lines left out.
commands() {
  awk '
    !fence && /^```/ { fence = 1; ours = ($0 ~ /^```sh[ \t]*$/); next }
    fence && /^```/ { fence = 0; next }
    fence && ours {
      if (command == "") { if ($0 ~ /^[ \t]*(#|$)/) next; first = NR }
      command = command $0
      if (sub(/\\$/, "", command)) next
      print first ":" command
      command = ""
    }' "$root/README.md"
}

state() { git -C "$root" status --porcelain; }
before=$(state)
count=0
while IFS=: read -r line command; do
  printf 'README.md:%s: %s\n' "$line" "$command"
  if ! (cd "$root" && timeout 600 bash -o pipefail -c "$command") >"$root/build/readme.log" 2>&1 </dev/null; then
    tail -n 40 "$root/build/readme.log"
    printf 'README.md:%s: this command failed: %s\n' "$line" "$command"
    exit 1
  fi
  count=$((count + 1))
done < <(commands)
if [ $count -eq 0 ]; then echo 'README.md has no ```sh fence with a command'; exit 1; fi
echo "$count commands of README.md work"
if [ "$(state)" != "$before" ]; then
  echo "The commands of README.md left files behind:"
  diff <(echo "$before") <(state)
  exit 1
fi
