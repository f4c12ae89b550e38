// The other half of a student's program: it calls the student's function for every case, records what it does and sends
// that to the checker. Linked into the child process only; plain C++ without libraries, so that it compiles fast.
#pragma once

#include "lessons/workshop/exercise.h"

namespace exercise {

using SoftmaxProgram = void (*)(Block&, const Softmax&);
using AttentionProgram = void (*)(Block&, const Attention&);

/// Records the program for every case of the command line: "softmax ROWS COLUMNS BR BC" or "attention NQ NK D BR BC",
/// one argument each. Writes to descriptor kChannel: a recorded program (sim/tile/recorded.h) per case, or instead
///   error LINE MESSAGE<tab>HINT     what the language refused
///   thrown WHAT                     another exception
///   memory LINE OPS                 it ran out of memory, having recorded so many ops
/// and at the very end "done". A signal writes "signal NUMBER LINE", LINE being the last op's, and ends the process.
int run(int count, char** arguments, const char* source_file, SoftmaxProgram program);
int run(int count, char** arguments, const char* source_file, AttentionProgram program);

inline constexpr int kChannel = 3;

}  // namespace exercise
