#!/usr/bin/env bash
# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#
# The environment for training, .venv-train: the distribution's PyTorch and ONNX (Debian 12 or newer,
# Ubuntu 24.04 or newer; CPU), or what PYTHON has, the Python of an environment of your own with
# torch, numpy and onnx, on a GPU too. Does nothing twice. Training needs it, nothing else does.
set -euo pipefail
cd "$(dirname "$0")/../.."

venv=.venv-train
needs='import torch, numpy, onnx'
if [[ -x $venv/bin/python && -z ${PYTHON:-} ]] && "$venv/bin/python" -c "$needs" 2> /dev/null; then
  exit 0
fi
python=${PYTHON:-/usr/bin/python3}
if ! "$python" -c "$needs" 2> /dev/null; then
  if [[ -n ${PYTHON:-} ]] || ! command -v apt-get > /dev/null; then
    echo "train-setup: $python has no torch, numpy and onnx; install them there, or" >&2
    echo "  make train-setup PYTHON=python3 of an environment that has them" >&2
    exit 1
  fi
  root=()
  ((EUID == 0)) || root=(sudo)
  echo "train-setup: installing python3-torch and python3-onnx"
  "${root[@]}" apt-get update -q
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -q -y --no-install-recommends python3-torch python3-onnx
fi
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' || {
  echo "train-setup: python3 must be 3.10 or newer, it is $("$python" --version)" >&2
  exit 1
}
mkdir -p "$venv/bin"
printf '#!/bin/sh\nexec "%s" "$@"\n' "$(command -v "$python")" > "$venv/bin/python"
chmod +x "$venv/bin/python"
"$venv/bin/python" -c "$needs"
echo "train-setup: done"
