#!/usr/bin/env bash
# newer_imgui.sh DIR [SUITE]: fetches the sources of Dear ImGui as a newer Debian has them, to try the window with them:
#   cmake -DIMGUI_SOURCE_DIR=DIR ...
# Debian only. Takes the mirror from this machine's own package sources and changes nothing outside DIR.
set -euo pipefail
dir=${1:?usage: newer_imgui.sh DIR [SUITE]} suite=${2:-sid}

# shellcheck disable=SC2016  # apt-get's own variables
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Identifier: Packages' 'Origin: Debian' 'Label: Debian' | head -n 1)
[ -n "$mirror" ] || { echo "No Debian mirror among this machine's package sources (apt-get update fills them)" >&2; exit 1; }
[ -z "$(ls -A "$dir" 2>/dev/null)" ] || { echo "$dir is not empty" >&2; exit 1; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$dir"
echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" >"$work/sources.list"
apt=(apt-get -qq -o Dir::Etc::SourceList="$work/sources.list" -o Dir::Etc::SourceParts=/dev/null
  -o Dir::State::Lists="$work/lists" -o Dir::Cache="$work/cache" -o APT::Sandbox::User=root)
"${apt[@]}" update
(cd "$work" && "${apt[@]}" source --download-only imgui)
tar -xf "$work"/imgui_*.orig.tar.* -C "$dir" --strip-components=1
grep -m1 'define IMGUI_VERSION ' "$dir/imgui.h"
