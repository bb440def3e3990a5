# Benches of rtl/dma.
foreach(width 64 128 256)
  foreach(name rs_axi_read rs_axi_write)
    reshift_bench(NAME ${name} SET ${width} TOP ${name}_bench PARAMS AxiDataW=${width}
      FILES ${CMAKE_CURRENT_SOURCE_DIR}/unit/${name}_bench.sv)
  endforeach()
endforeach()
