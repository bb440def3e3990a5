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
foreach(widths "8 32" "32 128" "32 32" "128 32" "64 32")
  separate_arguments(pair UNIX_COMMAND ${widths})
  list(GET pair 0 in)
  list(GET pair 1 out)
  reshift_bench(NAME rs_resize SET ${in}_${out} PARAMS InW=${in} OutW=${out})
endforeach()
reshift_bench(NAME rs_ram TOP rs_ram_bench FILES ${unit}/rs_ram_bench.sv)
reshift_bench(NAME rs_fork PARAMS Takers=5)
