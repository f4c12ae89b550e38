#!/usr/bin/env bash
# Puts the kill matrix into README.md, between its two marks: scripts/kill_matrix.sh [--check] [ATTOSCOPE]. With --check
# nothing is written: it fails if a starter passes, a right program fails, a mutant does not die as it says, or the
# README shows another matrix.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
check=""
if [ "${1:-}" = --check ]; then
  check=yes
  shift
fi
attoscope=${1:-$root/build/release/bin/attoscope}

matrix=$(LC_ALL=C "$attoscope" exercise verify --matrix)
export matrix
with_matrix() {
  awk '/<!-- end of the kill matrix/ { inside = 0 } !inside
    /<!-- kill matrix/ { print ENVIRON["matrix"]; inside = 1 }' "$root/README.md"
}
if [ -n "$check" ]; then
  diff -u "$root/README.md" <(with_matrix) || {
    echo "README.md shows another matrix: run scripts/kill_matrix.sh" >&2
    exit 1
  }
else
  new=$(with_matrix)
  printf '%s\n' "$new" >"$root/README.md"
fi
