#!/usr/bin/env bash
# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#
# A script of this folder in the environment of the judges; exit code 77 (skipped) without it.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
python=$here/../../.venv-judge/bin/python
if [[ ! -x $python ]]; then
  echo "skipped: no judges outside here; make judge-setup installs them"
  exit 77
fi
script=$1
shift
exec "$python" "$here/$script" "$@"
