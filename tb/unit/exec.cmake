# Benches of rtl/exec.
foreach(widths "8 28 1 0" "8 28 16 0" "8 32 32 1" "10 28 16 1" "16 32 16 0" "16 32 32 1")
  separate_arguments(widths)
  list(GET widths 0 act)
  list(GET widths 1 acc)
  list(GET widths 2 mult)
  list(GET widths 3 early)
  reshift_bench(NAME rs_post_lane SET ${act}_${mult}
    PARAMS ActW=${act} AccW=${acc} MultW=${mult} Early=${early} LIBS reshift_golden)
endforeach()
reshift_bench(NAME rs_issue PARAMS P=3 CBlockW=10 R=1 PmDepth=8 TileAddrW=6 BlockCycles=3 Blocks=0 Neighbours=0)
reshift_bench(NAME rs_issue SET c_blocks
  PARAMS P=8 CBlockW=12 R=2 PmDepth=8 TileAddrW=6 BlockCycles=8 Blocks=0 Neighbours=0)
reshift_bench(NAME rs_issue SET two_pixels
  PARAMS P=8 CBlockW=12 R=2 PmDepth=8 TileAddrW=6 BlockCycles=4 Blocks=3 Neighbours=1)
reshift_bench(NAME rs_issue SET one_at_a_time
  PARAMS P=2 CBlockW=9 R=1 PmDepth=8 TileAddrW=6 BlockCycles=1 Blocks=1 Neighbours=0)
reshift_bench(NAME rs_code_bound PARAMS Codes=5 ActW=9)
reshift_bench(NAME rs_post_queue PARAMS Q=2 WordW=32 BankW=3 AddrW=10 TagW=8 Depth=16)
reshift_bench(NAME rs_post PARAMS M=4 P=3 ActW=8 AccW=28 AddrW=9 PmDepth=8 PostLanes=4 MultW=16 Tables=4 Early=0
  LIBS reshift_golden)
reshift_bench(NAME rs_post SET wide
  PARAMS M=8 P=8 ActW=10 AccW=28 AddrW=10 PmDepth=16 PostLanes=8 MultW=32 Tables=0 Early=1 LIBS reshift_golden)
reshift_bench(NAME rs_post SET serial
  PARAMS M=4 P=2 ActW=8 AccW=24 AddrW=9 PmDepth=8 PostLanes=1 MultW=16 Tables=1 Early=0 LIBS reshift_golden)
reshift_bench(NAME rs_post SET pairs
  PARAMS M=8 P=3 ActW=16 AccW=32 AddrW=9 PmDepth=8 PostLanes=2 MultW=32 Tables=0 Early=0 LIBS reshift_golden)
reshift_bench(NAME rs_post SET serial_wide
  PARAMS M=4 P=2 ActW=10 AccW=28 AddrW=9 PmDepth=8 PostLanes=2 MultW=16 Tables=0 Early=0 LIBS reshift_golden)
reshift_bench(NAME rs_post_table PARAMS Lanes=5 Tables=8)
reshift_bench(NAME rs_post_table SET one PARAMS Lanes=2 Tables=1)
reshift_bench(NAME rs_post_scale PARAMS Width=32 FactorW=18 Below=15 OutW=29)
reshift_bench(NAME rs_post_scale SET narrow PARAMS Width=9 FactorW=21 Below=0 OutW=20)
reshift_bench(NAME rs_post_scale SET wide PARAMS Width=32 FactorW=34 Below=23 OutW=45)
reshift_bench(NAME rs_uop_fetch PARAMS WmDepth=16)
reshift_bench(NAME rs_column_window PARAMS P=3)
reshift_bench(NAME rs_column_window SET pair PARAMS P=2)
reshift_bench(NAME rs_raster_queue PARAMS P=3 Q=1 Ahead=16)
reshift_bench(NAME rs_raster_queue SET four_pixels PARAMS P=8 Q=4 Ahead=16)
reshift_bench(NAME rs_raster_queue SET two_groups PARAMS P=15 Q=1 Ahead=8)
reshift_bench(NAME rs_tap_mask PARAMS P=3 Latency=4)
reshift_bench(NAME rs_exec
  PARAMS M=4 C=4 P=3 ActW=8 WeightFormat=7 AccW=28 FbDepth=2048 WmDepth=128 PmDepth=8
    PostLanes=4 MultW=16 Requantise=0)
reshift_bench(NAME rs_exec SET c_blocks
  PARAMS M=8 C=4 P=4 ActW=8 WeightFormat=7 AccW=28 FbDepth=2048 WmDepth=256 PmDepth=8 PostLanes=8
    MultW=16 Requantise=1)
reshift_bench(NAME rs_exec SET serial
  PARAMS M=4 C=4 P=2 ActW=8 WeightFormat=7 AccW=24 FbDepth=2048 WmDepth=128 PmDepth=8 PostLanes=1
    MultW=16 Requantise=0)
reshift_bench(NAME rs_exec SET pairs
  PARAMS M=8 C=4 P=5 ActW=9 WeightFormat=7 AccW=28 FbDepth=2048 WmDepth=256 PmDepth=8 PostLanes=2
    MultW=32 Requantise=0)
