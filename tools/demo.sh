#!/usr/bin/env bash
# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#
# The main job: a trained residual network through the compiler and the RTL, compared with the
# reference. With the test images of CIFAR-10 (see RESHIFT_DATA) the ResNet-20 that comes with
# ReShift, otherwise a network and images that the tool makes itself and quantises.
#
#   tools/demo.sh BUILD [IMAGES]
set -euo pipefail
cd "$(dirname "$0")/.."
build=${1:?build folder}
count=${2:-5}
config=16x16x8
data=${RESHIFT_DATA:-../shared/data}
reshift=$build/bin/reshift
out=$build/demo
mkdir -p "$out"

step() {
  echo
  echo "== $1"
  shift
  "$@"
}

images=$data/cifar10/test_batch.bin.xz
if [[ -f $images ]]; then
  step "Take a trained network as it is: one power of two a weight in every layer" \
    "$reshift" quantize tools/train/networks/resnet20-pow2.onnx \
    --preprocess tools/preprocess/trained_resnet20.json --mult-bits 16 -o "$out/net.rsq"
else
  echo "No CIFAR-10 in $data: a small network and images made here instead."
  "$reshift" make-demo --out-dir "$out"
  images=$out/demo_test.bin
  step "Quantise: one power of two a weight, two in the first and last layer" \
    "$reshift" quantize "$out/demo.onnx" --calib "$out/demo_train.bin" \
    --calib-count "${RESHIFT_CALIB:-512}" --preprocess "$out/demo_preprocess.json" --terms 1 --end-terms 2 \
    -o "$out/net.rsq"
fi
step "Compile for $config" \
  "$reshift" compile "$out/net.rsq" --hw "$config" --report "$out/report.json" -o "$out/net.rsp"
step "Run $count images through the RTL, compare with the reference" \
  "$reshift" run "$out/net.rsp" --data "$images" --count "$count" --backend rtl \
  --timeline "$out/timeline.json" --json "$out/run.json"
"$reshift" report "$out/net.rsp" --run "$out/run.json" -o "$out/report.html"
echo
echo "Measurements: $out/run.json, as a page: $out/report.html"
echo "Where the cycles went, for ui.perfetto.dev: $out/timeline.json"
