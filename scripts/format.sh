#!/usr/bin/env bash
# Formats every C++ file with clang-format 14 (other versions differ in places); --check only says what it would change.
set -euo pipefail
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/setup.sh"
cd "$root"

mode=(-i)
if [ "${1:-}" = --check ]; then mode=(--dry-run -Werror); fi
tool=$(command -v clang-format-14 || command -v clang-format)
tree_files '*.h' '*.cpp' '*.cu' '*.cuh' | xargs -0 -r "$tool" "${mode[@]}"
