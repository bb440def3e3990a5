#!/usr/bin/env bash
# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#
# A script of this folder in the environment for training; exit code 77 (skipped) without it.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
python=$here/../../.venv-train/bin/python
if [[ ! -x $python ]]; then
  echo "skipped: no PyTorch here; make train-setup installs it"
  exit 77
fi
script=$1
shift
exec "$python" "$here/$script" "$@"
