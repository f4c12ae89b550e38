// Whole files: read at once, written at once or not at all.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sim {

/// The bytes of a file. Throws Error that names it and says why it can't be read.
std::vector<unsigned char> read_file(const std::string& path);

/// Writes a whole file: first beside it, under another name, then renamed over it, so that whoever looks sees the old
/// file or the new one and a failure leaves the old. A symbolic link keeps pointing where it did. What is no regular
/// file (a device, a pipe) is written directly. Throws Error that names the file and says why it can't be written.
void write_file(const std::string& path, std::span<const unsigned char> bytes);
void write_file(const std::string& path, std::string_view text);

}  // namespace sim
