; Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
;
; The control program of the core: rs_ctrl_cpu runs it. docs/control-processor.md has the language.
; spec/gen/assembler.py turns it into rs_ctrl_rom.sv, and puts instructions that do nothing where a
; word would be read too soon after its store, or where the one after a jump, which may be carried
; out, would do harm.
;
; Names of words: registers as in spec/registers.json, fields of the descriptor at hand as in
; spec/descriptors.json (exec.pitch; exec.pitch.word is the word that it lies in), and those below.
; `check` stands for the tests that the contract asks of a descriptor.

; Constants.
.word ZERO 0x30
.word PROGRAM 0x31          ; letters and version, the first word of `init`
.word SUM 0x32
.word CODES 0x33            ; 2^ActW - 1 in the high half: the highest code moved to 0 and up
; Asking for descriptors.
.word NEXT 0x34             ; offset in the program of the one to ask for, and its index
.word NEXT_INDEX 0x35
.word LIMIT 0x36            ; no descriptor ends beyond it
.word END_KNOWN 0x37        ; LIMIT is the end of `end`
.word PASSES 0x38           ; through the program, to ask for, this one included
.word OPEN 0x39             ; descriptors asked for and not looked at
; Looking at them.
.word DROP 0x3a             ; after `end`, asked for in the first pass
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
; The read command of a batch: the address and, as a negative number, the bytes from the start of
; its burst on. It lies at words 3 to 5, as the command of a transfer does in a slot, where the
; program puts it over fields of the descriptor.
.word FETCH_LO 0x53
.word FETCH_HI 0x54
.word FETCH_SIZE 0x55
.slot FLAGS 0               ; the first word of the descriptor at hand
.slot COMMAND_LO 3
.slot COMMAND_HI 4
.slot COMMAND_SIZE 5
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
  reset ID
  reset CAP_SHAPE
  reset CAP_FORMAT
  reset CAP_FB_DEPTH
  reset CAP_WM_DEPTH
  reset CAP_POST
  reset CAP_OPTIONS
  const PROGRAM {program_magic}
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
  ld    NEXT {descriptor_bytes * ring_batch}
  st    T0
  sub   LIMIT c ask
  ldi   1
  st    COUNT
  ld    NEXT {descriptor_bytes}
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
  add   FLAGS                  ; and the words after it
  sub   SUM nz bad_checksum
  ld    INDEX_NOW
  b     z first
  ld    exec.opcode {-OpExec}
  b     z exec
  ld    load_weights.opcode {-OpLoadWeights}
  b     z load_weights
  ld    end.opcode {-OpEnd}
  b     z end
  ld    load_features.opcode {-OpLoadFeatures}
  b     z features
  ld    store_features.opcode {-OpStoreFeatures}
  b     z features
  ld    reload_features.opcode {-OpReloadFeatures}
  b     z features
  ld    load_table.opcode {-OpLoadTable}
  b     z load_table
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
  ldi   {descriptor_bytes}
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
  ld    init.opcode {-OpInit}
  b     nz bad_opcode
  ld    init.magic.word
  sub   PROGRAM nz bad_program
  check init bad_config
  ld    init.load_credits.word
  out   credits
  out   skip
  br    main

exec:
  check exec bad_field
  out   exec
  br    main

; bytes = the sum of the sections, headers and tiles, or row streams, rounded up to 32 bytes.
load_weights:
  check load_weights bad_field
  ld    load_weights.param_blocks
  rep   {clog2(M * param_bytes)}
  dbl
  st    T0                     ; of the parameters
  ld    load_weights.uops
  rep   2
  dbl
  st    T1                     ; of the headers
  sub   ZERO
  st    T2
  ld    load_weights.uops
  rep   {clog2(tile_bytes)}
  dbl
  st    T3                     ; of the tiles
  ld    load_weights.stream_items
  b     z section_padded
  rep   {clog2(item_bytes)}
  dbl
  st    T3                     ; of row streams in their place
