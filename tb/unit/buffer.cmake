# Benches of rtl/buffer.
reshift_bench(NAME rs_raster_counter PARAMS P=3 Q=1)
reshift_bench(NAME rs_raster_counter SET two_pixels PARAMS P=8 Q=2)
reshift_bench(NAME rs_raster_counter SET four_pixels PARAMS P=12 Q=4)
reshift_bench(NAME rs_pixel_address PARAMS P=3 Q=1 AddrW=10)
reshift_bench(NAME rs_pixel_address SET even PARAMS P=8 Q=1 AddrW=13)
reshift_bench(NAME rs_pixel_address SET most PARAMS P=15 Q=1 AddrW=10)
reshift_bench(NAME rs_pixel_address SET pair PARAMS P=2 Q=1 AddrW=10)
reshift_bench(NAME rs_pixel_address SET two_pixels PARAMS P=8 Q=2 AddrW=13)
reshift_bench(NAME rs_pixel_address SET four_pixels PARAMS P=12 Q=4 AddrW=10)
reshift_bench(NAME rs_feature_buffer PARAMS M=4 C=4 P=3 Q=1 ActW=8 FbDepth=16)
reshift_bench(NAME rs_feature_buffer SET c_blocks PARAMS M=8 C=4 P=5 Q=1 ActW=9 FbDepth=16)
reshift_bench(NAME rs_feature_buffer SET shared PARAMS M=4 C=4 P=2 Q=1 ActW=8 FbDepth=16 SharedData=1)
reshift_bench(NAME rs_feature_buffer SET two_ways PARAMS M=4 C=4 P=6 Q=2 ActW=8 FbDepth=16)
reshift_bench(NAME rs_residual PARAMS P=3 WordW=32)
reshift_bench(NAME rs_residual SET pair PARAMS P=2 WordW=32)
reshift_bench(NAME rs_weight_buffer PARAMS M=4 C=4 WeightFormat=7 WmDepth=16 Streams=0
              LIBS reshift_program)
reshift_bench(NAME rs_weight_buffer SET streams PARAMS M=4 C=4 WeightFormat=7 WmDepth=16 Streams=1
              LIBS reshift_program)
reshift_bench(NAME rs_weight_buffer SET wide PARAMS M=2 C=4 WeightFormat=136 WmDepth=32
              HeadersPerBeat=4 Streams=1 LIBS reshift_program)
reshift_bench(NAME rs_param_buffer PARAMS M=4 PmDepth=8 Records=4 MultW=16 RamReg=0)
reshift_bench(NAME rs_param_buffer SET narrow PARAMS M=8 PmDepth=8 Records=2 MultW=32 RamReg=0)
