#include "sim/base/file.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <new>
#include <system_error>

#include "sim/base/error.h"

namespace sim {
namespace {

namespace fs = std::filesystem;

struct Close {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, Close>;

std::string reason() { return std::strerror(errno); }

// Whether every byte reached the system: a full disk may show only when the file is closed.
bool write_all(File file, std::span<const unsigned char> bytes) {
  const bool written = bytes.empty() || std::fwrite(bytes.data(), 1, bytes.size(), file.get()) == bytes.size();
  const int first_errno = errno;
  const bool closed = std::fclose(file.release()) == 0;
  if (!written) {
    errno = first_errno;
  }
  return written && closed;
}

// A new file beside `target` that nobody else has; "x" makes the system refuse one that exists.
File create_beside(const fs::path& target, fs::path* name) {
  for (int attempt = 0; attempt < 100; ++attempt) {
    *name = target;
    *name += ".part" + (attempt == 0 ? std::string() : std::to_string(attempt));
    errno = 0;
    File file(std::fopen(name->c_str(), "wbx"));
    if (file != nullptr || errno != EEXIST) {
      return file;
    }
  }
  return nullptr;
}

void write_beside_and_rename(const std::string& path, const fs::path& target, std::span<const unsigned char> bytes) {
  fs::path part;
  File file = create_beside(target, &part);
  if (file == nullptr) {
    throw Error(path, "can't be written: " + reason(), "check that its directory exists and may be written to");
  }
  std::error_code ignored;
  if (!write_all(std::move(file), bytes)) {
    const std::string why = reason();
    fs::remove(part, ignored);
    throw Error(path, "can't be written: " + why);
  }
  std::error_code failed;
  fs::rename(part, target, failed);
  if (failed) {
    fs::remove(part, ignored);
    throw Error(path, "can't be written: " + failed.message());
  }
}

}  // namespace

std::vector<unsigned char> read_file(const std::string& path) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) {
    throw Error(path, "is a directory, not a file");
  }
  errno = 0;
  const File file(std::fopen(path.c_str(), "rb"));
  if (file == nullptr) {
    throw Error(path, "can't be read: " + reason(), "check the name; paths are relative to the current directory");
  }
  try {
    std::vector<unsigned char> bytes;
    std::vector<unsigned char> block(1 << 16);
    for (std::size_t count; (count = std::fread(block.data(), 1, block.size(), file.get())) > 0;) {
      bytes.insert(bytes.end(), block.begin(), block.begin() + static_cast<std::ptrdiff_t>(count));
    }
    if (std::ferror(file.get()) != 0) {
      throw Error(path, "can't be read: " + reason());
    }
    return bytes;
  } catch (const std::bad_alloc&) {
    throw Error(path, "can't be read: it is larger than the memory");
  }
}

void write_file(const std::string& path, std::span<const unsigned char> bytes) {
  std::error_code failed;
  fs::path target = path;
  if (fs::is_directory(target, failed)) {
    throw Error(path, "can't be written: it is a directory", "name a file in it");
  }
  if (fs::exists(target, failed) && !fs::is_regular_file(target, failed)) {
    errno = 0;
    File file(std::fopen(path.c_str(), "wb"));
    if (file == nullptr || !write_all(std::move(file), bytes)) {
      throw Error(path, "can't be written: " + reason());
    }
    return;
  }
  if (fs::is_symlink(target, failed)) {
    const fs::path pointed = fs::weakly_canonical(target, failed);
    target = failed ? target : pointed;
  }
  write_beside_and_rename(path, target, bytes);
}

void write_file(const std::string& path, std::string_view text) {
  write_file(path, std::span(reinterpret_cast<const unsigned char*>(text.data()), text.size()));
}

}  // namespace sim