section_padded:
  ld    T3
  sub   ZERO
  st    T4
  ld    T2.5
  add   T1
  add   T0
  add   T3
  add   T4.5
  b     z bad_field
  sub   load_weights.bytes nz bad_field
  ld    load_weights.bytes
program_window:
  st    BYTES
  ld    load_weights.offset
  add   BYTES c bad_window
  sub   PROG_SIZE nc bad_window
  ld    load_weights.offset
  add   PROG_BASE_LO
  st    COMMAND_LO
  adc   PROG_BASE_HI
  st    COMMAND_HI
  ld    COMMAND_LO.offset
  add   BYTES
  sub   ZERO
  st    COMMAND_SIZE
  ld    load_weights.opcode {-OpLoadWeights}
  b     nz table_loaded
  ld    FLAGS
  out   load_weights
  br    main
table_loaded:
  ld    FLAGS
  out   load_table
  br    main

; A table, whose offset lies where that of a weight block does.
load_table:
  check load_table bad_field
  ldi   {table_bytes}
  br    program_window

; load_features, reload_features, store_features, which have the same fields: bytes = words *
; groups * P * word_bytes. The smaller of words and groups counts how often the other is added.
features:
  check load_features bad_field
  ld    load_features.words
  sub   load_features.groups nc by_groups
  ldf   load_features.words -256
  ld    load_features.words
  sub   ZERO
  repa
  add   load_features.groups                  ; from -words
  add   load_features.words
  br    product
by_groups:
  ldf   load_features.groups -256
  ld    load_features.groups
  sub   ZERO
  repa
  add   load_features.words
  add   load_features.groups
product:
  st    T0
  ldf   T0 {-(min(FbDepth, 32767) + 1)}
  ldi   0
  rep   {P}
  add   T0
  rep   {clog2(word_bytes)}
  dbl
  st    BYTES
  ld    load_features.opcode {-OpLoadFeatures}
  b     nz stored_features
  ld    load_features.offset
  add   BYTES c bad_window
  sub   IN_STRIDE nc bad_window
  ld    load_features.offset
  add   IN_LO
  st    COMMAND_LO
  adc   IN_HI
  st    COMMAND_HI
  ld    COMMAND_LO.offset
  add   BYTES
  sub   ZERO
  st    COMMAND_SIZE
  ld    FLAGS
  out   load_features
  br    main
stored_features:
  ld    load_features.offset
  add   BYTES c bad_window
  sub   OUT_STRIDE nc bad_window
  ld    load_features.offset
  add   OUT_LO
  st    COMMAND_LO
  adc   OUT_HI
  st    COMMAND_HI
  ld    COMMAND_LO.offset
  add   BYTES
  sub   ZERO
  st    COMMAND_SIZE
  ld    store_features.opcode {-OpStoreFeatures}
  b     z store_features
  ld    FLAGS
  out   load_features
  br    main
store_features:
  ld    FLAGS
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
  rep   {clog2(descriptor_bytes)}
  dbl
  st    LIMIT
  ldi   {descriptor_bytes}
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
; Another version, if the letters are right.
bad_program:
  ld    init.magic.word
  sub   PROGRAM
  rep   8
  dbl
  b     z bad_version
bad_config:
  ldi   {ErrBadConfig}
  br    fail
bad_version:
  ldi   {ErrBadVersion}
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

; The bus answered with an error: the hardware holds its address. Or LOAD found one in a weight
; block.
bus_error:
  ld    INDEX_AT_FAULT
  st    ERR_DESCRIPTOR
  b     block_error weight_block
  b     write_error bus_write
  ldi   {ErrReadSlverr}
  b     slverr bus_cause
  ldi   {ErrReadDecerr}
  br    bus_cause
bus_write:
  ldi   {ErrWriteSlverr}
  b     slverr bus_cause
  ldi   {ErrWriteDecerr}
  br    bus_cause
weight_block:
  ldi   {ErrBadStream}
  b     slverr bus_cause
  ldi   {ErrBadBlock}
bus_cause:
  st    ERR_CAUSE
  out   fail
  br    dead
