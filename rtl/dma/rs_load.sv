// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// LOAD sorts what the read DMA brings, command after command in the order in which they were
/// given: descriptors to the control program's memory, weight blocks into the weight streams, tables
/// to post-processing, features into the feature buffer. One register holds an item, whatever it is.
/// What is to be done with a transfer (its counts and addresses) is set before its data comes, or
/// data waits. The tiles of a weight block may come as row streams, an entry for each row at a time.
/// Its checksum is checked.
///
/// Throughput: a beat per cycle; some four cycles between sections and seven between commands.
/// Latency: 2 cycles from a beat to its item.
/// Handshake: streams are valid/ready, entries are always taken; a transfer is complete when its last
/// word or item has been taken.
/// Assumes: a command is given only while `command_room_o`, a transfer only while `free_o`.
module rs_load
  import rs_ctrl_pkg::*;
#(
  /// Output channels.
  parameter int unsigned M = 4,
  /// Pixels of a group, banks of the feature buffer.
  parameter int unsigned P = 3,
  /// Activation width in bits.
  parameter int unsigned ActW = 8,
  /// Input channels, and the weight format.
  parameter int unsigned C = 4,
  parameter int unsigned WeightFormat = 7,
  /// Feature-buffer words a bank.
  parameter int unsigned FbDepth = 16384,
  /// Tables of post-processing.
  parameter int unsigned Tables = 0,
  /// Bits of a beat.
  parameter int unsigned AxiDataW = 64,
  /// Channels of an item of channel parameters; a divisor of M.
  parameter int unsigned ParamRecords = M,
  /// Bits of a multiplier.
  parameter int unsigned MultW = 16,
  /// Room for commands whose data is to come.
  parameter int unsigned MaxCommands = 4,
  /// Bits of the number of descriptors that a command reads.
  parameter int unsigned DescsW = 2,
  /// Words of a descriptor that go on together, 1 or 2.
  parameter int unsigned DescWords = 1,
  /// Check the checksum of weight blocks; tiles may come as row streams.
  parameter bit WeightCheck = 1'b1,
  parameter bit WeightStreams = 1'b1,
  /// Bits of a weight tile. Derived.
  localparam int unsigned TileW = rs_spec_pkg::tile_width(M, C, WeightFormat),
  /// Bits of a byte's offset in a beat. Derived.
  localparam int unsigned ByteW = $clog2(AxiDataW / 8),
  /// Bits of a bank number. Derived.
  localparam int unsigned BankW = $clog2(P),
  /// Bits of a word address. Derived.
  localparam int unsigned FbAddrW = $clog2(FbDepth),
  /// Micro-op headers of an item, and bits of their number. Derived.
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
  input  logic                clk_i,
  /// Synchronous reset, active low.
  input  logic                rst_ni,
  /// A read command is given: number of descriptors that it reads, 0: it is for a transfer; offset of
  /// its first byte in the beat.
  input  logic                command_i,
  input  logic [DescsW-1:0]   command_descs_i,
  input  logic [ByteW-1:0]    command_offset_i,
  /// There is room for another.
  output logic                command_room_o,
  /// The next transfer: word 1 and word 2 of its descriptor, of a weight block then words 6 and 7;
  /// what it brings; the slot of its descriptor.
  input  logic [31:0]         word_i,
  input  logic [3:0]          set_i,
  input  transfer_e           transfer_i,
  input  logic [DescsW-1:0]   slot_i,
  /// It may be set.
  output logic                free_o,
  /// A transfer is complete.
  output logic                done_o,
  /// The last weight block has an error, and the slot of its descriptor.
  output block_fault_t        fault_o,
  output logic [DescsW-1:0]   fault_slot_o,
  /// Beats of the commands.
  input  logic                beat_valid_i,
  output logic                beat_ready_o,
  input  logic [AxiDataW-1:0] beat_i,
  /// Words of descriptors.
  output logic                desc_valid_o,
  input  logic                desc_ready_i,
  output logic [DescWords*32-1:0] desc_o,
  /// Channel parameters, ParamRecords channels; channel m at bits [m*ParamW +: ParamW].
  output logic                param_valid_o,
  input  logic                param_ready_i,
  output logic [ParamRecords*ParamW-1:0] param_o,
  /// Micro-op headers, the first at the low end, and how many there are.
  output logic                header_valid_o,
  input  logic                header_ready_i,
  output logic [HeadersPerBeat*32-1:0] header_o,
  output logic [HeaderCountW-1:0] header_count_o,
  /// Weight tiles.
  output logic                tile_valid_o,
  input  logic                tile_ready_i,
  output logic [TileW-1:0]    tile_o,
  /// An entry for each row; the streams of a block end; they did not make its tiles.
  output logic                entry_valid_o,
  output logic [M-1:0][EntryW-1:0] entry_o,
  output logic                stream_end_o,
  input  logic                stream_fault_i,
  /// Entries of the tables, two at a time.
  output logic                table_valid_o,
  input  logic                table_ready_i,
  output logic [TableAddrW-1:0] table_addr_o,
  output logic [15:0]         table_o,
  /// Feature words.
  output logic                fb_valid_o,
  input  logic                fb_ready_i,
  output logic [BankW-1:0]    fb_bank_o,
  output logic [FbAddrW-1:0]  fb_addr_o,
  output logic [M*ActW-1:0]   fb_data_o
);

  `RS_PARAM_CHECK(Records, M % ParamRecords == 0, "ParamRecords must be a divisor of M")
  `RS_PARAM_CHECK(DescWords, DescWords inside {1, 2}, "DescWords must be 1 or 2")

  localparam int unsigned CodeW = 8 * rs_spec_pkg::code_bytes(ActW);
  localparam int unsigned WordW = M * CodeW;
  localparam int unsigned TileMemW = 8 * rs_spec_pkg::tile_bytes(M, C, WeightFormat);
  localparam int unsigned ItemBytes = rs_spec_pkg::item_bytes(M, C, WeightFormat);
  localparam int unsigned CountW = 20;
  localparam int unsigned DescItems = rs_spec_pkg::DescriptorBytes / (4 * DescWords);
  // Headers and tiles are padded to 32 bytes: 8 units of 4 bytes.
  localparam int unsigned PadW = 3;
  localparam logic [PadW-1:0] TileUnits = PadW'(TileMemW / 32);
  localparam logic [PadW-1:0] HeaderUnits = PadW'(HeadersPerBeat);
  localparam logic [PadW-1:0] EntryUnits = PadW'(ItemBytes / 4);
  localparam int unsigned TableWordW = $clog2(rs_spec_pkg::TableBytes / 2);

  function automatic int unsigned larger(input int unsigned a, input int unsigned b);
    return a > b ? a : b;
  endfunction
  // Address of a feature word, the number of headers, or where in its table an item belongs.
  localparam int unsigned TagW = larger(BankW + FbAddrW, TableWordW);
  localparam int unsigned ItemW = larger(
      larger(AxiDataW, ParamRecords * ParamW), larger(larger(TileMemW, WordW), 8 * ItemBytes)
  );

  // Sections, one bit each, and the sizes of their items.
  localparam int unsigned Kinds = 7;
  typedef struct packed {
    logic streams;
    logic table_entries;
    logic words;
    logic tiles;
    logic headers;
    logic params;
    logic desc;
  } section_t;
  localparam section_t SecIdle = 7'b0000000;
  localparam section_t SecDesc = 7'b0000001;
  localparam section_t SecParams = 7'b0000010;
  localparam section_t SecHeaders = 7'b0000100;
  localparam section_t SecTiles = 7'b0001000;
  localparam section_t SecWords = 7'b0010000;
  localparam section_t SecTable = 7'b0100000;
  localparam section_t SecStreams = 7'b1000000;
  section_t section_q;
  localparam logic [Kinds-1:0][3:0] ItemShift = {
    4'($clog2(ItemBytes)),
    4'd1,
    4'($clog2(WordW / 8)),
    4'($clog2(TileMemW / 8)),
    4'($clog2(HeadersPerBeat * 4)),
    4'($clog2(ParamRecords * ParamW / 8)),
    4'($clog2(DescWords * 4))
  };

  // Commands given.
  logic list_valid, list_desc, next_command;
  logic [DescsW-1:0] list_descs;
  logic [ByteW-1:0] list_offset;

  rs_fifo #(
    .Width(DescsW + ByteW),
    .Depth(MaxCommands)
  ) u_list (
    .clk_i,
    .rst_ni,
    .in_valid_i (command_i),
    .in_ready_o (command_room_o),
    .in_data_i  ({command_descs_i, command_offset_i}),
    .out_valid_o(list_valid),
    .out_ready_i(next_command),
    .out_data_o ({list_descs, list_offset})
  );

  assign list_desc = list_descs != '0;

  // The transfer that comes next; of a weight block the micro-ops are needed up to its tiles.
  localparam bit BlockWords = WeightCheck || WeightStreams;
  logic have_q, weights_q, table_q, release_job, last_set, leave;
  logic [31:0] word1_q, checksum_q;
  logic [CountW-1:0] word2_q;
  logic [CountW-1:0] items_q;  // of row streams; 0: tiles
  logic [DescsW-1:0] slot_q, block_slot_q;  // of the next transfer; of the weight block at hand
  assign last_set = BlockWords && transfer_i == TransferWeights ? set_i[3] : set_i[1];

  assign free_o = !have_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) have_q <= 1'b0;
    else have_q <= last_set || (have_q && !release_job);
  end
  always_ff @(posedge clk_i) begin
    if (set_i[0]) word1_q <= word_i;
    if (set_i[1]) begin
      word2_q   <= word_i[CountW-1:0];
      weights_q <= transfer_i == TransferWeights;
      table_q   <= Tables > 0 && transfer_i == TransferTable;
      slot_q    <= slot_i;
    end
    if (set_i[2]) checksum_q <= word_i;
    if (set_i[3]) items_q <= WeightStreams ? word_i[CountW-1:0] : '0;
    if (leave && section_q.headers) block_slot_q <= slot_q;
  end

  // Section by section. left_q is minus the items (headers) to be read; its sign goes with the last
  // one. The first cycle of a section adds the one that its inverted count lacks.
  logic first_q, open_q, exhausted, at_end, ready;
  logic [CountW:0] left_q, step;
  logic [PadW-1:0] pad_q;
  logic address_valid, address_next, word_addr_valid, word_next, word_ready;
  logic item_valid, want, read, empty, piece_valid;
  logic [AxiDataW-1:0] piece;
  logic [AxiDataW/8-1:0] piece_bytes;
  logic [ItemW-1:0] item;
  logic [TagW-1:0] tag, item_tag;
  logic [BankW-1:0] next_bank;
  logic [FbAddrW-1:0] next_addr;
  logic [BankW+FbAddrW-1:0] word_addr;
  logic [HeaderCountW-1:0] header_count;
  logic idle, streamed;

  assign streamed     = WeightStreams && items_q != '0;
  assign exhausted    = !left_q[CountW];
  assign idle         = section_q == SecIdle;
  assign want         = open_q && (section_q.words ? word_addr_valid : !at_end);
  assign at_end       = section_q.words ? !address_valid && !word_addr_valid :
                                          exhausted && pad_q == '0;
  assign next_command = idle && list_valid && (list_desc || have_q);
  assign step         = (CountW + 1)'(section_q.headers && !first_q ? HeadersPerBeat : 1);

  assign ready = (section_q.desc && desc_ready_i) || (section_q.params && param_ready_i) ||
                 (section_q.headers && header_ready_i) || (section_q.tiles && tile_ready_i) ||
                 section_q.streams || (section_q.words && word_ready) ||
                 (section_q.table_entries && table_ready_i);

  assign leave = open_q && at_end && empty && !fb_valid_o;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      section_q <= SecIdle;
      first_q   <= 1'b0;
      open_q    <= 1'b0;
    end else begin
      open_q  <= first_q || (open_q && !leave);
      first_q <= next_command || (leave && (section_q.params || section_q.headers));
      if (next_command) begin
        section_q <= list_desc ? SecDesc : weights_q ? SecParams : table_q ? SecTable : SecWords;
      end
      if (leave) begin
        section_q <= section_q.params ? SecHeaders :
                     !section_q.headers ? SecIdle : streamed ? SecStreams : SecTiles;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (next_command) begin
      left_q <= {
        1'b1,
        ~(list_desc ? CountW'(list_descs) << $clog2(
            DescItems
        ) : table_q ? CountW'(rs_spec_pkg::TableBytes / 2) : word2_q << $clog2(
            M / ParamRecords
        ))
      };
    end else if (leave) begin
      left_q <= {1'b1, ~(section_q.headers && streamed ? items_q : word1_q[CountW-1:0])};
    end else if (first_q || (read && !exhausted)) begin
      left_q <= left_q + step;
    end
    if (first_q) pad_q <= '0;
    else if (read && section_q.headers) pad_q <= pad_q + HeaderUnits;
    else if (read && section_q.tiles) pad_q <= pad_q + TileUnits;
    else if (read && section_q.streams) pad_q <= pad_q + EntryUnits;
  end

  // The last headers may be fewer.
  if (HeadersPerBeat > 1) begin : gen_count
    localparam int unsigned IndexW = $clog2(HeadersPerBeat);
    logic [IndexW-1:0] partial;
    assign partial        = &left_q[CountW:IndexW] ? IndexW'(0) - left_q[IndexW-1:0] : '0;
    assign header_count = {partial == '0, partial};
  end else begin : gen_one
    assign header_count = 1'b1;
  end
  assign tag = section_q.words ? TagW'(word_addr) :
               section_q.table_entries ? TagW'(left_q[TableWordW-1:0]) : TagW'(header_count);

  assign release_job = (leave && (section_q.headers || section_q.table_entries)) ||
                       (next_command && !list_desc && !weights_q && !table_q);
  assign done_o      = leave && (section_q.tiles || section_q.streams || section_q.words ||
                                 section_q.table_entries);

  rs_unpack #(
    .BeatW(AxiDataW),
    .ItemW(ItemW),
    .Kinds(Kinds),
    .ItemShift(ItemShift),
    .TagW(TagW)
  ) u_unpack (
    .clk_i,
    .rst_ni,
    .start_i     (next_command),
    .offset_i    (list_offset),
    .stop_i      (leave && !section_q.params && !section_q.headers),
    .want_i      (want),
    .kind_i      (section_q),
    .keep_i      (section_q.words || !exhausted),
    .tag_i       (tag),
    .read_o      (read),
    .empty_o     (empty),
    .beat_valid_i,
    .beat_ready_o,
    .beat_i,
    .item_valid_o(item_valid),
    .item_ready_i(ready),
    .item_o      (item),
    .item_tag_o  (item_tag),
    .piece_valid_o(piece_valid),
    .piece_o     (piece),
    .piece_bytes_o(piece_bytes)
  );

  assign fault_o.streams = stream_fault_i;
  assign fault_slot_o    = block_slot_q;
  if (WeightCheck) begin : gen_check
    logic sum_fault;
    rs_block_sum #(
      .PieceW(AxiDataW)
    ) u_sum (
      .clk_i,
      .rst_ni,
      .start_i      (next_command && !list_desc && weights_q),
      .checksum_i   (checksum_q),
      .piece_valid_i(piece_valid),
      .piece_i      (piece),
      .piece_bytes_i(piece_bytes),
      .end_i        (leave && (section_q.tiles || section_q.streams)),
      .fault_o      (sum_fault)
    );
    assign fault_o.valid = sum_fault || stream_fault_i;
  end else begin : gen_no_check
    assign fault_o.valid = stream_fault_i;
    logic unused_check;
    assign unused_check = ^{checksum_q, piece_valid, piece, piece_bytes};
  end

  logic [M*ActW-1:0] codes;

  rs_transfer_address #(
    .P(P),
    .FbAddrW(FbAddrW)
  ) u_address (
    .clk_i,
    .rst_ni,
    .set_i       ({2{next_command && !list_desc && !weights_q && !table_q}}),
    .base_i      (word1_q[FbAddrW-1:0]),
    .words_i     (word1_q[16+:FbAddrW+1]),
    .groups_i    (word2_q[FbAddrW:0]),
    .valid_o     (address_valid),
    .next_i      (address_next),
    .bank_o      (next_bank),
    .addr_o      (next_addr)
  );

  // It goes ahead, because what is read is known late in a cycle.
  rs_skid #(
    .Width(BankW + FbAddrW)
  ) u_addresses (
    .clk_i,
    .rst_ni,
    .in_valid_i (address_valid),
    .in_ready_o (address_next),
    .in_data_i  ({next_bank, next_addr}),
    .out_valid_o(word_addr_valid),
    .out_ready_i(read && section_q.words),
    .out_data_o (word_addr)
  );

  assign desc_valid_o   = item_valid && section_q.desc;
  assign param_valid_o  = item_valid && section_q.params;
  assign header_valid_o = item_valid && section_q.headers;
  assign tile_valid_o   = item_valid && section_q.tiles;
  assign entry_valid_o  = item_valid && section_q.streams;
  assign stream_end_o   = leave && section_q.streams;
  assign word_next      = item_valid && section_q.words;
  assign table_valid_o  = item_valid && section_q.table_entries;
  assign desc_o         = item[DescWords*32-1:0];
  assign param_o        = item[ParamRecords*ParamW-1:0];
  assign header_o       = item[HeadersPerBeat*32-1:0];
  assign header_count_o = item_tag[HeaderCountW-1:0];
  assign tile_o         = item[TileW-1:0];
  assign entry_o        = item[M*EntryW-1:0];
  assign table_addr_o   = TableAddrW'({word1_q[7:0], item_tag[TableWordW-1:0]});
  assign table_o        = item[15:0];
  for (genvar m = 0; m < M; m++) begin : gen_code
    assign codes[m*ActW+:ActW] = item[m*CodeW+:ActW];
  end

  // A transfer is complete when its words are written.
  rs_skid #(
    .Width(BankW + FbAddrW + M * ActW)
  ) u_words (
    .clk_i,
    .rst_ni,
    .in_valid_i (word_next),
    .in_ready_o (word_ready),
    .in_data_i  ({item_tag[BankW+FbAddrW-1:0], codes}),
    .out_valid_o(fb_valid_o),
    .out_ready_i(fb_ready_i),
    .out_data_o ({fb_bank_o, fb_addr_o, fb_data_o})
  );

  logic unused_bits;
  assign unused_bits = ^{item, word1_q};

  `RS_ASSERT(SetOnlyIfFree, set_i == '0 || free_o)

endmodule
