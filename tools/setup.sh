#!/usr/bin/env bash
# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#
# Makes this machine ready: distribution packages (Debian 12, Ubuntu 22.04 and later) and the
# private virtual environment .venv from tools/requirements.txt. Does nothing when it has nothing
# to do; --force looks again.
set -euo pipefail
cd "$(dirname "$0")/.."

packages=(
  g++ make cmake ninja-build ccache pkg-config git ca-certificates
  python3 python3-venv perl
  libfmt-dev libcli11-dev nlohmann-json3-dev libeigen3-dev libtbb-dev libarchive-dev
  libjpeg-dev libpng-dev libonnx-dev libprotobuf-dev protobuf-compiler libflatbuffers-dev flatbuffers-compiler
  libgtest-dev libgmock-dev
  zlib1g-dev liblz4-dev
  iverilog clang-format tcl
)

stamp=.venv/setup.stamp
key=$(cat tools/requirements.txt tools/setup.sh | sha256sum | cut -d' ' -f1)
if [[ ${1:-} != --force && -f $stamp && $(<"$stamp") == "$key" ]]; then
  exit 0
fi

fail() {
  echo "setup: $*" >&2
  exit 1
}

missing=()
if command -v dpkg-query > /dev/null; then
  for package in "${packages[@]}"; do
    dpkg-query -W -f '${Status}' "$package" 2> /dev/null | grep -q 'ok installed' \
      || missing+=("$package")
  done
else
  echo "setup: not a Debian or Ubuntu system; these packages, or their like, must be there:" >&2
  echo "  ${packages[*]}" >&2
fi

if ((${#missing[@]})); then
  root=()
  if ((EUID != 0)); then
    command -v sudo > /dev/null || fail "packages are missing and there is no sudo; run as root:
  apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
    root=(sudo)
  fi
  echo "setup: installing ${missing[*]}"
  "${root[@]}" apt-get update -q
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -q -y --no-install-recommends "${missing[@]}" \
    || fail "apt-get could not install: ${missing[*]}"
fi

python3 -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 14))' \
  || fail "python3 must be 3.10 to 3.14, it is $(python3 --version)"
echo "setup: tools into .venv"
python3 -m venv .venv
.venv/bin/python -m pip install --quiet --require-hashes --only-binary=:all: \
  -r tools/requirements.txt || fail "pip could not install tools/requirements.txt"
.venv/bin/python -c 'import pyosys' || fail "pyosys does not load"

echo "$key" > "$stamp"
echo "setup: done"
