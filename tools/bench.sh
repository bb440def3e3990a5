#!/usr/bin/env bash
# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#
# Measures the numbers of docs/results.md that come from the RTL: cycles, utilisation, stalls and
# simulation speed of ResNet-8 and ResNet-20 (with the data folder) or of the demo network, at
# several memory latencies. One JSON file a run in BUILD/bench.
#
#   tools/bench.sh BUILD [IMAGES]
set -euo pipefail
cd "$(dirname "$0")/.."
build=${1:?build folder}
count=${2:-5}
config=16x16x8
data=${RESHIFT_DATA:-../shared/data}
reshift=$build/bin/reshift
out=$build/bench
mkdir -p "$out"

# measure NAME MODEL CALIBRATION IMAGES PREPROCESS
measure() {
  "$reshift" quantize "$2" --calib "$3" --calib-count 512 --preprocess "$5" \
    --terms 1 --end-terms 2 -o "$out/$1.rsq" > "$out/$1.log"
  "$reshift" compile "$out/$1.rsq" --hw "$config" -o "$out/$1.rsp" >> "$out/$1.log"
  local latency
  for latency in 1 40 100; do
    "$reshift" run "$out/$1.rsp" --data "$4" --count "$count" --backend rtl \
      --mem-latency "$latency" --json "$out/$1.$latency.json" >> "$out/$1.log"
  done
}

normalised='{"channels": "RGB", "resize": 0, "crop": 0, "scale": 0.00392156862745098,
 "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}'
plain='{"channels": "RGB", "resize": 0, "crop": 0, "scale": 1.0, "mean": [0, 0, 0], "std": [1, 1, 1]}'

names=()
if [[ -d $data/models_cifar10 ]]; then
  for name in resnet8 resnet20; do
    preprocess=$normalised
    if [[ $name == resnet8 ]]; then preprocess=$plain; fi
    echo "$preprocess" > "$out/$name.json"
    measure "$name" "$data/models_cifar10/$name/${name}_cifar10.onnx" \
      "$data/cifar10/data_batch_1.bin.xz" "$data/cifar10/test_batch.bin.xz" "$out/$name.json"
    names+=("$name")
  done
else
  "$reshift" make-demo --out-dir "$out"
  measure demo "$out/demo.onnx" "$out/demo_train.bin" "$out/demo_test.bin" \
    "$out/demo_preprocess.json"
  names+=(demo)
fi

python3 - "$out" "${names[@]}" << 'END'
import json
import sys

keys = ("images", "mismatches", "cycles_first", "cycles_per_image", "mac_utilization",
        "sim_cycles_per_second")
print("| network | latency |", " | ".join(keys), "|")
print("| --- " * (len(keys) + 2) + "|")
for name in sys.argv[2:]:
    for latency in (1, 40, 100):
        run = json.load(open(f"{sys.argv[1]}/{name}.{latency}.json"))
        print(f"| {name} | {latency} |", " | ".join(f"{run[key]:.6g}" for key in keys), "|")
END
