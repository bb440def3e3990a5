; Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
;
; The control program of the core: rs_ctrl_cpu runs it. spec/gen/assembler.py turns it into
; rs_ctrl_rom.sv, and puts instructions that do nothing where a word would be read too soon after
; its store, or where the one behind a jump, which is carried out, would do harm.
;
;   ld  M [n]     A = M + n (a signed 16-bit constant)      ldi n      A = n
;   ldh M n       A = M + (n << 16)                         ldhi n     A = n << 16
;   ldf M n, ldn M n   as ld; go to bad_field if there was a carry, if there was none
;   add, sub M [cond label]   A = M + A, A = M - A; then go to the label if the condition holds
;   adc M         A = M + the last carry                    dbl        A = 2 * A
;   st M          M = A                                     out PORT   an event, with A
;   rep n, repx n, repa   the next instruction runs n times (with the low five bits of its address
;                 counting from 32 - n to 31), -A times
;   b cond label, br label
;
; Conditions: z, nz (A), c, nc (carry: of M - A, no borrow), bit1clear (of A), and those of the
; hardware. Operands: a word by name or S0 to S31, the words of the descriptor at hand; parts of it:
; .lo .hi (16 bits), .20 .8 .5 .4 (low bits), .hi8 .hi4 (low bits of the high half), .offset (the
; offset of a byte in its burst), .loup .hiup (a half as the high half of a word).
; A constant in braces is an expression of rs_ctrl_rom.sv.

.slot S0 0
.slot S1 1
.slot S2 2
.slot S3 3
.slot S4 4
.slot S5 5
.slot S6 6
.slot S7 7
.slot S8 8
.slot S9 9
.slot S10 10
.slot S11 11
.slot S12 12
.slot S13 13
.slot S14 14
.slot S15 15
.slot S16 16
.slot S17 17
.slot S18 18
.slot S19 19
.slot S20 20
.slot S21 21
.slot S22 22
.slot S23 23
.slot S24 24
.slot S25 25
.slot S26 26
.slot S27 27
.slot S28 28
.slot S29 29
.slot S30 30
.slot S31 31

; Words that the registers show: their offset / 4.
.word ID 0x00
.word VERSION 0x01
.word CAP_SHAPE 0x02
.word CAP_FORMAT 0x03
.word CAP_FB_DEPTH 0x04
.word CAP_WM_DEPTH 0x05
.word CAP_PM_DEPTH 0x06
.word ERR_CAUSE 0x0c
.word ERR_DESCRIPTOR 0x0d
.word PROG_BASE_LO 0x10
.word PROG_BASE_HI 0x11
.word PROG_SIZE 0x12
.word IN_BASE_LO 0x14
.word IN_BASE_HI 0x15
.word IN_STRIDE 0x16
.word OUT_BASE_LO 0x18
.word OUT_BASE_HI 0x19
.word OUT_STRIDE 0x1a
.word FRAMES 0x1c
.word WATCHDOG 0x1e
; Constants.
.word ZERO 0x30
.word MAGIC 0x31
.word SUM 0x32
.word CODES 0x33            ; 2^ActW - 1 in the high half
; Asking for descriptors.
.word NEXT 0x34             ; offset in the program of the one to ask for, and its index
.word NEXT_INDEX 0x35
.word LIMIT 0x36            ; no descriptor ends beyond it
.word END_KNOWN 0x37        ; LIMIT is the end of `end`
.word PASSES 0x38           ; through the program, to ask for, this one included
.word OPEN 0x39             ; descriptors asked for and not looked at
; Looking at them.
.word DROP 0x3a             ; behind `end`, asked for in the first pass
.word INDEX_NOW 0x3b
.word FRAMES_LEFT 0x3c      ; to dispatch, this one included
.word BYTES 0x3d            ; of the transfer
.word IN_LO 0x40            ; windows of this frame
.word IN_HI 0x41
.word OUT_LO 0x42
.word OUT_HI 0x43
.word IDLE 0x44             ; cycles without progress
.word COUNT 0x4a            ; descriptors of the batch
.word T0 0x45
.word T1 0x46
.word T2 0x47
.word T3 0x48
.word T4 0x49
; The read command of a batch, at words 3 to 5 of a slot like a descriptor's.
.word FETCH_LO 0x53
.word FETCH_HI 0x54
.word FETCH_SIZE 0x55
; Index of a slot's descriptor; ASKED: of the slot next to be asked for, AT_HAND: of the
; descriptor at hand, AT_FAULT: of the read that failed.
.table INDEX_ASKED 1
.table INDEX_AT_HAND 2
.table INDEX_AT_FAULT 3

