# Benches of rtl/exec.
reshift_bench(NAME rs_post_lane PARAMS ActW=8 AccW=28)
reshift_bench(NAME rs_post_lane SET wide PARAMS ActW=16 AccW=32)
reshift_bench(NAME rs_issue PARAMS P=3 CBlockW=10 R=1 PmDepth=8 TileAddrW=6 OneAtATime=0)
reshift_bench(NAME rs_issue SET c_blocks
  PARAMS P=8 CBlockW=12 R=2 PmDepth=8 TileAddrW=6 OneAtATime=0)
reshift_bench(NAME rs_issue SET one_at_a_time
  PARAMS P=2 CBlockW=9 R=1 PmDepth=8 TileAddrW=6 OneAtATime=1)
reshift_bench(NAME rs_post PARAMS M=4 P=3 ActW=8 AccW=28 AddrW=9 PmDepth=8 PostLanes=4 Tables=4)
reshift_bench(NAME rs_post SET wide
  PARAMS M=8 P=8 ActW=12 AccW=28 AddrW=10 PmDepth=16 PostLanes=8 Tables=0)
reshift_bench(NAME rs_post SET serial
  PARAMS M=4 P=2 ActW=8 AccW=24 AddrW=9 PmDepth=8 PostLanes=1 Tables=1)
reshift_bench(NAME rs_post SET pairs
  PARAMS M=8 P=3 ActW=12 AccW=28 AddrW=9 PmDepth=8 PostLanes=2 Tables=0)
reshift_bench(NAME rs_post_table PARAMS Lanes=5 Tables=8)
reshift_bench(NAME rs_post_table SET one PARAMS Lanes=2 Tables=1)
reshift_bench(NAME rs_post_scale PARAMS Width=32 OutW=14)
reshift_bench(NAME rs_post_scale SET narrow PARAMS Width=9 OutW=13)
reshift_bench(NAME rs_uop_fetch PARAMS WmDepth=16)
reshift_bench(NAME rs_column_window PARAMS P=3)
reshift_bench(NAME rs_column_window SET pair PARAMS P=2)
reshift_bench(NAME rs_tap_mask PARAMS P=3 Latency=4)
reshift_bench(NAME rs_exec
  PARAMS M=4 C=4 P=3 ActW=8 ExpN=7 AccW=28 FbDepth=2048 WmDepth=128 PmDepth=8
    PostLanes=4)
reshift_bench(NAME rs_exec SET c_blocks
  PARAMS M=8 C=4 P=4 ActW=8 ExpN=7 AccW=28 FbDepth=2048 WmDepth=256 PmDepth=8 PostLanes=8)
reshift_bench(NAME rs_exec SET serial
  PARAMS M=4 C=4 P=2 ActW=8 ExpN=7 AccW=24 FbDepth=2048 WmDepth=128 PmDepth=8 PostLanes=1)
reshift_bench(NAME rs_exec SET pairs
  PARAMS M=8 C=4 P=5 ActW=9 ExpN=7 AccW=28 FbDepth=2048 WmDepth=256 PmDepth=8 PostLanes=2)
