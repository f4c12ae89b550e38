// NumPy's .npy files: the user's own Q, K and V in, O out.
// Source: numpy.lib.format, "A Simple File Format for NumPy Arrays".
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "sim/base/dtype.h"

namespace sim {

/// An array of floats in C order: the last index runs fastest.
struct NpyArray {
  std::vector<std::int64_t> shape;  ///< 2 to 4 dimensions, each at least 1
  std::vector<float> values;        ///< as many as the product of shape
  std::string dtype;                ///< of the file: "float16", "float32" or "float64"
  std::int64_t narrowed = 0;        ///< float64 values that float32 can't hold exactly, and that were rounded
};

/// Reads format versions 1.0, 2.0 and 3.0; float16, float32 and float64 of either byte order; C or Fortran order.
/// NaN and infinities are values like others. Throws Error that names `source`, what is wrong and what to do:
/// no .npy file, unsupported version or dtype, not 2 to 4 dimensions, an empty one, data shorter or longer than said.
NpyArray parse_npy(std::span<const unsigned char> bytes, const std::string& source);

/// parse_npy of a file's bytes. Throws Error also if the file can't be read.
NpyArray read_npy(const std::string& path);

/// The bytes of an .npy file, version 1.0, whose data begins at a multiple of 64. fp16 becomes float16; fp32, and bf16,
/// which NumPy lacks, become float32. `values` are rounded to `dtype` if they aren't yet.
std::vector<unsigned char> format_npy(const std::vector<std::int64_t>& shape, std::span<const float> values,
                                      DType dtype);

/// Writes that to `path`, whole or not at all (see file.h). Throws Error if it can't be written.
void write_npy(const std::string& path, const std::vector<std::int64_t>& shape, std::span<const float> values,
               DType dtype);

/// "(2, 8, 1024, 64)", as Python writes a tuple.
std::string shape_text(const std::vector<std::int64_t>& shape);

}  // namespace sim
