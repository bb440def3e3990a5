// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "data/labels.hpp"

#include <algorithm>
#include <string_view>

#include "base/error.hpp"
#include "base/file_kind.hpp"
#include "data/archive.hpp"

namespace reshift {
namespace {

constexpr std::string_view kBlanks = " \t\r\v\f", kSeparators = " \t,";

LabelLine parse(std::string_view line, std::string where) {
  constexpr std::size_t kMostDigits = 6, kMostShown = 100;
  const auto place = line.find_last_of(kSeparators);
  const auto digits = line.substr(place + 1);
  if (place == 0 || digits.empty() || digits.size() > kMostDigits ||
      digits.find_first_not_of("0123456789") != std::string_view::npos) {
    throw Error("{}: \"{}\" is not a line `name class`", where, line.substr(0, kMostShown));
  }
  if (place == std::string_view::npos)
    return {"", std::stoi(std::string(digits)), std::move(where)};
  const auto end = line.find_last_not_of(kSeparators, place);
  if (end == std::string_view::npos) throw Error("{}: no name before the class", where);
  return {std::string(line.substr(0, end + 1)), std::stoi(std::string(digits)), std::move(where)};
}

}  // namespace

void for_each_label(const std::string& path, const std::function<void(const LabelLine&)>& visit) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  const Bytes bytes = read_decompressed(path);
  std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (text.find('\0') != std::string_view::npos) {
    throw Error("{}: expected text of lines `name class` in UTF-8, it is {}", path,
                describe_content(bytes));
  }
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  for (int number = 1; !text.empty(); ++number) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const auto last = line.find_last_not_of(kBlanks);
    if (last == std::string_view::npos) continue;
    visit(parse(line.substr(0, last + 1), fmt::format("{}:{}", path, number)));
  }
}

}  // namespace reshift
