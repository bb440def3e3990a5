# Whole-core tests: each simulated configuration on random networks.

foreach(config IN LISTS RESHIFT_CONFIGS)
  add_executable(core_${config}_test core/random_network_test.cpp)
  target_compile_definitions(core_${config}_test PRIVATE RESHIFT_CONFIG="${config}"
    RESHIFT_MODEL=Vcore_${config} RESHIFT_MODEL_HEADER="Vcore_${config}.h")
  target_link_libraries(core_${config}_test PRIVATE
    core_${config} reshift_compile reshift_bench_main reshift_warnings)
  gtest_discover_tests(core_${config}_test TEST_PREFIX core_${config}. DISCOVERY_TIMEOUT 60)
endforeach()
