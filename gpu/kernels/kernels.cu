#include "kernels/kernels.h"

#include <stdexcept>

namespace kernels {

void check(cudaError_t error, const char* what) {
  if (error != cudaSuccess) {
    throw std::runtime_error(std::string(what) + ": " + cudaGetErrorString(error));
  }
}

}  // namespace kernels
