#!/usr/bin/env bash
# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#
# Builds the documentation's site from docs/, and fails on any warning. Its generator goes into a
# virtual environment of its own in the build folder, once.
#
#   tools/site/build.sh BUILD
set -euo pipefail
build=$(realpath -m "${1:?build folder}")
cd "$(dirname "$0")/../.."

venv=$build/site-venv
if ! cmp -s docs/requirements.txt "$venv/installed.txt"; then
  echo "site: installing MkDocs into $venv"
  python3 -m venv "$venv"
  "$venv/bin/python" -m pip install --quiet --require-hashes --only-binary=:all: \
    -r docs/requirements.txt
  cp docs/requirements.txt "$venv/installed.txt"
fi
"$venv/bin/python" -m mkdocs build --strict --quiet --clean -f tools/site/mkdocs.yml \
  -d "$build/site"
echo "site: $build/site/index.html"
