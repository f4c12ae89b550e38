# shellcheck shell=bash
# Sourced by run, check and .ci/run: installs what is missing, configures, builds. Quick when nothing is to do.
# All messages go to stderr: stdout belongs to the program that is run.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
build_packages=(g++ cmake ninja-build libfmt-dev libtomlplusplus-dev libcli11-dev nlohmann-json3-dev libmuparser-dev catch2
  libbenchmark-dev
  libimgui-dev libglfw3-dev libepoxy-dev libfreetype-dev libstb-dev libgl1 libegl1 libgl1-mesa-dri libharfbuzz-bin
  fonts-inter fonts-jetbrains-mono fonts-dejavu-core fonts-noto-cjk xvfb xauth xdotool)
jobs=$(getconf _NPROCESSORS_ONLN)

say() { printf '%s\n' "$*" >&2; }

# quiet LOG COMMAND...: runs the command with its output in LOG; if it fails, shows the part that says why.
quiet() {
  local log=$1 status=0
  shift
  mkdir -p "$(dirname "$log")"
  "$@" >"$log" 2>&1 </dev/null || status=$?
  [ $status -eq 0 ] && return
  local reason
  reason=$(sed -n '/^FAILED:\|^CMake Error\|^E: /,$p' "$log" | head -n 100)
  say "${reason:-$(tail -n 60 "$log")}"
  say "Failed (exit code $status): $*"
  say "The whole output: $log"
  return $status
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then env "$@"; else sudo env "$@"; fi
}

apt_install() {
  local apt=(DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300)
  as_root "${apt[@]}" update && as_root "${apt[@]}" install -y --no-install-recommends "$@"
}

# install_missing PACKAGE...: installs those that are missing. Where it can't, says which are needed and goes on if the
# compiler and CMake are there, wherever they came from.
install_missing() {
  local installed missing=() package
  if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    [ -e "$root/build/release/build.ninja" ] || say "Not a Debian system. Needed, by Debian's names: $*"
    need_tools
    return
  fi
  installed=$(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' "$@" 2>/dev/null || true)
  for package in "$@"; do
    grep -qxF "ii  $package" <<<"$installed" || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return
  if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
    say "Missing, and neither root nor sudo to install with: ${missing[*]}"
    need_tools
    return
  fi
  say "Installing with apt-get: ${missing[*]}"
  if [ "$(id -u)" -ne 0 ]; then sudo -v; fi # asks for a password, if one is needed, where it can be seen
  quiet "$root/build/apt.log" apt_install "${missing[@]}"
}

need_tools() {
  local tool
  for tool in cmake ninja c++; do
    command -v $tool >/dev/null || { say "$tool was not found."; return 1; }
  done
}

# configure PRESET: CMake, unless it has run since the presets changed. Ninja itself looks after CMakeLists.txt files.
configure() {
  [ "$root/build/$1/build.ninja" -nt "$root/CMakePresets.json" ] && return
  say "Configuring build/$1"
  (cd "$root" && quiet "$root/build/$1.configure.log" cmake --preset "$1")
}

# build PRESET [TARGET...]: configures and builds.
build() {
  local preset=$1 target_flag=()
  shift
  configure "$preset"
  [ $# -gt 0 ] && target_flag=(--target)
  (cd "$root" && cmake --build --preset "$preset" "${target_flag[@]}" "$@" -- -n | grep -q '^ninja: no work') && return
  say "Building build/$preset (output in build/$preset.log)"
  (cd "$root" && quiet "$root/build/$preset.log" cmake --build --preset "$preset" "${target_flag[@]}" "$@")
}

# run_tests PRESET [CTEST ARGS...]
run_tests() {
  local preset=$1
  shift
  (cd "$root" && ctest --preset "$preset" --parallel "$jobs" "$@")
}

# tree_files [PATTERN...]: the files of the tree, new ones included, each ended by a NUL.
tree_files() {
  (cd "$root" && git ls-files -z --cached --others --exclude-standard -- "$@" |
    while IFS= read -r -d '' file; do [ ! -e "$file" ] || printf '%s\0' "$file"; done)
}
