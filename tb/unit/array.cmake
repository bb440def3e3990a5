# Benches of rtl/array and of what it is built from.
reshift_bench(NAME rs_delay PARAMS Width=16 Stages=3)
reshift_bench(NAME rs_delay SET wire PARAMS Width=16 Stages=0)
reshift_bench(NAME rs_cell PARAMS C=4 ActW=8 ExpN=7 AccW=28)
reshift_bench(NAME rs_cell SET wide PARAMS C=16 ActW=16 ExpN=7 AccW=32)
reshift_bench(NAME rs_cell SET few PARAMS C=8 ActW=12 ExpN=5 AccW=24)
reshift_bench(NAME rs_array PARAMS M=4 C=4 P=3 ActW=8 ExpN=7 AccW=28)
reshift_bench(NAME rs_array SET slices PARAMS M=8 C=4 P=3 ActW=16 ExpN=7 AccW=32)
