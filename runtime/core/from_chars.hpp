// std::from_chars of floating-point numbers, which LLVM's libc++ has only from version 20 on.
#pragma once

#include <locale.h>  // NOLINT: POSIX has more in it than C++ has in <clocale>
#include <stdlib.h>  // NOLINT: the same

#include <cctype>
#include <cerrno>
#include <charconv>
#include <concepts>
#include <string>
#include <system_error>
#include <version>

namespace castnet {

/// The number as std::from_chars reads it, by the C library's strtod. Of a text that is more than a
/// number, `ptr` may be another.
template <std::floating_point T>
std::from_chars_result from_chars_by_strtod(const char* first, const char* last, T& value,
                                            std::chars_format format = std::chars_format::general) {
  std::string text(first, last);
  const std::size_t sign = text.starts_with('-') ? 1 : 0;
  // What strtod takes and from_chars does not.
  const bool more = text.size() == sign || text.find_first_of("xX") != std::string::npos ||
                    text[sign] == '+' || text[sign] == '-' ||
                    std::isspace(static_cast<unsigned char>(text[sign])) != 0;
  if (more) return {first, std::errc::invalid_argument};
  // Not of "inf" and "nan".
  const bool digits =
      std::isxdigit(static_cast<unsigned char>(text[sign])) != 0 || text[sign] == '.';
  const std::size_t prefix = format == std::chars_format::hex && digits ? 2 : 0;
  if (prefix > 0) text.insert(sign, "0x");
  static const locale_t kPlain = newlocale(LC_ALL_MASK, "C", nullptr);
  char* end = nullptr;
  errno = 0;
  const double read = strtod_l(text.c_str(), &end, kPlain);
  const auto size = static_cast<std::size_t>(end - text.c_str());
  if (size <= sign + prefix) return {first, std::errc::invalid_argument};
  const char* const stop = first + (size - prefix);
  if (errno == ERANGE) return {stop, std::errc::result_out_of_range};
  value = static_cast<T>(read);
  return {stop, std::errc{}};
}

using std::from_chars;
#ifndef __cpp_lib_to_chars
template <std::floating_point T>
std::from_chars_result from_chars(const char* first, const char* last, T& value,
                                  std::chars_format format = std::chars_format::general) {
  return from_chars_by_strtod(first, last, value, format);
}
#endif

}  // namespace castnet
