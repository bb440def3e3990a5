// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstring>

#include "harness/axi_lite.hpp"
#include "harness/axi_memory.hpp"
#include "harness/bench.hpp"

namespace reshift {

/// Connects an AxiMemory to the ports `m_axi_*` of a model. A model without identifiers, or with
/// only the read or only the write half, is fine.
template <typename Model>
class AxiMemoryPort : public Agent {
 public:
  AxiMemoryPort(Model& model, AxiMemory& memory) : m_(model), memory_(memory) { drive(); }

  void sample() override {
    AxiPins& p = memory_.pins();
    if constexpr (requires { m_.m_axi_arvalid; }) {
      p.ar_valid = m_.m_axi_arvalid;
      if (p.ar_valid) {
        p.ar_addr = m_.m_axi_araddr;
        p.ar_len = m_.m_axi_arlen;
        p.ar_size = m_.m_axi_arsize;
        p.ar_burst = m_.m_axi_arburst;
        if constexpr (requires { m_.m_axi_arid; }) p.ar_id = m_.m_axi_arid;
      }
      p.r_ready = m_.m_axi_rready;
    }
    if constexpr (requires { m_.m_axi_awvalid; }) {
      p.aw_valid = m_.m_axi_awvalid;
      if (p.aw_valid) {
        p.aw_addr = m_.m_axi_awaddr;
        p.aw_len = m_.m_axi_awlen;
        p.aw_size = m_.m_axi_awsize;
        p.aw_burst = m_.m_axi_awburst;
        if constexpr (requires { m_.m_axi_awid; }) p.aw_id = m_.m_axi_awid;
      }
      p.w_valid = m_.m_axi_wvalid;
      if (p.w_valid) {
        static_assert(sizeof m_.m_axi_wdata <= sizeof p.w_data);
        std::memcpy(p.w_data.data(), &m_.m_axi_wdata, sizeof m_.m_axi_wdata);
        p.w_strb = m_.m_axi_wstrb;
        p.w_last = m_.m_axi_wlast;
      }
      p.b_ready = m_.m_axi_bready;
    }
    memory_.tick();
  }

  void drive() override {
    const AxiPins& p = memory_.pins();
    if constexpr (requires { m_.m_axi_arvalid; }) {
      m_.m_axi_arready = p.ar_ready;
      m_.m_axi_rvalid = p.r_valid;
      if (p.r_valid) {
        std::memcpy(static_cast<void*>(&m_.m_axi_rdata), p.r_data.data(), sizeof m_.m_axi_rdata);
        m_.m_axi_rresp = p.r_resp;
        m_.m_axi_rlast = p.r_last;
        if constexpr (requires { m_.m_axi_rid; }) m_.m_axi_rid = p.r_id;
      }
    }
    if constexpr (requires { m_.m_axi_awvalid; }) {
      m_.m_axi_awready = p.aw_ready;
      m_.m_axi_wready = p.w_ready;
      m_.m_axi_bvalid = p.b_valid;
      if (p.b_valid) {
        m_.m_axi_bresp = p.b_resp;
        if constexpr (requires { m_.m_axi_bid; }) m_.m_axi_bid = p.b_id;
      }
    }
  }

 private:
  Model& m_;
  AxiMemory& memory_;
};

/// Connects an AxiLiteMaster to the ports `s_axil_*` of a model.
template <typename Model>
class AxiLitePort : public Agent {
 public:
  AxiLitePort(Model& model, AxiLiteMaster& master) : m_(model), master_(master) { drive(); }

  void sample() override {
    AxiLitePins& p = master_.pins();
    p.aw_ready = m_.s_axil_awready && m_.s_axil_awvalid;
    p.w_ready = m_.s_axil_wready && m_.s_axil_wvalid;
    p.ar_ready = m_.s_axil_arready && m_.s_axil_arvalid;
    p.b_valid = m_.s_axil_bvalid;
    p.b_resp = m_.s_axil_bresp;
    p.r_valid = m_.s_axil_rvalid;
    p.r_data = m_.s_axil_rdata;
    p.r_resp = m_.s_axil_rresp;
    master_.edge();
  }

  void drive() override {
    const AxiLitePins& p = master_.pins();
    m_.s_axil_awvalid = p.aw_valid;
    m_.s_axil_awaddr = static_cast<Address>(p.aw_addr);
    m_.s_axil_wvalid = p.w_valid;
    m_.s_axil_wdata = p.w_data;
    m_.s_axil_wstrb = p.w_strb;
    m_.s_axil_bready = p.b_ready;
    m_.s_axil_arvalid = p.ar_valid;
    m_.s_axil_araddr = static_cast<Address>(p.ar_addr);
    m_.s_axil_rready = p.r_ready;
  }

 private:
  using Address = std::remove_reference_t<decltype(std::declval<Model>().s_axil_awaddr)>;

  Model& m_;
  AxiLiteMaster& master_;
};

}  // namespace reshift
