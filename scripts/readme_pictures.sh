#!/usr/bin/env bash
# Makes the pictures of README.md anew: scripts/readme_pictures.sh [ATTOSCOPE].
set -euo pipefail
root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd -P)
attoscope=${1:-$root/build/release/bin/attoscope}
mkdir -p "$root/docs"
"$attoscope" render lecture --at op96 --theme dark -o "$root/docs/lecture.png"
"$attoscope" render blackboard --at op40 --theme light -o "$root/docs/blackboard.png"
"$attoscope" render side_by_side --at 45% --theme dark -o "$root/docs/compare.png"
"$attoscope" render --lesson standard-to-flash --step 8 --theme projector --lang zh --size 1280x720 \
  -o "$root/docs/lesson_zh.png"

# A program that forgets to rescale its sum, as the checker leaves it.
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
ladder=$root/lessons/exercises/online-softmax
"$attoscope" exercise start online-softmax --dir "$folder/ladder" --lang en >/dev/null
cp "$ladder/online-softmax/mutants/l_not_rescaled.cpp" "$folder/ladder/2_online_softmax.cpp"
(cd "$folder/ladder" && "$attoscope" exercise check 2 --lang en >/dev/null || true)
"$attoscope" render "$folder/ladder/failures/failure.toml" --size 1280x720 -o "$root/docs/failure.png"
