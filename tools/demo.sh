#!/usr/bin/env bash
# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#
# The main job: quantise a trained residual network, compile it, run images through the RTL and
# compare with the reference. With CIFAR-10 and ResNet-20 when the data folder is there (see
# RESHIFT_DATA), otherwise with a network and images that the tool makes itself.
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

if [[ -f $data/models_cifar10/resnet20/resnet20_cifar10.onnx ]]; then
  model=$data/models_cifar10/resnet20/resnet20_cifar10.onnx
  calibration=$data/cifar10/data_batch_1.bin.xz
  images=$data/cifar10/test_batch.bin.xz
  preprocess=tools/preprocess/resnet20.json
else
  echo "No data in $data: a small network and images made here instead."
  "$reshift" make-demo --out-dir "$out"
  model=$out/demo.onnx
  calibration=$out/demo_train.bin
  images=$out/demo_test.bin
  preprocess=$out/demo_preprocess.json
fi

step() {
  echo
  echo "== $1"
  shift
  "$@"
}

step "Quantise: one power of two a weight, two in the first and last layer" \
  "$reshift" quantize "$model" --calib "$calibration" --calib-count "${RESHIFT_CALIB:-512}" \
  --preprocess "$preprocess" --terms 1 --end-terms 2 -o "$out/net.rsq"
step "Compile for $config" \
  "$reshift" compile "$out/net.rsq" --hw "$config" --report "$out/report.json" -o "$out/net.rsp"
step "Run $count images through the RTL, compare with the reference" \
  "$reshift" run "$out/net.rsp" --data "$images" --count "$count" --backend rtl \
  --timeline "$out/timeline.json" --json "$out/run.json"
"$reshift" report "$out/net.rsp" --run "$out/run.json" -o "$out/report.html"
echo
echo "Measurements: $out/run.json, as a page: $out/report.html"
echo "Where the cycles went, for ui.perfetto.dev: $out/timeline.json"
