#include "ui/window/platform/film.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <vector>

#include "sim/base/error.h"
#include "ui/window/platform/picture.h"

extern char** environ;  // NOLINT: POSIX's name

namespace platform {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

// What ffmpeg is told for a kind of file; empty: not a kind that is known.
Words encoding(const std::string& extension) {
  constexpr const char* kEven = "pad=ceil(iw/2)*2:ceil(ih/2)*2";  // 4:2:0 has one colour for 2x2 pixels
  if (extension == ".mp4") {
    return {"-vf",     kEven,    "-c:v",     "libx264", "-crf",      "18",
            "-preset", "medium", "-pix_fmt", "yuv420p", "-movflags", "+faststart"};
  }
  if (extension == ".webm") {
    return {"-vf", kEven, "-c:v", "libvpx-vp9", "-crf", "30", "-b:v", "0", "-row-mt", "1", "-pix_fmt", "yuv420p"};
  }
  if (extension == ".gif") {
    return {"-vf", "split[a][b];[a]palettegen=stats_mode=diff[p];[b][p]paletteuse=dither=none", "-loop", "0"};
  }
  if (extension == ".webp") {
    return {"-c:v", "libwebp_anim", "-lossless", "1", "-loop", "0"};
  }
  return {};
}

bool on_path(const std::string& program) {
  const char* value = std::getenv("PATH");
  const std::string path = value == nullptr ? "" : value;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find(':', begin), path.size());
    const std::string file = path.substr(begin, end - begin) + "/" + program;
    if (access(file.c_str(), X_OK) == 0) {
      return true;
    }
    begin = end + 1;
  }
  return false;
}

// Removed with its last user, even if the program ends early.
using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

}  // namespace

// ffmpeg as a child that reads frames from a pipe. It is started without a shell: names need no quoting.
class Film::Encoder {
 public:
  Encoder(std::string path, int width, int height, int frames_per_second, const Words& how)
      : path_(std::move(path)), said_(std::tmpfile(), std::fclose) {
    Words words = {"ffmpeg",
                   "-v",
                   "error",
                   "-nostdin",
                   "-y",
                   "-f",
                   "rawvideo",
                   "-pix_fmt",
                   "rgba",
                   "-s",
                   fmt::format("{}x{}", width, height),
                   "-r",
                   std::to_string(frames_per_second),
                   "-i",
                   "pipe:0"};
    words.insert(words.end(), how.begin(), how.end());
    words.push_back("file:" + path_);
    start(words);
  }
  ~Encoder() {
    if (child_ > 0) {
      kill(child_, SIGKILL);
      wait();
      std::error_code ignored;
      fs::remove(path_, ignored);
    }
    close_pipe();
  }
  Encoder(const Encoder&) = delete;
  Encoder& operator=(const Encoder&) = delete;

  void write(std::span<const std::uint8_t> bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::write(pipe_, bytes.data(), bytes.size());
      if (count < 0 && errno != EINTR) {
        fail();
      }
      bytes = bytes.subspan(count > 0 ? static_cast<std::size_t>(count) : 0);
    }
  }

  void finish() {
    close_pipe();
    if (wait() != 0) {
      fail();
    }
  }

 private:
  void start(Words& words) {
    int ends[2] = {-1, -1};
    if (pipe2(ends, O_CLOEXEC) != 0) {
      throw sim::Error(path_, std::string("cannot start ffmpeg: ") + std::strerror(errno));
    }
    std::signal(SIGPIPE, SIG_IGN);  // a child that ends early is an error of write(), not our end
    std::vector<char*> arguments;
    for (std::string& word : words) {
      arguments.push_back(word.data());
    }
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    if (said_ != nullptr) {
      posix_spawn_file_actions_adddup2(&actions, fileno(said_.get()), STDERR_FILENO);
    }
    const int failed = posix_spawnp(&child_, "ffmpeg", &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[0]);
    pipe_ = ends[1];
    if (failed != 0) {
      child_ = -1;
      close_pipe();
      throw sim::Error(path_, std::string("cannot start ffmpeg: ") + std::strerror(failed));
    }
  }

  int wait() {
    int status = 0;
    while (waitpid(child_, &status, 0) < 0 && errno == EINTR) {
    }
    child_ = -1;
    return status;
  }

  void close_pipe() {
    if (pipe_ >= 0) {
      close(pipe_);
      pipe_ = -1;
    }
  }

  [[noreturn]] void fail() {
    close_pipe();
    if (child_ > 0) {
      wait();
    }
    std::string said;
    if (said_ != nullptr) {
      std::rewind(said_.get());
      char text[400];
      said.assign(text, std::fread(text, 1, sizeof text, said_.get()));
    }
    said.erase(said.find_last_not_of(" \n") + 1);
    throw sim::Error(path_, "ffmpeg could not write it" + (said.empty() ? "" : ": " + said),
                     "check the folder and the space left, or take a name that ends in / for a folder of PNG files");
  }

  std::string path_;
  File said_;
  pid_t child_ = -1;
  int pipe_ = -1;
};

Film::Film(const std::string& path, int width, int height, int frames_per_second)
    : path_(path), width_(width), height_(height) {
  SIM_CHECK(width > 0 && height > 0 && frames_per_second > 0);
  if (path.ends_with('/')) {
    open_folder(path);
    return;
  }
  const Words how = encoding(fs::path(path).extension().string());
  if (how.empty()) {
    throw sim::Error(path, "not a kind of film that can be written", "take .mp4, .webm, .gif, .webp, or a folder/");
  }
  if (on_path("ffmpeg")) {
    encoder_ = std::make_unique<Encoder>(path, width, height, frames_per_second, how);
    return;
  }
  open_folder(fs::path(path).replace_extension().string() + "_frames/");
  note_ = "ffmpeg is not installed, so the frames are PNG files in " + path_;
}

Film::~Film() = default;

void Film::open_folder(const std::string& folder) {
  path_ = folder;
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    throw sim::Error(folder, "this folder cannot be made: " + error.message(), "check the path");
  }
}

void Film::add(std::span<const std::uint8_t> rgba) {
  SIM_CHECK(rgba.size() == 4U * static_cast<std::size_t>(width_) * static_cast<std::size_t>(height_));
  if (encoder_ != nullptr) {
    encoder_->write(rgba);
  } else {
    write_png(fmt::format("{}{:05}.png", path_, frames_), rgba, width_, height_);
  }
  ++frames_;
}

void Film::finish() {
  if (encoder_ != nullptr) {
    encoder_->finish();
    encoder_.reset();
  }
}

}  // namespace platform
