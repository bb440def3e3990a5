#!/usr/bin/env bash
# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#
# The environment of the judges outside, .venv-judge: ONNX Runtime, LiteRT, and ONNX's conformance
# cases of two releases (one installed, of the other only its cases). Does nothing twice. Tests need
# it, nothing else does, and without it they are skipped.
set -euo pipefail
cd "$(dirname "$0")/../.."

venv=.venv-judge
stamp=$venv/setup.stamp
key=$(cat tools/judge/requirements.txt tools/judge/cases.txt tools/judge/setup.sh | sha256sum | cut -d' ' -f1)
if [[ -f $stamp && $(<"$stamp") == "$key" ]]; then
  exit 0
fi

python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
  echo "judge-setup: python3 must be 3.11 or newer, it is $(python3 --version)" >&2
  exit 1
}
echo "judge-setup: ONNX Runtime and LiteRT into $venv"
python3 -m venv --clear "$venv"
"$venv/bin/python" -m pip install --quiet --require-hashes --only-binary=:all: -r tools/judge/requirements.txt
# A wheel for one Python and one processor: the cases in it are the same in all.
"$venv/bin/python" -m pip download --quiet --require-hashes --only-binary=:all: --no-deps \
  --python-version 3.10 --platform manylinux2014_x86_64 -d "$venv/wheels" -r tools/judge/cases.txt
"$venv/bin/python" - "$venv" <<'EOF'
import pathlib, sys, zipfile
venv = pathlib.Path(sys.argv[1])
for wheel in (venv / "wheels").iterdir():
    with zipfile.ZipFile(wheel) as archive:
        cases = [n for n in archive.namelist() if n.startswith("onnx/backend/test/data/")]
        archive.extractall(venv / "cases", cases)
    wheel.unlink()
EOF
echo "$key" > "$stamp"
echo "judge-setup: done"
