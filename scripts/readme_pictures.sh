#!/usr/bin/env bash
# Makes the pictures of README.md anew.
set -euo pipefail
root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd -P)
attoscope=$root/build/release/bin/attoscope
mkdir -p "$root/docs"
"$attoscope" render lecture --at op96 --theme dark -o "$root/docs/lecture.png"
"$attoscope" render blackboard --at op40 --theme light -o "$root/docs/blackboard.png"
"$attoscope" render side_by_side --at 45% --theme dark -o "$root/docs/compare.png"
