// A tile program as the ops that it performed elsewhere: a student's, recorded by a process of its own. Played back
// through the language, it is checked, counted, executed and shown like any other.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sim/tile/kernel.h"

namespace sim {

/// A program says "this tile is m, after step `step`": what a checker compares and a lesson points at.
struct Shown {
  std::size_t op = 0;  ///< how many of the block's ops came before
  std::int32_t step = 0;
  std::string name;
  TileId tile = 0;
  bool operator==(const Shown&) const = default;
};

struct RecordedBlock {
  std::vector<Op> ops;  ///< in program order: releases included, no load moved ahead
  std::vector<Shown> shown;
};

struct RecordedProgram {
  std::string source_file;          ///< what messages call it
  std::string source_text;          ///< of that file, for who shows it; may be empty
  std::vector<TensorInfo> tensors;  ///< that it was recorded for
  std::vector<RecordedBlock> blocks;
};

/// Performs the ops of block number block.index() through the language itself, so that every shape is checked anew.
/// Throws Error naming the program's file and line: what the language refuses, and ops that a recording can't have
/// (barriers, roles, gathers; a tile that is not there).
void play(Block& block, const RecordedProgram& program);

/// `plan` with the tile program of its one kernel replaced. Throws Error if the plan has several kernels, or others
/// tensors or blocks than those that the program was recorded for.
Plan with_program(Plan plan, std::shared_ptr<const RecordedProgram> program);

// The form in which it is kept and sent: lines of words.
//
//   attoscope program 1
//   source softmax.cpp
//   tensor X input fp32 4 8 1 1         name role dtype rows cols slices slice_divisor
//   block                               the next one
//   load 23 fp32 registers - 2 ...      an op: see recorded_text.cpp
//   show 3 m 7                          step, name, tile
//   text 812                            bytes of the source, which follow
//   end

/// Appends the op and its line's end.
void append_text(std::string& out, const Op& op);
std::string to_text(const RecordedProgram& program);

/// Larger texts are refused.
constexpr std::size_t kProgramBytesMax = std::size_t{64} << 20;

/// Reads to_text's form. Any bytes give a program or an Error naming the line and what was expected.
RecordedProgram parse_program(const std::string& text, const std::string& source);
std::shared_ptr<const RecordedProgram> load_program(const std::string& path);

}  // namespace sim
