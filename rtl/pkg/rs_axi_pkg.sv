// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

/// The bus signals of fixed width, by who drives them: a request is what the master drives, a
/// response what the slave drives. Data and strobes of the master port, whose width is a parameter,
/// stand beside.
package rs_axi_pkg;

  /// Bits of a bus address.
  localparam int unsigned AddrW = 40;

  /// AXI4 read channels. INCR bursts of full beats; size and burst type are constant.
  typedef struct packed {
    logic [AddrW-1:0] araddr;
    logic [7:0]       arlen;
    logic             arvalid;
    logic             rready;
  } read_request_t;

  typedef struct packed {
    logic       arready;
    logic [1:0] rresp;
    logic       rlast;
    logic       rvalid;
  } read_response_t;

  /// AXI4 write channels.
  typedef struct packed {
    logic [AddrW-1:0] awaddr;
    logic [7:0]       awlen;
    logic             awvalid;
    logic             wlast;
    logic             wvalid;
    logic             bready;
  } write_request_t;

  typedef struct packed {
    logic       awready;
    logic       wready;
    logic [1:0] bresp;
    logic       bvalid;
  } write_response_t;

  /// AXI4-Lite.
  typedef struct packed {
    logic [11:0] awaddr;
    logic        awvalid;
    logic [31:0] wdata;
    logic [3:0]  wstrb;
    logic        wvalid;
    logic        bready;
    logic [11:0] araddr;
    logic        arvalid;
    logic        rready;
  } lite_request_t;

  typedef struct packed {
    logic        awready;
    logic        wready;
    logic [1:0]  bresp;
    logic        bvalid;
    logic        arready;
    logic [31:0] rdata;
    logic [1:0]  rresp;
    logic        rvalid;
  } lite_response_t;

  /// An error response, for one cycle: DECERR or SLVERR, and the burst's address.
  typedef struct packed {
    logic             valid;
    logic             decerr;
    logic [AddrW-1:0] addr;
  } fault_t;

endpackage
