// What a verdict says, in both languages. Every sentence that a student can meet stands here.
#pragma once

#include "lessons/workshop/judge.h"
#include "lessons/workshop/student_program.h"

namespace lessons {

Words words_not_compiled(const Compiled& compiled);
/// Why the process did not come to its end; of a program that did: nothing. `line` becomes that of its last op.
std::optional<Words> words_not_ended(const Recording& recording, const CheckOptions& options, int& line);
/// Why a case gave no program.
Words words_not_recorded(const Recorded& recorded, const Case& given, bool softmax);
/// Why the case is not right. `softmax`: X and Y, not Q, K, V and O.
Words words_wrong(const CaseFindings& findings, const Case& given, bool softmax);
Words words_bytes(const CaseFindings& findings, const Case& given, bool softmax, std::int64_t read_max,
                  std::int64_t write_max, const Stage& stage);
Words words_memory(const CaseFindings& findings, const Case& given, bool softmax, std::int64_t bytes_max,
                   const Stage& stage);
Words words_not_repeatable();

}  // namespace lessons
