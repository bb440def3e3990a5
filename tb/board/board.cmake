# The stand-alone board at its pins (docs/board.md): the protocol on the smallest core, and a board
# behind a pseudo terminal that runs real programs through `reshift board`.

set(board_package ${RESHIFT_RTL}/board/rs_board_pkg.sv)

reshift_configuration(4x4x2 params)
reshift_bench(NAME rs_board TEST ${CMAKE_CURRENT_SOURCE_DIR}/board/board_test.cpp
  PARAMS ${params} MemBanks=3 BankWords=1024 ClockHz=100000000 ClocksPerBit=4 QuietClocks=2000
  FILES ${board_package} LIBS reshift_board reshift_compile reshift_golden)

reshift_configuration(2x2x2 params)
reshift_bench(NAME rs_board_remote TEST ${CMAKE_CURRENT_SOURCE_DIR}/board/remote_test.cpp
  PARAMS ${params} ClocksPerBit=8 QuietClocks=2000
  FILES ${board_package} LIBS reshift_board reshift_compile reshift_golden)

reshift_configuration(8x8x8 params)
reshift_verilate(NAME board_8x8x8 TOP rs_board
  PARAMS ${params} MemBanks=7 BankWords=4096 InitFile="board.hex" ClockHz=100000000 ClocksPerBit=4
         QuietClocks=100000000
  FILES ${board_package})
add_executable(board_sim ${CMAKE_CURRENT_SOURCE_DIR}/board/board_sim.cpp)
target_compile_definitions(board_sim PRIVATE RESHIFT_ClocksPerBit=4)
target_link_libraries(board_sim PRIVATE
  board_8x8x8 reshift_harness reshift_verilated reshift_warnings)
add_dependencies(board_sim reshift)

add_test(NAME board COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/board/board_test.sh ${CMAKE_BINARY_DIR})
