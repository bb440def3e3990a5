// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

/// The moving half of rs_frontend: LOAD, STORE and the two AXI masters. Descriptors come through
/// the same read master as LOAD's data.
///
/// Throughput: a beat per cycle each way.
/// Latency: 2 cycles from a command's last word to its address on the bus; outputs to the bus come
/// from registers.
/// Handshake: AXI4; streams are valid/ready; the words of a command are taken when their takers are
/// named, and a command is given only while `status_o` says that there is room.
/// Assumes: the reset comes only while both bus masters are quiet; the feature buffer answers reads
/// in order.
module rs_dma
  import rs_ctrl_pkg::*;
  import rs_axi_pkg::*;
#(
  /// Output channels.
  parameter int unsigned M = 4,
  /// Pixels, and banks of the feature buffer.
  parameter int unsigned P = 3,
  /// Activation width in bits.
  parameter int unsigned ActW = 8,
  /// Feature-buffer words a bank.
  parameter int unsigned FbDepth = 16384,
  /// Input channels, and the weight format.
  parameter int unsigned C = 4,
  parameter int unsigned WeightFormat = 7,
  /// Tables of post-processing.
  parameter int unsigned Tables = 0,
  /// AXI data width in bits.
  parameter int unsigned AxiDataW = 64,
  /// Channels of an item of channel parameters.
  parameter int unsigned ParamRecords = M,
  /// Bits of a multiplier.
  parameter int unsigned MultW = 16,
  /// Longest burst, in beats.
  parameter int unsigned MaxBurst = 16,
  /// Bursts open at a time, each way.
  parameter int unsigned MaxOutstanding = 9,
  /// Bits of the number of a descriptor slot.
  parameter int unsigned SlotW = 2,
  /// Registers after block RAM.
  parameter bit RamReg = 1'b1,
  /// Words of a descriptor that arrive together.
  parameter int unsigned DescWords = 1,
  /// Check the checksum of weight blocks; tiles may come as row streams.
  parameter bit WeightCheck = 1'b1,
  parameter bit WeightStreams = 1'b1,
  /// Bits of a weight tile. Derived.
  localparam int unsigned TileW = rs_spec_pkg::tile_width(M, C, WeightFormat),
  /// Bits of a bank number. Derived.
  localparam int unsigned BankW = $clog2(P),
  /// Bits of a word address. Derived.
  localparam int unsigned FbAddrW = $clog2(FbDepth),
  /// Micro-op headers that come together, and bits of their number. Derived.
  localparam int unsigned HeadersPerBeat = rs_spec_pkg::headers_per_beat(AxiDataW),
  localparam int unsigned HeaderCountW = $clog2(HeadersPerBeat + 1),
  /// Bits of the address of two entries of the tables. Derived.
  localparam int unsigned TableAddrW = rs_spec_pkg::table_address_width(Tables),
  /// Bits of an entry of row streams. Derived.
  localparam int unsigned EntryW = 8 * rs_spec_pkg::entry_bytes(C, WeightFormat),
  /// Bits of a channel-parameter record. Derived.
  localparam int unsigned ParamW = 8 * rs_spec_pkg::param_bytes(MultW)
) (
  /// Clock.
  input  logic                  clk_i,
  /// Synchronous reset, active low; only while both bus masters are quiet.
  input  logic                  rst_ni,
  /// No new burst; held until the reset.
  input  logic                  halt_i,

  /// Busy; beats on the bus.
  output bus_busy_t             busy_o,
  output bus_busy_t             beat_o,
  /// Error responses; of a read the slot of the descriptor that was read or whose data was.
  output fault_t                read_fault_o,
  output logic [SlotW-1:0]      read_fault_slot_o,
  output fault_t                write_fault_o,

  /// An error in a weight block, and the slot of its descriptor.
  output block_fault_t          block_fault_o,
  output logic [SlotW-1:0]      block_fault_slot_o,

  /// The word bus and who takes its word. With a read command: the descriptors that it reads, 0: it is
  /// LOAD's; the slot that it is for. With a transfer of LOAD: the slot of its descriptor.
  input  logic [31:0]           word_i,
  input  takers_t               takers_i,
  input  logic [SlotW-1:0]      read_descs_i,
  input  logic [SlotW-1:0]      read_slot_i,
  output dma_status_t           status_o,
  /// Words of descriptors.
  output logic                  desc_valid_o,
  input  logic                  desc_ready_i,
  output logic [DescWords*32-1:0] desc_o,

  /// AXI4 master.
  output read_request_t         axi_read_o,
  input  read_response_t        axi_read_i,
  input  logic [AxiDataW-1:0]   axi_rdata_i,
  output write_request_t        axi_write_o,
  input  write_response_t       axi_write_i,
  output logic [AxiDataW-1:0]   axi_wdata_o,
  output logic [AxiDataW/8-1:0] axi_wstrb_o,

  /// Channel parameters, ParamRecords channels; channel m at bits [m*ParamW +: ParamW].
  output logic                  param_valid_o,
  input  logic                  param_ready_i,
  output logic [ParamRecords*ParamW-1:0] param_o,
  /// Micro-op headers, the first at the low end, and how many there are.
  output logic                  header_valid_o,
  input  logic                  header_ready_i,
  output logic [HeadersPerBeat*32-1:0] header_o,
  output logic [HeaderCountW-1:0] header_count_o,
  /// Weight tiles.
  output logic                  tile_valid_o,
  input  logic                  tile_ready_i,
  output logic [TileW-1:0]      tile_o,
  /// Row streams: an entry for each row; those of a block end; they did not make its tiles.
  output logic                  entry_valid_o,
  output logic [M-1:0][EntryW-1:0] entry_o,
  output logic                  stream_end_o,
  input  logic                  stream_fault_i,
  /// Entries of the tables, two at a time.
  output logic                  table_valid_o,
  input  logic                  table_ready_i,
  output logic [TableAddrW-1:0] table_addr_o,
  output logic [15:0]           table_o,

  /// Feature-buffer words that LOAD writes.
  output logic                  fb_load_valid_o,
  input  logic                  fb_load_ready_i,
  output logic [BankW-1:0]      fb_load_bank_o,
  output logic [FbAddrW-1:0]    fb_load_addr_o,
  output logic [M*ActW-1:0]     fb_load_data_o,
  /// Those that STORE reads; their data, in order, after any fixed latency, cannot be stalled.
  output logic                  fb_store_valid_o,
  input  logic                  fb_store_ready_i,
  output logic [BankW-1:0]      fb_store_bank_o,
  output logic [FbAddrW-1:0]    fb_store_addr_o,
  input  logic                  fb_store_rvalid_i,
  input  logic [M*ActW-1:0]     fb_store_rdata_i
);

  // Commands of reads whose data is to come, at most.
  localparam int unsigned MaxCommands = 4;
  localparam int unsigned ByteW = $clog2(AxiDataW / 8);
  localparam int unsigned WordW = 8 * rs_spec_pkg::word_bytes(M, ActW);
  localparam int unsigned PieceW = WordW < AxiDataW ? WordW : AxiDataW;

  // Reads.
  logic read_busy, read_idle, command_room;
  logic beat_valid, beat_ready;
  logic [AxiDataW-1:0] beat;
  logic [ByteW-1:0]    offset_q;  // of a command's first byte in its beat

  assign status_o.read_free = !read_busy && command_room;

  always_ff @(posedge clk_i) begin
    if (takers_i.read[0]) offset_q <= word_i[ByteW-1:0];
  end

  rs_axi_read #(
    .AxiDataW(AxiDataW),
    .MaxOutstanding(MaxOutstanding),
    .MaxBurst(MaxBurst),
    .FifoBeats(8 * MaxBurst),
    .RamReg(RamReg),
    .TagW(SlotW)
  ) u_axi_read (
    .clk_i,
    .rst_ni,
    .halt_i,
    .idle_o        (read_idle),
    .word_i,
    .set_i         (takers_i.read),
    .tag_i         (read_slot_i),
    .busy_o        (read_busy),
    .beat_valid_o  (beat_valid),
    .beat_ready_i  (beat_ready),
    .beat_o        (beat),
    .fault_o       (read_fault_o),
    .fault_tag_o   (read_fault_slot_o),
    .taken_o       (beat_o.read),
    .axi_o         (axi_read_o),
    .axi_i         (axi_read_i),
    .axi_rdata_i
  );

  rs_load #(
    .M(M),
    .P(P),
    .ActW(ActW),
    .C(C),
    .WeightFormat(WeightFormat),
    .FbDepth(FbDepth),
    .Tables(Tables),
    .AxiDataW(AxiDataW),
    .ParamRecords(ParamRecords),
    .MultW(MultW),
    .MaxCommands(MaxCommands),
    .DescsW(SlotW),
    .DescWords(DescWords),
    .WeightCheck(WeightCheck),
    .WeightStreams(WeightStreams)
  ) u_load (
    .clk_i,
    .rst_ni,
    .command_i      (takers_i.read[2]),
    .command_descs_i(read_descs_i),
    .command_offset_i(offset_q),
    .command_room_o (command_room),
    .word_i,
    .set_i          (takers_i.load),
    .transfer_i     (takers_i.transfer),
    .slot_i         (read_slot_i),
    .free_o         (status_o.load_free),
    .done_o         (status_o.load_done),
    .fault_o        (block_fault_o),
    .fault_slot_o   (block_fault_slot_o),
    .beat_valid_i   (beat_valid),
    .beat_ready_o   (beat_ready),
    .beat_i         (beat),
    .desc_valid_o,
    .desc_ready_i,
    .desc_o,
    .param_valid_o,
    .param_ready_i,
    .param_o,
    .header_valid_o,
    .header_ready_i,
    .header_o,
    .header_count_o,
    .tile_valid_o,
    .tile_ready_i,
    .tile_o,
    .entry_valid_o,
    .entry_o,
    .stream_end_o,
    .stream_fault_i,
    .table_valid_o,
    .table_ready_i,
    .table_addr_o,
    .table_o,
    .fb_valid_o     (fb_load_valid_o),
    .fb_ready_i     (fb_load_ready_i),
    .fb_bank_o      (fb_load_bank_o),
    .fb_addr_o      (fb_load_addr_o),
    .fb_data_o      (fb_load_data_o)
  );

  // Writes.
  logic write_idle, piece_valid, piece_ready;
  logic [PieceW-1:0] piece;

  rs_store #(
    .M(M),
    .P(P),
    .ActW(ActW),
    .FbDepth(FbDepth),
    .AxiDataW(AxiDataW),
    .RamReg(RamReg)
  ) u_store (
    .clk_i,
    .rst_ni,
    .word_i,
    .set_i        (takers_i.store),
    .fb_valid_o   (fb_store_valid_o),
    .fb_ready_i   (fb_store_ready_i),
    .fb_bank_o    (fb_store_bank_o),
    .fb_addr_o    (fb_store_addr_o),
    .fb_rvalid_i  (fb_store_rvalid_i),
    .fb_rdata_i   (fb_store_rdata_i),
    .piece_valid_o(piece_valid),
    .piece_ready_i(piece_ready),
    .piece_o      (piece)
  );

  rs_axi_write #(
    .AxiDataW(AxiDataW),
    .PieceW(PieceW),
    .MaxOutstanding(MaxOutstanding),
    .MaxBurst(MaxBurst)
  ) u_axi_write (
    .clk_i,
    .rst_ni,
    .halt_i,
    .idle_o        (write_idle),
    .word_i,
    .set_i         (takers_i.write),
    .piece_valid_i (piece_valid),
    .piece_ready_o (piece_ready),
    .piece_i       (piece),
    .done_o        (status_o.store_done),
    .fault_o       (write_fault_o),
    .taken_o       (beat_o.write),
    .axi_o         (axi_write_o),
    .axi_i         (axi_write_i),
    .axi_wdata_o,
    .axi_wstrb_o
  );

  assign busy_o = '{write: !write_idle, read: !read_idle};

endmodule
