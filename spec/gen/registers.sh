#!/usr/bin/env bash
# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#
# The registers for the tools of others, into BUILD/registers: C header, SystemRDL and the IP-XACT that
# PeakRDL makes of it, which also checks the SystemRDL. PeakRDL goes into a virtual environment of its
# own in the build folder, once.
#
#   spec/gen/registers.sh BUILD
set -euo pipefail
build=$(realpath -m "${1:?build folder}")
cd "$(dirname "$0")/../.."

venv=$build/registers-venv
if ! cmp -s spec/gen/requirements.txt "$venv/installed.txt"; then
  echo "registers: installing PeakRDL into $venv"
  python3 -m venv "$venv"
  "$venv/bin/python" -m pip install --quiet --require-hashes --only-binary=:all: \
    -r spec/gen/requirements.txt
  cp spec/gen/requirements.txt "$venv/installed.txt"
fi
python3 spec/gen/generate.py --check
"$venv/bin/python" spec/gen/exports_test.py
version=$(python3 -c 'import json; print(json.load(open("spec/core.json"))["version"])')
mkdir -p "$build/registers"
cp spec/export/* "$build/registers/"
"$venv/bin/python" -m peakrdl ip-xact spec/export/reshift_regs.rdl --vendor reshift --library user \
  --version "$version" -o "$build/registers/reshift_regs.xml"
echo "registers: $build/registers/"
