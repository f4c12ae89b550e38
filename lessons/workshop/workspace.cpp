#include "lessons/workshop/workspace.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "sim/base/error.h"
#include "sim/base/file.h"
#include "sim/base/hash.h"
#include "sim/base/suggest.h"

namespace lessons {

namespace {

namespace fs = std::filesystem;

constexpr fs::perms kReadOnly = fs::perms::owner_read | fs::perms::group_read | fs::perms::others_read;

std::string text_of(const std::string& path) {
  const std::vector<unsigned char> bytes = sim::read_file(path);
  return {bytes.begin(), bytes.end()};
}

bool exists(const std::string& path) {
  std::error_code ignored;
  return fs::exists(fs::symlink_status(path, ignored));
}

std::string hash_of(const std::string& text) {
  return fmt::format("{:016x}", sim::Hash().add_bytes(text.data(), text.size()).value());
}

/// The hash of what is there, or "".
std::string hash_at(const std::string& path) {
  try {
    return exists(path) ? hash_of(text_of(path)) : "";
  } catch (const sim::Error&) {
    return "";  // unreadable: not what was given
  }
}

void make_folder(const std::string& folder) {
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed && !fs::is_directory(folder)) {
    throw sim::Error(folder, "can't be made: " + failed.message(), "name another folder with --dir");
  }
}

void write_given(Workspace& workspace, const GivenFile& given) {
  const std::string path = workspace.path(given.name);
  sim::write_file(path, given.text);
  std::error_code ignored;
  if (given.fixed) {
    fs::permissions(path, kReadOnly, ignored);
  }
  workspace.progress.given[given.name] = hash_of(given.text);
}

/// Renames what is there to FILE.bak-N, N being free.
std::string back_up(const std::string& path) {
  for (int n = 1;; ++n) {
    const std::string backup = fmt::format("{}.bak-{}", path, n);
    if (exists(backup)) {
      continue;
    }
    std::error_code failed;
    fs::rename(path, backup, failed);
    if (failed) {
      throw sim::Error(path, fmt::format("can't be renamed to '{}': {}", backup, failed.message()));
    }
    return backup;
  }
}

bool changed_by_student(const Workspace& workspace, const GivenFile& given) {
  const std::string there = hash_at(workspace.path(given.name));
  const auto known = workspace.progress.given.find(given.name);
  return there != hash_of(given.text) && (known == workspace.progress.given.end() || there != known->second);
}

}  // namespace

std::string find_workspace(const std::string& from) {
  std::error_code ignored;
  const fs::path start = fs::weakly_canonical(from, ignored);
  for (fs::path folder = start; !folder.empty(); folder = folder.parent_path()) {
    if (fs::exists(folder / kStateFile, ignored)) {
      return folder.string();
    }
    if (folder == folder.root_path()) {
      break;
    }
  }
  std::vector<std::string> below;
  for (fs::directory_iterator entry(start, fs::directory_options::skip_permission_denied, ignored), end;
       !ignored && entry != end; entry.increment(ignored)) {
    std::error_code unseen;
    if (fs::exists(entry->path() / kStateFile, unseen)) {
      below.push_back(entry->path().string());
    }
  }
  return below.size() == 1 ? below[0] : "";
}

Workspace open_workspace(const std::string& folder) {
  Workspace workspace{folder, {}};
  workspace.progress = parse_progress(text_of(workspace.state_path()), workspace.state_path());
  return workspace;
}

void save(const Workspace& workspace) { sim::write_file(workspace.state_path(), to_toml(workspace.progress)); }

