# The benches again, on the netlists of what they test: `make netlist-test`. One parameter set of each
# module, mapped to iCE40, the family of which Yosys has a model of every cell, block RAM included.
# run.py fails when a module of rtl/files.txt is in none of the netlists.

set(netlist_benches
  # rtl/lib
  rs_delay rs_fifo_2 rs_fifo_16 rs_fifo_ram rs_fork rs_ram
  # rtl/array; mult8: the multiplier lanes
  rs_pe rs_pe_mult8 rs_array rs_array_near
  # rtl/buffer
  rs_raster_counter rs_pixel_address rs_feature_buffer rs_residual rs_weight_buffer rs_param_buffer
  rs_column_history
  # rtl/exec
  rs_post_lane_8_16 rs_post_scale rs_post_table rs_issue rs_post rs_post_serial rs_uop_fetch
  rs_column_window rs_raster_queue
  rs_tap_mask rs_exec rs_exec_serial
  # rtl/dma, and rtl/ctrl with it
  rs_axi_read_64_32 rs_axi_write_64_32 rs_ctrl_cpu rs_ctrl_rom rs_frontend_4x4x2
  # rtl/top: random networks, errors
  core_4x4x3
  # rtl/board, at its pins, around the core 4x4x2
  rs_board)

# Yosys with slang is in .venv.
set(RESHIFT_PYTHON ${PROJECT_SOURCE_DIR}/.venv/bin/python)

# Its run takes too long for CI: only these are part of `make test`.
set(netlist_in_ci rs_pe_ice40 rs_pe_ecp5 rs_pe_wide_xc7 rs_pe_digits_xc7
  rs_pe_mult_pair_xcup)

# Test program <bench>_<family>_test: the sources of <bench>_test around the netlist of its model.
# DAMAGED: <bench>_<family>_damaged_test, around a netlist with an error.
function(reshift_netlist_bench bench family)
  cmake_parse_arguments(arg "DAMAGED" "" "" ${ARGN})
  set(name ${bench}_${family})
  set(damaged)
  if(arg_DAMAGED)
    set(damaged DAMAGED)
    string(APPEND name _damaged)
  endif()
  get_target_property(libraries ${bench}_test LINK_LIBRARIES)
  foreach(library IN LISTS libraries)
    get_target_property(top ${library} RESHIFT_TOP)
    if(top)
      set(model ${library})
    endif()
  endforeach()
  foreach(property TOP PREFIX PARAMS FILES)
    get_target_property(${property} ${model} RESHIFT_${property})
  endforeach()
  reshift_verilate(NAME ${name}_model TOP ${TOP} PREFIX ${PREFIX} PARAMS ${PARAMS} FILES ${FILES}
                   NETLIST ${family} ${damaged})
  list(TRANSFORM libraries REPLACE "^${model}$" ${name}_model)
  get_target_property(sources ${bench}_test SOURCES)
  get_target_property(definitions ${bench}_test COMPILE_DEFINITIONS)
  add_executable(${name}_test ${sources})
  if(definitions)
    target_compile_definitions(${name}_test PRIVATE ${definitions})
  endif()
  target_link_libraries(${name}_test PRIVATE ${libraries})
  if(name IN_LIST netlist_in_ci AND EXISTS ${RESHIFT_PYTHON})
    gtest_discover_tests(${name}_test TEST_PREFIX netlist.${name}. DISCOVERY_TIMEOUT 60)
  else()
    set_target_properties(${name}_model ${name}_test PROPERTIES EXCLUDE_FROM_ALL TRUE)
  endif()
  add_dependencies(netlist_test ${name}_test)
  get_target_property(folder ${name}_model RESHIFT_NETLIST)
  set_property(GLOBAL APPEND PROPERTY RESHIFT_NETLIST_RUNS
    "${name}\t${TOP}\t$<TARGET_FILE:${name}_test>\t${folder}")
endfunction()

add_custom_target(netlist_test)
foreach(bench IN LISTS netlist_benches)
  reshift_netlist_bench(${bench} ice40)
endforeach()
# The carry cells that rtl/tech/ecp5 and xc7 name, look-up tables and multiplexers of xc7, DSP slices of
# xcup.
reshift_netlist_bench(rs_pe ecp5)
reshift_netlist_bench(rs_pe_wide xc7)
reshift_netlist_bench(rs_pe_digits xc7)
reshift_netlist_bench(rs_array_hops xc7)
reshift_netlist_bench(rs_pe_mult_pair xcup)
reshift_netlist_bench(rs_pe ice40 DAMAGED)

get_property(runs GLOBAL PROPERTY RESHIFT_NETLIST_RUNS)
list(JOIN runs "\n" runs)
file(GENERATE OUTPUT ${CMAKE_BINARY_DIR}/netlist/runs.txt CONTENT "${runs}\n")
