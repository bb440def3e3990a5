# Benches of rtl/lib.
set(unit ${CMAKE_CURRENT_SOURCE_DIR}/unit)
foreach(depth 2 3 4 16)
  reshift_bench(NAME rs_fifo SET ${depth} TOP rs_fifo TEST ${unit}/rs_stream_test.cpp
    PARAMS Width=32 Depth=${depth})
  target_compile_definitions(rs_fifo_${depth}_test
    PRIVATE RESHIFT_MODEL=Vrs_fifo RESHIFT_MODEL_HEADER=<Vrs_fifo.h>)
endforeach()
reshift_bench(NAME rs_skid TEST ${unit}/rs_stream_test.cpp PARAMS Width=32)
target_compile_definitions(rs_skid_test
  PRIVATE RESHIFT_MODEL=Vrs_skid RESHIFT_MODEL_HEADER=<Vrs_skid.h>)
reshift_bench(NAME rs_fifo_ram TEST ${unit}/rs_stream_test.cpp PARAMS Width=32 Depth=16)
target_compile_definitions(rs_fifo_ram_test
  PRIVATE RESHIFT_MODEL=Vrs_fifo_ram RESHIFT_MODEL_HEADER=<Vrs_fifo_ram.h>)
reshift_bench(NAME rs_ram TOP rs_ram_bench FILES ${unit}/rs_ram_bench.sv)
reshift_bench(NAME rs_fork PARAMS Takers=5)
