# Whole-core tests: the simulated configurations, and one whose parameters are all
# unlike theirs (two slices a word, odd P, wide activations, a tile that does not fill its memory word, serial post-processing).

function(reshift_core_test config)
  reshift_bench_program(core_${config}_test core/random_network_test.cpp core/error_test.cpp
    core/cost_test.cpp)
  target_compile_definitions(core_${config}_test PRIVATE RESHIFT_CONFIG="${config}"
    RESHIFT_MODEL=Vcore_${config} RESHIFT_MODEL_HEADER="Vcore_${config}.h")
  foreach(param IN LISTS ARGN)
    target_compile_definitions(core_${config}_test PRIVATE RESHIFT_${param})
  endforeach()
  target_link_libraries(core_${config}_test PRIVATE
    core_${config} reshift_compile reshift_golden)
  reshift_together(core_${config}_test)
  gtest_discover_tests(core_${config}_test TEST_PREFIX core_${config}. TEST_FILTER "-Full/*"
    DISCOVERY_TIMEOUT 60)
endfunction()

foreach(config IN LISTS RESHIFT_CONFIGS)
  reshift_configuration(${config} params)
  reshift_core_test(${config} ${params})
endforeach()

# A core that has no name in spec/configurations.json.
function(reshift_shape_test name)
  reshift_verilate(NAME core_${name} TOP reshift_core PREFIX Vcore_${name} PARAMS ${ARGN})
  reshift_core_test(${name} ${ARGN})
endfunction()

# What the models of cost expect of random networks, on the cores that their figures are made for.
foreach(config IN LISTS RESHIFT_CONFIGS)
  target_sources(core_${config}_test PRIVATE core/random_cost_test.cpp)
endforeach()

reshift_shape_test(8x4x5
  M=8 C=4 P=5 ActW=10 WeightFormat=15 AccW=32 MultW=32 FbDepth=8192 WmDepth=1024 PmDepth=64 PostLanes=4
  Tables=0 AxiDataW=256 Neighbours=0 WeightCheck=1 WeightStreams=1 Requantise=0)

# Changed programs, on two small cores that have little in common.
foreach(config 4x4x3 8x4x5)
  if(TARGET core_${config}_test)
    target_sources(core_${config}_test PRIVATE core/mutation_test.cpp)
  endif()
endforeach()

# A lane for every channel, and tables behind them; a bus on which row streams are shorter than tiles;
# neighbours in groups of few pixels.
reshift_shape_test(4x4x3_tables
  M=4 C=4 P=3 ActW=8 WeightFormat=7 AccW=28 MultW=16 FbDepth=16384 WmDepth=4096 PmDepth=512 PostLanes=4
  Tables=4 AxiDataW=32 Neighbours=2 WeightCheck=1 WeightStreams=1 Requantise=0)

# The widest activations, the narrowest terms (docs/formats.md).
if(NOT 4x4x3_a16t3 IN_LIST RESHIFT_CONFIGS)
  reshift_core_model(4x4x3_a16t3)
  reshift_configuration(4x4x3_a16t3 params)
  reshift_core_test(4x4x3_a16t3 ${params})
endif()

# Half-octaves, in two C-blocks a word; digits, whose upper planes take the signs of the tile before,
# with codes that are bounded and sums that are rounded early.
reshift_shape_test(8x4x3_half
  M=8 C=4 P=3 ActW=8 WeightFormat=16 AccW=28 MultW=16 FbDepth=8192 WmDepth=2048 PmDepth=256 PostLanes=8
  Tables=2 AxiDataW=128 Neighbours=0 WeightCheck=1 WeightStreams=1 Requantise=0)
reshift_shape_test(4x4x3_digit
  M=4 C=4 P=3 ActW=8 WeightFormat=17 AccW=28 MultW=32 FbDepth=16384 WmDepth=2048 PmDepth=256 PostLanes=4
  Tables=2 AxiDataW=32 Neighbours=0 WeightCheck=1 WeightStreams=1 Requantise=1)

# Two pixels a cycle in post-processing, whose scales are powers of two, without multipliers; four pixels,
# in two C-blocks a word, two of which share a multiplier of the baseline.
reshift_shape_test(4x4x6_q2
  M=4 C=4 P=6 ActW=8 WeightFormat=7 AccW=28 MultW=1 FbDepth=8192 WmDepth=2048 PmDepth=256 PostLanes=8
  Tables=2 AxiDataW=64 Neighbours=0 WeightCheck=1 WeightStreams=1 Requantise=1)