; rs_ctrl_cpu begins at 0, goes to 1 when the bus answers with an error, to 2 for ldf and ldn.
  br    reset
  br    bus_error
  br    bad_field

reset:
  b     warm restart
  ldi   0
  repx  32
  st    0x00
  repx  32
  st    0x20
  const ID {register_id}
  const CAP_SHAPE {M + C * 256 + P * 65536 + ActW * 16777216}
  const CAP_FORMAT {ExpN + AccW * 256 + AxiDataW / 8 * 65536}
  const CAP_FB_DEPTH {FbDepth}
  const CAP_WM_DEPTH {WmDepth}
  const CAP_PM_DEPTH {PmDepth}
  const MAGIC {program_magic}
  const SUM {descriptor_sum}
  ldi   {version}
  st    VERSION
  ldhi  {2 ** ActW - 1}
  st    CODES
restart:
  ldi   0
  st    ERR_CAUSE
  st    ERR_DESCRIPTOR
  out   ready
rest:
  b     not_running rest
  ldi   0
  st    NEXT
  st    NEXT_INDEX
  st    END_KNOWN
  st    OPEN
  st    DROP
  st    IDLE
  ld    PROG_SIZE
  st    LIMIT
  ld    FRAMES
  st    PASSES
  st    FRAMES_LEFT
  ld    IN_BASE_LO
  st    IN_LO
  ld    IN_BASE_HI
  st    IN_HI
  ld    OUT_BASE_LO
  st    OUT_LO
  ld    OUT_BASE_HI
  st    OUT_HI
  out   run

; Ask for descriptors, a batch if that ends before the limit, if there is room, and look at one, if
; one is there.
main:
  b     no_room arrival
  ld    PASSES
  b     z arrival
  ldi   {ring_batch}
  st    COUNT
  ld    NEXT {128 * ring_batch}
  st    T0
  sub   LIMIT c ask
  ldi   1
  st    COUNT
  ld    NEXT 128
  st    T0
  sub   LIMIT nc no_more
ask:
  ld    NEXT
  add   PROG_BASE_LO
  st    FETCH_LO
  adc   PROG_BASE_HI
  st    FETCH_HI
  ld    NEXT
  sub   T0
  add   FETCH_LO.offset
  sub   ZERO
  st    FETCH_SIZE
  ld    T0
  st    NEXT
ask_slot:
  ld    OPEN 1
  st    OPEN
  ld    NEXT_INDEX
  st    INDEX_ASKED
  out   slot
  ld    NEXT_INDEX 1
  st    NEXT_INDEX
  ld    COUNT -1
  st    COUNT
  b     nz ask_slot
  out   ask
arrival:
  b     no_arrival wait
  ld    OPEN -1
  st    OPEN
  ld    DROP -1
  b     c drop
  ld    INDEX_AT_HAND
  st    INDEX_NOW
  ldi   0
  repx  32
  add   S0
  sub   SUM nz bad_checksum
  ld    INDEX_NOW
  b     z first
  ld    S0.4 -4
  b     z exec
  ld    S0.4 -2
  b     z load_weights
  ld    S0.4 -6
  b     z end
  ld    S0.4 -3
  b     z features
  ld    S0.4 -5
  b     z features
  ld    S0.4 -7
  b     z features
  br    bad_opcode
drop:
  st    DROP
  out   skip
  br    main

no_more:
  ld    END_KNOWN
  b     nz next_pass
  ld    OPEN
  b     nz arrival
  ld    NEXT_INDEX             ; all looked at, and no `end`
  st    INDEX_NOW
  br    bad_window
next_pass:
  ld    PASSES -1
  st    PASSES
  b     z arrival
  ldi   128
  st    NEXT
  ldi   1
  st    NEXT_INDEX
  br    main

; Nothing to do: has something moved in the last 64 cycles?
wait:
  b     no_tick main
  b     no_progress still
  nop                          ; the time that the loop takes, in cycles, is measured with it
  ldi   0
  st    IDLE
  out   tick
  br    main
