#!/usr/bin/env bash
# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#
# Co-simulation in full: on 4x4x3 and 16x16x8 every write into the feature buffer equal to the
# program interpreter's, in 40 random networks and in ResNet-8, which is left out where its data is
# missing.
#
#   tb/core/cosim.sh BUILD
set -euo pipefail
cd "$(dirname "$0")/../.."
build=${1:?build folder}
data=${RESHIFT_DATA:-../shared/data}
reshift=$build/bin/reshift
out=$build/cosim
mkdir -p "$out"

resnet8=
if [[ -d $data/models_cifar10 ]]; then
  resnet8=$out/resnet8
  "$reshift" quantize "$data/models_cifar10/resnet8/resnet8_cifar10.onnx" \
    --calib "$data/cifar10/data_batch_1.bin.xz" --calib-count 128 \
    --preprocess tools/preprocess/resnet8.json --terms 1 --end-terms 2 -o "$resnet8.rsq"
  export RESHIFT_COSIM_DATA=$data/cifar10/test_batch.bin.xz
else
  echo "left out: ResNet-8, whose network and images are not in $data (RESHIFT_DATA names another folder)"
fi
for config in 4x4x3 16x16x8; do
  if [[ $resnet8 ]]; then
    "$reshift" compile "$resnet8.rsq" --hw $config -o "$resnet8.$config.rsp" > "$resnet8.$config.log"
    export RESHIFT_COSIM_PROGRAM=$resnet8.$config.rsp
  fi
  "$build/bin/cosim_${config}_test" --gtest_brief=1
done
