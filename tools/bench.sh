#!/usr/bin/env bash
# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#
# Measures what docs/results.md states: accuracy of the golden model over all test images, and the RTL
# (mismatches, cycles, utilisation, stalls, simulation speed) on every simulated configuration and over
# the memory latency. ResNet-8 and ResNet-20 with the data folder, otherwise the demo network; SqueezeNet's
# accuracy where its images are, calibrated with some of them, for there are no others.
# A JSON file a run in BUILD/bench, the tables on the standard output.
#
#   tools/bench.sh BUILD
set -euo pipefail
cd "$(dirname "$0")/.."
build=${1:?build folder}
data=${RESHIFT_DATA:-../shared/data}
reshift=$build/bin/reshift
out=$build/bench
mkdir -p "$out"
rm -f "$out"/*.json

# accuracy NAME MODEL CALIBRATION COUNT PREPROCESS IMAGES...: float, one term (two at the ends), two terms
accuracy() {
  local name=$1 model=$2 calibration=$3 count=$4 preprocess=$5 terms
  shift 5
  "$reshift" eval "$model" --preprocess "$preprocess" --data "$@" --json "$out/$name.float.json" \
    > "$out/$name.log"
  for terms in 1 2; do
    "$reshift" quantize "$model" --calib "$calibration" --calib-count "$count" \
      --preprocess "$preprocess" --terms $terms --end-terms 2 -o "$out/$name.$terms.rsq" \
      >> "$out/$name.log"
    "$reshift" eval "$out/$name.$terms.rsq" --data "$@" --json "$out/$name.$terms.json" \
      >> "$out/$name.log"
  done
}

# rtl NAME CONFIG COUNT LATENCY IMAGES
rtl() {
  local run=$1.$2.$4
  "$reshift" compile "$out/$1.1.rsq" --hw "$2" -o "$out/$run.rsp" >> "$out/$1.log"
  "$reshift" run "$out/$run.rsp" --data "$5" --count "$3" --backend rtl --mem-latency "$4" \
    --json "$out/run.$run.json" >> "$out/$1.log"
}

networks=()
if [[ -d $data/models_cifar10 ]]; then
  images=$data/cifar10/test_batch.bin.xz
  for name in resnet8 resnet20; do
    accuracy $name "$data/models_cifar10/$name/${name}_cifar10.onnx" \
      "$data/cifar10/data_batch_1.bin.xz" 1024 tools/preprocess/$name.json "$images"
    networks+=("$name")
  done
else
  "$reshift" make-demo --out-dir "$out"
  images=$out/demo_test.bin
  accuracy demo "$out/demo.onnx" "$out/demo_train.bin" 1024 "$out/demo_preprocess.json" "$images"
  networks+=(demo)
fi
measured=("${networks[@]}")
photos=$data/imagenet_val1300
if [[ -d $photos ]]; then
  tar=$photos/ILSVRC2012_val_1300_jpeg227.tar
  accuracy squeezenet "$data/models_imagenet/squeezenet_dc/squeezenet_dc_imagenet.onnx.xz" \
    "$tar" 100 tools/preprocess/caffe_227.json "$tar" --labels "$photos/labels.txt"
  measured+=(squeezenet)
fi

for name in "${networks[@]}"; do
  rtl "$name" 16x16x8 50 40 "$images"
  rtl "$name" 16x16x8 5 1 "$images"
  rtl "$name" 16x16x8 5 100 "$images"
  for config in 4x4x3 32x16x7; do
    if [[ -f $build/lib/libreshift_sim_$config.so ]]; then rtl "$name" $config 5 40 "$images"; fi
  done
done

python3 - "$out" "${measured[@]}" << 'END'
import json
import pathlib
import sys

out, networks = pathlib.Path(sys.argv[1]), sys.argv[2:]


def table(head, rows):
    print("|", " | ".join(head), "|\n|" + " --- |" * len(head))
    for row in rows:
        print("|", " | ".join(str(cell) for cell in row), "|")
    print()


def accuracy(name, kind):
    result = json.loads((out / f"{name}.{kind}.json").read_text())
    return f"{result['top1']:.2f} / {result['top5']:.2f}"


table(["top-1 / top-5, percent", "float", "one term, two at the ends", "two terms"],
      [[name, *(accuracy(name, kind) for kind in ("float", 1, 2))] for name in networks])
rows, stalls = [], []
for path in sorted(out.glob("run.*.json")):
    _, name, config, latency, _ = path.name.split(".")
    run = json.loads(path.read_text())
    rows.append([name, config, latency, run["images"], run["mismatches"], run["correct"],
                 run["cycles_first"], f"{run['cycles_per_image']:.0f}",
                 f"{100 * run['mac_utilization']:.1f} % of {run['lanes']}",
                 f"{run['sim_cycles_per_second']:.0f}"])
    stalls.append([name, config, latency, run["cycles"], run["exec_busy"], *run["stalls"].values()])
table(["network", "core", "latency", "images", "mismatches", "correct", "cycles, first image",
       "cycles an image", "lanes in use", "simulated cycles/s"], rows)
table(["network", "core", "latency", "cycles", "busy", *run["stalls"]], stalls)
END