still:
  out   tick
  ld    IDLE 64
  st    IDLE
  ld    WATCHDOG
  b     z main
  ld    WATCHDOG
  sub   IDLE nc main
  b     not_running main
  ldi   {ErrWatchdog}
  br    fail

; `init`, and nothing else, is the first descriptor.
first:
  ld    S0.4 -1
  b     nz bad_opcode
  ld    S1
  sub   MAGIC nz bad_config
  ld    S2
  sub   CAP_SHAPE nz bad_config
  ld    S3.8
  sub   CAP_FORMAT.8 nz bad_config
  ld    S5
  sub   CAP_FB_DEPTH nc bad_config
  ld    S6
  sub   CAP_WM_DEPTH nc bad_config
  ld    S7
  sub   CAP_PM_DEPTH nc bad_config
  ld    S4.lo
  out   credits
  out   skip
  br    main

exec:
  ldn   S1.20 -1               ; micro-ops
  ldn   S3.lo -1               ; m_blocks
  ldf   S3.lo -4096
  ldn   S3.hi -1               ; pitch
  ldf   S3.hi -4096
  ldn   S4.lo -1               ; in_height
  ldf   S4.lo -4096
  ldn   S4.hi -1               ; in_width
  ldf   S4.hi -4096
  ldn   S5.lo -1               ; out_height
  ldf   S5.lo -4096
  ldn   S5.hi -1               ; out_width, at most pitch
  ld    S5.hi
  sub   S3.hi nc bad_field
  ld    S3.lo                  ; m_blocks at most micro-ops
  sub   S1.20 nc bad_field
  ldn   S2.20 -1               ; groups; a list walked more than once must fit its memories
  b     z single
  ldf   S1.20 {-(WmDepth + 1)}
  ldf   S3.lo {-(PmDepth + 1)}
single:
  ldf   S6.lo {-c_blocks}        ; sources: base, step
  ldf   S6.hi {-min(c_blocks + 1, 32768)}
  ldf   S7.lo {-c_blocks}
  ldf   S7.hi {-min(c_blocks + 1, 32768)}
  ldf   S8.lo {-FbDepth}       ; destination: base, words, phase, row_bank, row_addr
  ldn   S8.hi -1
  ldf   S8.hi {-min(FbDepth + 1, 32768)}
  ldf   S9.lo {-min(FbDepth + 1, 32768)}
  ldf   S9.hi4 {-P}
  ldf   S10.lo {-min(FbDepth + 1, 32768)}
  ldh   S14.hiup {2 ** (ActW - 1)}   ; codes, moved to 0 and up: hi, lo, lo at most hi, in_zero, out_zero
  st    T0
  sub   CODES nc bad_field
  ldh   S14.loup {2 ** (ActW - 1)}
  sub   CODES nc bad_field
  ldh   S14.loup {2 ** (ActW - 1)}
  sub   T0 nc bad_field
  ldh   S15.loup {2 ** (ActW - 1)}
  sub   CODES nc bad_field
  ldh   S15.hiup {2 ** (ActW - 1)}
  sub   CODES nc bad_field
  ld    S0.hi4
  b     bit1clear exec_good    ; no residual
  ldf   S11.lo {-FbDepth}
  ldn   S11.hi -1
  ldf   S11.hi {-min(FbDepth + 1, 32768)}
  ldf   S12.lo {-min(FbDepth + 1, 32768)}
  ldf   S12.hi4 {-P}
  ldf   S13.lo {-min(FbDepth + 1, 32768)}
  ldf   S16.hi8 -32            ; res_shift
  ldh   S16.loup {2 ** (ActW - 1)}
  sub   CODES nc bad_field
exec_good:
  out   exec
  br    main

