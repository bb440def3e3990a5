// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "program/raw_tensor.hpp"

#include "base/container.hpp"
#include "base/error.hpp"

namespace reshift {

std::vector<std::vector<std::int32_t>> read_raw_images(const std::string& path, const QNet& net) {
  const QTensor& image = net.tensors[0];
  const std::size_t code_bytes = net.act_w > 8 ? 2 : 1, image_bytes = image.size() * code_bytes;
  const std::vector<std::uint8_t> bytes = read_file(path);
  if (bytes.empty() || bytes.size() % image_bytes != 0) {
    throw Error("{}: {} bytes are no whole number of images of {}x{}x{} codes of {} bytes", path,
                bytes.size(), image.channels, image.height, image.width, code_bytes);
  }
  std::vector<std::vector<std::int32_t>> images(bytes.size() / image_bytes);
  const std::uint8_t* at = bytes.data();
  for (auto& codes : images) {
    codes.resize(image.size());
    for (std::int32_t& code : codes) {
      code = code_bytes == 1 ? static_cast<std::int8_t>(at[0])
                             : static_cast<std::int16_t>(at[0] | at[1] << 8);
      if (code < code_min(net.act_w) || code > code_max(net.act_w)) {
        throw Error("{}: the code {} at byte {} has more than {} bits", path, code,
                    at - bytes.data(), net.act_w);
      }
      at += code_bytes;
    }
  }
  return images;
}

}  // namespace reshift
