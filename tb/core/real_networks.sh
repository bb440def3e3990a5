#!/usr/bin/env bash
# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#
# The real residual networks through the RTL: every layer's output equal to the reference model's.
#
#   tb/core/real_networks.sh BUILD
set -euo pipefail
cd "$(dirname "$0")/../.."
build=${1:?build folder}
data=${RESHIFT_DATA:-../shared/data}
if [[ ! -d $data/models_cifar10 ]]; then
  echo "skipped: there are no real networks and images in $data (RESHIFT_DATA names another folder)"
  exit 77
fi
reshift=$build/bin/reshift
out=$build/real_networks
mkdir -p "$out"

# check NETWORK CONFIG IMAGES
check() {
  "$reshift" compile "$out/$1.rsq" --hw "$2" --store-all -o "$out/$1.$2.rsp" > "$out/$1.$2.log"
  "$reshift" run "$out/$1.$2.rsp" --data "$data/cifar10/test_batch.bin.xz" --count "$3" \
    --backend rtl --json "$out/$1.$2.json"
}

for name in resnet8 resnet20; do
  "$reshift" quantize "$data/models_cifar10/$name/${name}_cifar10.onnx" \
    --calib "$data/cifar10/data_batch_1.bin.xz" --calib-count 128 \
    --preprocess tools/preprocess/$name.json --terms 1 --end-terms 2 -o "$out/$name.rsq"
  check $name 16x16x8 3
done
check resnet8 4x4x3 1
