# The simulated cores that the tool loads by name: lib/libreshift_sim_<config>.so (tools/device/sim.hpp).

set_target_properties(reshift_verilated reshift_harness reshift_base PROPERTIES
  POSITION_INDEPENDENT_CODE ON)
foreach(config IN LISTS RESHIFT_CONFIGS)
  set_target_properties(core_${config} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  reshift_configuration(${config} params)
  string(REGEX MATCH "AxiDataW=([0-9]+)" unused "${params}")
  add_library(reshift_sim_${config} SHARED ${CMAKE_CURRENT_LIST_DIR}/sim_device.cpp)
  target_compile_definitions(reshift_sim_${config} PRIVATE
    RESHIFT_MODEL=Vcore_${config} RESHIFT_MODEL_HEADER="Vcore_${config}.h"
    RESHIFT_ROOT_HEADER="Vcore_${config}___024root.h" RESHIFT_DATA_WIDTH=${CMAKE_MATCH_1})
  target_include_directories(reshift_sim_${config} PRIVATE ${PROJECT_SOURCE_DIR}/tools)
  target_link_libraries(reshift_sim_${config} PRIVATE core_${config} reshift_harness reshift_warnings)
  set_target_properties(reshift_sim_${config} PROPERTIES
    LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib)
  # Built with the tool, so that whoever asks for one has both.
  if(TARGET reshift)
    add_dependencies(reshift reshift_sim_${config})
  endif()
endforeach()

if("4x4x3" IN_LIST RESHIFT_CONFIGS)
  add_executable(sim_timeline_test ${CMAKE_CURRENT_LIST_DIR}/timeline_test.cpp
    ${CMAKE_CURRENT_LIST_DIR}/device_example_test.cpp)
  target_compile_definitions(sim_timeline_test PRIVATE
    RESHIFT_DEVICE_EXAMPLE="$<TARGET_FILE:device_example>")
  target_link_libraries(sim_timeline_test PRIVATE reshift_device reshift_compile reshift_golden reshift_warnings GTest::gtest_main)
  add_dependencies(sim_timeline_test reshift_sim_4x4x3 device_example)
  gtest_discover_tests(sim_timeline_test TEST_PREFIX sim. DISCOVERY_TIMEOUT 60)
endif()
