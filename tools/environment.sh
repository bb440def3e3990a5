#!/usr/bin/env bash
# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#
# For scripts that need a Python environment of their own. `run_in NAME WHAT SCRIPT ...`: a script
# beside the one that calls it, in .venv-NAME; exit code 77 (skipped) without it.
set -euo pipefail

run_in() {
  local name=$1 what=$2 script=$3 here
  shift 3
  here=$(cd "$(dirname "$0")" && pwd)
  local python=$here/../../.venv-$name/bin/python
  if [[ ! -x $python ]]; then
    echo "skipped: no $what here; make $name-setup installs it"
    exit 77
  fi
  exec "$python" "$here/$script" "$@"
}
