# Benches of rtl/buffer.
reshift_bench(NAME rs_pixel_walker PARAMS P=3 AddrW=10)
reshift_bench(NAME rs_pixel_walker SET even PARAMS P=8 AddrW=13)
reshift_bench(NAME rs_feature_buffer PARAMS M=4 C=4 P=3 ActW=8 FbDepth=16)
reshift_bench(NAME rs_feature_buffer SET slices PARAMS M=8 C=4 P=5 ActW=9 FbDepth=16)
reshift_bench(NAME rs_residual PARAMS P=3 WordW=32 AddrW=10)
reshift_bench(NAME rs_residual SET pair PARAMS P=2 WordW=32 AddrW=10)
reshift_bench(NAME rs_weight_buffer PARAMS TileW=64 WmDepth=16)
reshift_bench(NAME rs_param_buffer PARAMS M=4 PmDepth=8)
