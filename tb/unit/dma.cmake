# Benches of rtl/dma: bits of a beat and of a piece.
set(unit ${CMAKE_CURRENT_SOURCE_DIR}/unit)
foreach(widths "64 32" "64 64" "128 128" "256 64")
  separate_arguments(pair UNIX_COMMAND ${widths})
  list(GET pair 0 beat)
  list(GET pair 1 piece)
  foreach(name rs_axi_read rs_axi_write)
    reshift_bench(NAME ${name} SET ${beat}_${piece} TOP ${name}_bench
      PARAMS AxiDataW=${beat} PieceW=${piece} FILES ${unit}/${name}_bench.sv)
  endforeach()
endforeach()