; bytes = the sum of the sections, headers and tiles rounded up to 32 bytes.
load_weights:
  ld    S2.lo
  rep   {clog2(M * 8)}
  dbl
  st    T0                     ; of the parameters
  ld    S1.20
  rep   2
  dbl
  st    T1                     ; of the headers
  sub   ZERO
  st    T2
  ld    S1.20
  rep   {clog2(tile_bytes)}
  dbl
  st    T3                     ; of the tiles
  sub   ZERO
  st    T4
  ld    T2.5
  add   T1
  add   T0
  add   T3
  add   T4.5
  b     z bad_field
  sub   S4 nz bad_field
  ld    S4
  st    BYTES
  ld    S3
  add   BYTES c bad_window
  sub   PROG_SIZE nc bad_window
  ld    S3
  add   PROG_BASE_LO
  st    S3
  adc   PROG_BASE_HI
  st    S4
  ld    S3.offset
  add   BYTES
  sub   ZERO
  st    S5
  ld    S0
  out   load_weights
  br    main

; load_features, reload_features, store_features: bytes = words * groups * P * WordBytes. The smaller of words and
; groups counts how often the other is added.
features:
  ldn   S1.hi -1
  ldn   S2.20 -1
  ldf   S1.lo {-FbDepth}
  ldf   S1.hi {-min(FbDepth + 1, 32768)}
  ldf   S2.20 {-min(FbDepth + 1, 32768)}
  ld    S1.hi
  sub   S2.20 nc by_groups
  ldf   S1.hi -256
  ld    S1.hi
  sub   ZERO
  repa
  add   S2.20                  ; from -words
  add   S1.hi
  br    product
by_groups:
  ldf   S2.20 -256
  ld    S2.20
  sub   ZERO
  repa
  add   S1.hi
  add   S2.20
product:
  st    T0
  ldf   T0 {-min(FbDepth + 1, 32768)}
  ldi   0
  rep   {P}
  add   T0
  rep   {clog2(word_bytes)}
  dbl
  st    BYTES
  ld    S0.4 -3
  b     nz stored_features
  ld    S3
  add   BYTES c bad_window
  sub   IN_STRIDE nc bad_window
  ld    S3
  add   IN_LO
  st    S3
  adc   IN_HI
  st    S4
  ld    S3.offset
  add   BYTES
  sub   ZERO
  st    S5
  ld    S0
  out   load_features
  br    main
stored_features:
  ld    S3
  add   BYTES c bad_window
  sub   OUT_STRIDE nc bad_window
  ld    S3
  add   OUT_LO
  st    S3
  adc   OUT_HI
  st    S4
  ld    S3.offset
  add   BYTES
  sub   ZERO
  st    S5
  ld    S0.4 -5
  b     z store_features
  ld    S0
  out   load_features
  br    main
store_features:
  ld    S0
  out   store
  br    main

; The windows move on; the first time the end of the program is known.
end:
  ld    IN_LO
  add   IN_STRIDE
  st    IN_LO
  adc   IN_HI
  st    IN_HI
  ld    OUT_LO
  add   OUT_STRIDE
  st    OUT_LO
  adc   OUT_HI
  st    OUT_HI
  ld    END_KNOWN
  b     nz count_frame
  ldi   1
  st    END_KNOWN
  st    NEXT_INDEX
  ld    INDEX_NOW 1
  rep   7
  dbl
  st    LIMIT
  ldi   128
  st    NEXT
  ld    OPEN
  st    DROP
  ld    PASSES -1
  st    PASSES
count_frame:
  ld    FRAMES_LEFT -1
  st    FRAMES_LEFT
  b     z last_frame
  out   end
  br    main
last_frame:
  out   last_end
  br    main

bad_checksum:
  ldi   {ErrBadChecksum}
  br    fail
bad_opcode:
  ldi   {ErrBadOpcode}
  br    fail
bad_config:
  ldi   {ErrBadConfig}
  br    fail
bad_window:
  ldi   {ErrBadWindow}
  br    fail
bad_field:
  ldi   {ErrBadField}
fail:
  st    ERR_CAUSE
  ld    INDEX_NOW
  st    ERR_DESCRIPTOR
  out   fail
dead:
  br    dead

; The bus answered with an error: the hardware holds its address.
bus_error:
  ld    INDEX_AT_FAULT
  st    ERR_DESCRIPTOR
  b     write_error bus_write
  ldi   {ErrReadSlverr}
  b     slverr bus_cause
  ldi   {ErrReadDecerr}
  br    bus_cause
bus_write:
  ldi   {ErrWriteSlverr}
  b     slverr bus_cause
  ldi   {ErrWriteDecerr}
bus_cause:
  st    ERR_CAUSE
  out   fail
  br    dead
