#!/usr/bin/env bash
# Everything that needs the card, in parts:
#   BIN=build-gpu/bin OUT=results gpu/measure.sh PART...
# BIN: the folder with attoscope-measure and attoscope-microbench. OUT: where results go. Parts, in a sensible order:
#   check       every kernel against double precision, on edge cases
#   sanitize    compute-sanitizer on small shapes: memcheck and racecheck, or TOOLS="synccheck initcheck"
#   time        the grids attention.json and softmax.json -> measured.json; resumed if that file is there
#   counters    Nsight Compute on counters.json -> counters.csv, order.json; merged if measured.json is there
#   baselines   PyTorch -> baselines.json
#   microbench  -> microbench.json
# Environment: ONLY=flash2,flash1 for some kernels; GRIDS="attention softmax" for time; SECONDS_EACH=120, the limit of
# one step of `check` and `sanitize`; SAMPLES=20. A failing part is said at the end and does not stop the next.
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
: "${BIN:?the folder with the programs}" "${OUT:?the folder for the results}"
measure=$BIN/attoscope-measure
grids=$here/measure/grids
only=(${ONLY:+--only "$ONLY"})
limit=${SECONDS_EACH:-120}
log=$OUT/log.txt
failed=()
mkdir -p "$OUT"

# cuBLAS is looked for at run time: it lies with the toolkit or with PyTorch.
if ! ldconfig -p | grep 'libcublas\.so\.1' >/dev/null; then
  found=$(find /usr/local /opt -name 'libcublas.so.1[0-9]' -print -quit 2>/dev/null)
  [[ -n $found ]] && export LD_LIBRARY_PATH="$(dirname "$found")${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
fi

# Runs and logs one step; the log has everything, the terminal its last lines.
step() {
  local name=$1 begin=$SECONDS code
  shift
  echo "== $name: $*" >>"$log"
  "$@" >"$OUT/step.txt" 2>&1
  code=$?
  cat "$OUT/step.txt" >>"$log"
  echo "== $name: exit $code, $((SECONDS - begin)) s"
  tail -n "${LINES_SHOWN:-12}" "$OUT/step.txt"
  rm -f "$OUT/step.txt"
  ((code == 0)) || failed+=("$name")
  return $code
}

check() { step check timeout "$limit" "$measure" --check-only "${only[@]}"; }

sanitize() {
  # The harness's own kernels are slow under racecheck and no part of the question.
  local skip=()
  compute-sanitizer --help | grep -- --kernel-name-exclude >/dev/null && skip=(--kernel-name-exclude kernel_substring=measure)
  for tool in ${TOOLS:-memcheck racecheck}; do
    local filter=("${skip[@]}")
    [[ $tool == initcheck ]] && filter=() # who reads must see who wrote
    step "$tool" timeout "$limit" compute-sanitizer --tool "$tool" --error-exitcode 9 "${filter[@]}" \
      "$measure" "$grids/small.json" --check-only --grid-only --brief "${only[@]}"
  done
}

time_grids() {
  for grid in ${GRIDS:-attention softmax}; do
    step "time $grid" "$measure" "$grids/$grid.json" -o "$OUT/measured.json" --samples "${SAMPLES:-20}" "${only[@]}"
  done
}

# Metrics that this version does not have would stop it, so they are left out.
known_metrics() {
  local known all=()
  known=$(ncu --query-metrics 2>/dev/null | awk '{print $1}')
  while read -r metric; do
    if [[ -z $known || $metric == launch__* ]] || grep -qx "${metric%%.*}" <<<"$known"; then
      all+=("$metric")
    else
      echo "ncu has no metric $metric" >&2
    fi
  done < <("$measure" --metrics)
  local IFS=,
  echo "${all[*]}"
}

# Every pass runs the whole program again, so that in each the L2 is what our flush, or the kernel before, left in it.
counters() {
  ncu --version >"$OUT/counters.csv"
  step counters bash -c '"${@:2}" >>"$1"' - "$OUT/counters.csv" \
    ncu --replay-mode "${REPLAY:-application}" --cache-control "${CACHE_CONTROL:-none}" --clock-control none \
    --profile-from-start off --metrics "$(known_metrics)" --csv --page raw --print-units base \
    "$measure" "$grids/counters.json" --profile --order "$OUT/order.json" "${only[@]}"
  if [[ -f $OUT/measured.json ]]; then
    step merge "$measure" --merge-counters "$OUT/counters.csv" "$OUT/order.json" -o "$OUT/measured.json"
  fi
}

baselines() { step baselines python3 "$here/measure/baselines.py" -o "$OUT/baselines.json"; }
microbench() { step microbench "$BIN/attoscope-microbench" -o "$OUT/microbench.json"; }

for part in "$@"; do
  case $part in
    check | sanitize | counters | baselines | microbench) "$part" ;;
    time) time_grids ;;
    *) echo "measure.sh: no part '$part'; parts: check sanitize time counters baselines microbench" >&2; exit 2 ;;
  esac
done
((${#failed[@]} == 0)) && echo "all parts passed" || { echo "FAILED: ${failed[*]}"; exit 1; }
