# Benches of rtl/ctrl with the engines of rtl/dma: four relations of word, beat and code width.
# The first is a small core, with few places for descriptors.
set(depths WeightFormat=7 AccW=28 FbDepth=64 WmDepth=64 PmDepth=32)
set(system_bench NAME rs_frontend TOP rs_frontend_bench
  FILES ${CMAKE_CURRENT_SOURCE_DIR}/unit/rs_frontend_bench.sv)
reshift_bench(${system_bench} SET 4x4x2 PARAMS M=4 C=4 P=2 ActW=8 MultW=16 ${depths} Tables=2 AxiDataW=64 Neighbours=0
  Requantise=0)
reshift_bench(${system_bench} SET 16x16x8 PARAMS M=16 C=16 P=8 ActW=8 MultW=16 ${depths} Tables=8 AxiDataW=128 Neighbours=4
  Requantise=1)
reshift_bench(${system_bench} SET 32x16x7 PARAMS M=32 C=16 P=7 ActW=8 MultW=32 ${depths} Tables=0 AxiDataW=64 Neighbours=0
  Requantise=0)
reshift_bench(${system_bench} SET 4x4x5_10bit PARAMS M=4 C=4 P=5 ActW=10 MultW=32 ${depths} Tables=0 AxiDataW=256 Neighbours=0
  Requantise=0)

# The control processor against its model, with and without a register after its code; its code; the
# control program on the model.
reshift_bench(NAME rs_ctrl_cpu PARAMS SlotW=2 BurstOffsetW=7 RamReg=1)
reshift_bench(NAME rs_ctrl_cpu SET direct PARAMS SlotW=5 BurstOffsetW=8 RamReg=0)
reshift_bench(NAME rs_ctrl_rom PARAMS M=4 C=4 P=3 ActW=8 WeightFormat=7 AccW=28 MultW=16 FbDepth=16384
              WmDepth=4096 PmDepth=512 Tables=0 AxiDataW=64 Neighbours=0 WeightStreams=1 Requantise=0)
reshift_bench(NAME rs_ctrl_rom SET wide PARAMS M=32 C=8 P=7 ActW=12 WeightFormat=144 AccW=32 MultW=32 FbDepth=8192
              WmDepth=64 PmDepth=32 Tables=8 AxiDataW=256 Neighbours=2 WeightStreams=0 Requantise=1)
reshift_bench_program(control_program_test unit/control_program_test.cpp)
add_test(NAME control_program COMMAND control_program_test)
