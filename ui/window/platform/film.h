// Films in files, made by the program ffmpeg if it is installed.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace platform {

/// Frames of one size, to a film whose kind the name's end says: .mp4 .webm .gif .webp. Without ffmpeg, or for a name
/// that ends in "/": numbered PNG files in a folder.
class Film {
 public:
  /// Throws sim::Error naming the file: a kind that is not known, a folder that cannot be written.
  Film(const std::string& path, int width, int height, int frames_per_second);
  /// A film that was not finished is given up, and its file removed.
  ~Film();
  Film(const Film&) = delete;
  Film& operator=(const Film&) = delete;

  /// RGBA, 8 bits each, rows from the top.
  void add(std::span<const std::uint8_t> rgba);
  /// Waits until the file is complete. Throws sim::Error with what ffmpeg said.
  void finish();

  /// Where it goes: the file, or the folder instead.
  const std::string& path() const { return path_; }
  /// Why it is a folder and not the film asked for; empty if it is.
  const std::string& note() const { return note_; }

 private:
  class Encoder;
  void open_folder(const std::string& folder);

  std::string path_, note_;
  int width_, height_;
  int frames_ = 0;
  std::unique_ptr<Encoder> encoder_;  ///< null: a folder
};

}  // namespace platform