Started start_exercise(const Exercise& exercise, const std::string& folder, Language language,
                       const std::string& headers) {
  make_folder(folder);
  std::error_code ignored;
  Started started;
  Workspace& workspace = started.workspace;
  workspace.folder = fs::weakly_canonical(folder, ignored).string();
  started.continued = exists(workspace.state_path());
  if (started.continued) {
    workspace = open_workspace(workspace.folder);
    if (workspace.progress.exercise != exercise.id) {
      throw sim::Error(workspace.state_path(),
                       fmt::format("'exercise' is '{}': another exercise was started in this folder",
                                   shortened(clean_text(workspace.progress.exercise), 60)),
                       fmt::format("attoscope exercise start {} --dir ANOTHER_FOLDER", exercise.id));
    }
  }
  workspace.progress.exercise = exercise.id;
  workspace.progress.language = language;
  for (const GivenFile& given : given_files(exercise, language, headers)) {
    const bool there = exists(workspace.path(given.name));
    if (!there || !changed_by_student(workspace, given)) {
      write_given(workspace, given);
    }
    if (!there) {
      started.made.push_back(given.name);
    }
  }
  for (const Stage& stage : exercise.stages) {
    workspace.progress.stages.try_emplace(stage.id);
    if (!exists(workspace.path(stage))) {
      sim::write_file(workspace.path(stage), text_of(stage.starter()));
      started.made.push_back(stage.file);
    }
  }
  save(workspace);
  return started;
}

std::vector<std::string> changed_given(Workspace& workspace, const std::vector<GivenFile>& given) {
  std::vector<std::string> changed;
  for (const GivenFile& file : given) {
    if (!file.fixed) {
      continue;
    }
    if (changed_by_student(workspace, file)) {
      changed.push_back(file.name);
    } else if (workspace.progress.given[file.name] != hash_of(file.text)) {
      write_given(workspace, file);
      save(workspace);
    }
  }
  return changed;
}

std::vector<Restored> restore_given(Workspace& workspace, const std::vector<GivenFile>& given) {
  std::vector<Restored> all;
  for (const GivenFile& file : given) {
    const std::string path = workspace.path(file.name);
    const bool kept = exists(path) && changed_by_student(workspace, file);
    const bool same = exists(path) && hash_at(path) == hash_of(file.text);
    const std::string backup = kept ? back_up(path) : "";
    write_given(workspace, file);
    if (!same) {
      all.push_back({path, backup});
    }
  }
  save(workspace);
  return all;
}

Restored reset_stage(Workspace& workspace, const Stage& stage) {
  const std::string path = workspace.path(stage), starter = text_of(stage.starter());
  const bool differs = exists(path) && hash_at(path) != hash_of(starter);
  Restored restored{path, differs ? back_up(path) : ""};
  sim::write_file(path, starter);
  workspace.progress.stages[stage.id] = {};
  save(workspace);
  return restored;
}

std::string mark_passed(Workspace& workspace, const Stage& stage) {
  const std::string name = std::string(kSolutions) + "/" + stage.file;
  make_folder(workspace.path(kSolutions));
  sim::write_file(workspace.path(name), text_of(stage.solution()));
  workspace.progress.stages[stage.id].passed = true;
  save(workspace);
  return name;
}

const Stage* current_stage(const Exercise& exercise, const Progress& progress) {
  for (const Stage& stage : exercise.stages) {
    const auto found = progress.stages.find(stage.id);
    if (found == progress.stages.end() || !found->second.passed) {
      return &stage;
    }
  }
  return nullptr;
}

const Stage& find_stage(const Exercise& exercise, const std::string& name) {
  const std::string file = fs::path(name).filename().string();
  std::vector<std::string> ids;
  for (const Stage& stage : exercise.stages) {
    ids.push_back(stage.id);
    if (name == stage.id || file == stage.file || name == std::to_string(ids.size())) {
      return stage;
    }
  }
  throw sim::Error(exercise.id, fmt::format("has no stage '{}'", shortened(clean_text(name), 60)),
                   sim::suggestion(name, ids));
}

int stage_number(const Exercise& exercise, const Stage& stage) {
  return static_cast<int>(&stage - exercise.stages.data()) + 1;
}

double points_of(const Stage& stage) {
  double points = 0;
  for (const CheckInfo& check : stage.checks) {
    points += check.points;
  }
  return points;
}

}  // namespace lessons