reshift_shape_test(8x4x12_q4
  M=8 C=4 P=12 ActW=8 WeightFormat=136 AccW=28 MultW=16 FbDepth=4096 WmDepth=1024 PmDepth=128 PostLanes=32
  Tables=0 AxiDataW=128 Neighbours=0 WeightCheck=1 WeightStreams=1 Requantise=1)

# Neighbours: with two pixels a cycle, digits and two C-blocks a word; with half of a group's pixels a
# cycle.
reshift_shape_test(8x4x6_near
  M=8 C=4 P=6 ActW=8 WeightFormat=17 AccW=28 MultW=16 FbDepth=8192 WmDepth=2048 PmDepth=256 PostLanes=16
  Tables=2 AxiDataW=64 Neighbours=2 WeightCheck=1 WeightStreams=1 Requantise=1)
reshift_shape_test(4x4x8_q4
  M=4 C=4 P=8 ActW=8 WeightFormat=7 AccW=28 MultW=16 FbDepth=8192 WmDepth=2048 PmDepth=256 PostLanes=16
  Tables=2 AxiDataW=128 Neighbours=2 WeightCheck=1 WeightStreams=1 Requantise=0)

# The multiplier baseline: weights of 16 bits, activations of 16 bits.
reshift_shape_test(4x4x3_mult16
  M=4 C=4 P=3 ActW=16 WeightFormat=144 AccW=32 MultW=32 FbDepth=16384 WmDepth=1024 PmDepth=64 PostLanes=4
  Tables=0 AxiDataW=64 Neighbours=0 WeightCheck=1 WeightStreams=0 Requantise=0)

# The smallest: tiles and words that do not fill their place in memory.
reshift_shape_test(2x2x2
  M=2 C=2 P=2 ActW=8 WeightFormat=7 AccW=28 MultW=16 FbDepth=16384 WmDepth=4096 PmDepth=512 PostLanes=1
  Tables=2 AxiDataW=32 Neighbours=0 WeightCheck=0 WeightStreams=0 Requantise=0)

# Two cores behind one register port.
reshift_configuration(4x4x3 params)
reshift_verilate(NAME cluster_model TOP reshift_cluster PARAMS Cores=2 ${params})
reshift_bench_program(cluster_test core/cluster_test.cpp)
target_compile_definitions(cluster_test PRIVATE RESHIFT_CONFIG="4x4x3"
  RESHIFT_MODEL=Vreshift_cluster RESHIFT_MODEL_HEADER="Vreshift_cluster.h" RESHIFT_Cores=2)
foreach(param IN LISTS params)
  target_compile_definitions(cluster_test PRIVATE RESHIFT_${param})
endforeach()
target_link_libraries(cluster_test PRIVATE
  cluster_model reshift_compile reshift_golden)
gtest_discover_tests(cluster_test TEST_PREFIX core_cluster. DISCOVERY_TIMEOUT 60)

# Every write into the feature buffer against the program interpreter; tb/core/cosim.sh runs all of it.
foreach(config IN LISTS RESHIFT_CONFIGS)
  reshift_configuration(${config} params)
  set(test cosim_${config}_test)
  reshift_bench_program(${test} core/cosim_test.cpp core/write_checker.cpp)
  target_compile_definitions(${test} PRIVATE RESHIFT_CONFIG="${config}"
    RESHIFT_MODEL=Vcore_${config} RESHIFT_MODEL_HEADER="Vcore_${config}.h"
    RESHIFT_ROOT_HEADER="Vcore_${config}___024root.h")
  foreach(param IN LISTS params)
    target_compile_definitions(${test} PRIVATE RESHIFT_${param})
  endforeach()
  target_link_libraries(${test} PRIVATE core_${config} reshift_compile reshift_golden reshift_data)
endforeach()
if(TARGET cosim_4x4x3_test)
  gtest_discover_tests(cosim_4x4x3_test TEST_PREFIX cosim_4x4x3. TEST_FILTER "Quick/*:CosimFault.*"
    DISCOVERY_TIMEOUT 60)
endif()

# The tool with everything in it: real networks, or what it makes itself.
add_test(NAME real_networks
  COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/core/real_networks.sh ${CMAKE_BINARY_DIR})
set_tests_properties(real_networks PROPERTIES SKIP_RETURN_CODE 77)
add_test(NAME demo COMMAND ${PROJECT_SOURCE_DIR}/tools/demo.sh ${CMAKE_BINARY_DIR} 2)
set_tests_properties(demo PROPERTIES ENVIRONMENT "RESHIFT_DATA=none;RESHIFT_CALIB=128")
