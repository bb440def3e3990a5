#!/usr/bin/env bash
# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#
# `reshift board` against a simulated board on a pseudo terminal: the network that the tool makes
# itself, and ResNet-20 with one term a weight where its data is.
#
#   tb/board/board_test.sh BUILD
set -euo pipefail
cd "$(dirname "$0")/../.."
build=$(realpath "${1:?build folder}")
data=${RESHIFT_DATA:-../shared/data}
reshift=$build/bin/reshift
out=$build/board
mkdir -p "$out"

# The bench with `board.hex` in its working folder: `sim_in` and `sim_out` are its ends, `port` its
# terminal.
start_board() {
  coproc SIM { cd "$out" && exec "$build/bin/board_sim"; }
  sim_pid=$SIM_PID
  exec {sim_in}>&"${SIM[1]}" {sim_out}<&"${SIM[0]}"
  read -r port <&"$sim_out"
}
stop_board() {
  exec {sim_in}>&- {sim_out}<&-
  eval "exec ${SIM[1]}>&-" 2> /dev/null || true
  wait "$sim_pid" || true
}

# run NAME ARGUMENT...
run() {
  "$reshift" board --port "$port" --program "$out/$1.rsp" --timeout 600 "${@:2}"
}

expect_error() {
  local text
  if text=$("${@:2}" 2>&1) || [[ $text != *"$1"* ]]; then
    echo "expected an error with '$1', got: $text"
    exit 1
  fi
}

compile() {
  "$reshift" compile "$out/$1.rsq" --hw 8x8x8 -o "$out/$1.rsp" > "$out/$1.log"
}

"$reshift" make-demo --out-dir "$out"
"$reshift" quantize "$out/demo.onnx" --calib "$out/demo_train.bin" --calib-count 128 \
  --preprocess "$out/demo_preprocess.json" --terms 1 --end-terms 2 -o "$out/demo.rsq"
compile demo
"$reshift" board-image "$out/demo.rsp" -o "$out/board.hex"
start_board
trap 'kill "$sim_pid" 2> /dev/null || true' EXIT
run demo --data "$out/demo_test.bin" --count 2 --json "$out/demo.json"
expect_error "there are 115200, " run demo --data "$out/demo_test.bin" --baud 12345
expect_error "no serial port" "$reshift" board --port "$out/none" --program "$out/demo.rsp" \
  --data "$out/demo_test.bin"
expect_error "is no serial port" "$reshift" board --port "$out/demo.rsp" --program "$out/demo.rsp" \
  --data "$out/demo_test.bin"

if [[ -d $data/models_cifar10 ]]; then
  "$reshift" quantize "$data/models_cifar10/resnet20/resnet20_cifar10.onnx" \
    --calib "$data/cifar10/data_batch_1.bin.xz" --calib-count 128 \
    --preprocess tools/preprocess/resnet20.json --terms 1 -o "$out/resnet20.rsq"
  compile resnet20
  images=$data/cifar10/test_batch.bin.xz
  expect_error "the board holds another program" run resnet20 --data "$images"
  stop_board
  "$reshift" board-image "$out/resnet20.rsp" -o "$out/board.hex"
  start_board
  run resnet20 --data "$images" --count 2 --json "$out/resnet20.json"
else
  echo "skipped: there is no ResNet-20 in $data (RESHIFT_DATA names another folder)"
fi
stop_board
