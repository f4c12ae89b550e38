// Every algorithm, declared once; algorithms.cpp lists them.
#pragma once

#include "sim/algorithms/algorithms.h"

namespace sim {

extern const Algorithm kSoftmaxNaive, kSoftmaxSafe, kSoftmaxOnline;  // softmax.cpp
extern const Algorithm kStandard;                                    // standard.cpp
extern const Algorithm kMemoryEfficient;                             // memory_efficient.cpp
extern const Algorithm kFlash1;                                      // flash_attention_1.cpp
extern const Algorithm kFlash2;                                      // flash_attention_2.cpp
extern const Algorithm kFlashDecoding;                               // flash_decoding.cpp

}  // namespace sim
