# Benches of rtl/ctrl with the engines of rtl/dma: four relations of word, beat and code width.
# The first is a small core, with few places for descriptors.
set(depths ExpN=7 AccW=28 FbDepth=64 WmDepth=64 PmDepth=32)
set(system_bench NAME rs_frontend TOP rs_frontend_bench
  FILES ${CMAKE_CURRENT_SOURCE_DIR}/unit/rs_frontend_bench.sv)
reshift_bench(${system_bench} SET 4x4x2 PARAMS M=4 C=4 P=2 ActW=8 ${depths} AxiDataW=64)
reshift_bench(${system_bench} SET 16x16x8 PARAMS M=16 C=16 P=8 ActW=8 ${depths} AxiDataW=128)
reshift_bench(${system_bench} SET 32x16x7 PARAMS M=32 C=16 P=7 ActW=8 ${depths} AxiDataW=64)
reshift_bench(${system_bench} SET 4x4x5_10bit PARAMS M=4 C=4 P=5 ActW=10 ${depths} AxiDataW=256)
