#!/usr/bin/env bash
# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#
# A Vivado job on the core. Unproven on the tool: see constraints/README.md.
#
#   constraints/vivado/run.sh BOARD CONFIG STEP BUILD      STEP: synth, impl, package
set -euo pipefail
cd "$(dirname "$0")/../.."
if (($# != 4)); then
  echo "usage: $0 BOARD CONFIG STEP BUILD" >&2
  exit 2
fi
board=$1 config=$2 step=$3 build=$4 jobs=$PWD/constraints/vivado

boards=$(sed -n 's/^  \([a-z0-9-]*\) *{xc.*/\1/p' "$jobs/common.tcl" | paste -sd ' ')
known() {  # WHAT VALUE ALL
  [[ " $3 " == *" $2 "* ]] || fail "unknown $1 '$2'; known: ${3// /, }"
}
fail() {
  echo "error: $*" >&2
  exit 1
}
known board "$board" "$boards"
known step "$step" "synth impl package"
python3 spec/gen/generate.py --gflags "$config" > /dev/null
command -v vivado > /dev/null \
  || fail "vivado is missing: install AMD Vivado (www.amd.com, Downloads), then source its settings64.sh"
output=$build/vivado/$board-$config
mkdir -p "$output"
cd "$output"  # the tool leaves files where it runs
vivado -mode batch -nojournal -log "$step.log" -source "$jobs/$step.tcl" \
  -tclargs "$board" "$config" "$PWD"
