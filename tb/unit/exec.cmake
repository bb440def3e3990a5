# Benches of rtl/exec.
reshift_bench(NAME rs_post_lane PARAMS ActW=8 AccW=28)
reshift_bench(NAME rs_post_lane SET wide PARAMS ActW=16 AccW=32)
reshift_bench(NAME rs_issue PARAMS P=3 SliceW=10 R=1 PmDepth=8 TileAddrW=6)
reshift_bench(NAME rs_issue SET slices PARAMS P=8 SliceW=12 R=2 PmDepth=8 TileAddrW=6)
