// Standard attention with products by cuBLAS and the softmax of standard_softmax.cu: a baseline. cuBLAS is looked for
// when it is first needed, so that the program runs where there is none.
#include <cublas_v2.h>
#include <dlfcn.h>

#include <cmath>
#include <stdexcept>

#include "kernels/kernels.h"
#include "kernels/standard_softmax.h"

namespace kernels {
namespace {

/// The library, opened once; `missing` says why it isn't there.
class CuBlas {
 public:
  static const CuBlas& get() {
    static const CuBlas library;
    return library;
  }

  const std::string& missing() const { return missing_; }

  /// C = alpha A B of column-major matrices, for each of `batch`: fp32 accumulators, 16-bit elements.
  struct Matrix {
    const void* at;
    cublasOperation_t operation;
    int leading;
    long long stride;
  };
  void multiply(cudaStream_t stream, cudaDataType type, int m, int n, int k, float alpha, const Matrix& a,
                const Matrix& b, void* c, int leading_c, long long stride_c, int batch) const {
    const float zero = 0;
    check_status(set_stream_(handle(), stream), "cublasSetStream");
    check_status(
        gemm_(handle(), a.operation, b.operation, m, n, k, &alpha, a.at, type, a.leading, a.stride, b.at, type,
              b.leading, b.stride, &zero, c, type, leading_c, stride_c, batch, CUBLAS_COMPUTE_32F, CUBLAS_GEMM_DEFAULT),
        "cublasGemmStridedBatchedEx");
  }

 private:
  CuBlas() {
    void* library = dlopen("libcublas.so.13", RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
      library = dlopen("libcublas.so", RTLD_NOW | RTLD_LOCAL);
    }
    if (library == nullptr) {
      const char* reason = dlerror();
      missing_ = "needs cuBLAS 13, which can't be opened: ";
      missing_ += reason != nullptr ? reason : "?";
      return;
    }
    find(library, "cublasCreate_v2", create_);
    find(library, "cublasSetStream_v2", set_stream_);
    find(library, "cublasGemmStridedBatchedEx", gemm_);
    find(library, "cublasGetStatusString", status_string_);
  }

  template <class Function>
  void find(void* library, const char* name, Function& function) {
    function = reinterpret_cast<Function>(dlsym(library, name));
    if (function == nullptr) {
      missing_ = "needs cuBLAS 13; the one found has no ";
      missing_ += name;
    }
  }

  void check_status(cublasStatus_t status, const char* what) const {
    if (status != CUBLAS_STATUS_SUCCESS) {
      throw std::runtime_error(std::string(what) + ": " + status_string_(status));
    }
  }

  /// Made at the first product and kept: making one allocates.
  cublasHandle_t handle() const {
    static const cublasHandle_t made = [this] {
      cublasHandle_t h = nullptr;
      check_status(create_(&h), "cublasCreate");
      return h;
    }();
    return made;
  }

  std::string missing_;
  decltype(&cublasCreate) create_ = nullptr;
  decltype(&cublasSetStream) set_stream_ = nullptr;
  cublasStatus_t(CUBLASWINAPI* gemm_)(cublasHandle_t, cublasOperation_t, cublasOperation_t, int, int, int, const void*,
                                      const void*, cudaDataType, int, long long, const void*, cudaDataType, int,
                                      long long, const void*, void*, cudaDataType, int, long long, int,
                                      cublasComputeType_t, cublasGemmAlgo_t) = nullptr;
  decltype(&cublasGetStatusString) status_string_ = nullptr;
};

std::string refusal(const Problem& problem, const Schedule&) {
  if (problem.is_softmax() || problem.dtype == DType::fp32) {
    return "standard with cuBLAS runs attention in fp16 and bf16 only";
  }
  if (problem.seqlen_q < 1 || problem.seqlen_kv < 1 || problem.head_dim < 1 || problem.kv_heads < 1 ||
      problem.heads % problem.kv_heads != 0) {
    return "standard with cuBLAS wants queries, keys, and heads in whole groups";
  }
  if (softmax_blocks(problem) > (std::int64_t{1} << 31) - 1) {
    return "the softmax's grid has more than 2^31 - 1 blocks";
  }
  return CuBlas::get().missing();
}

/// The library chooses its tiles.
Schedule fill_in(const Problem&, const Schedule&) { return {}; }
std::vector<Schedule> schedules(const Problem&) { return {{}}; }

/// S, then P.
std::size_t workspace_bytes(const Problem& problem, const Schedule&) { return 2 * bytes_of_scores(problem); }

/// How many blocks the library takes isn't known: 0.
std::vector<Launch> launches(const Problem& problem, const Schedule&) {
  return {{"scores", 0}, {"softmax", softmax_blocks(problem)}, {"output", 0}};
}

/// The query heads that share a K, V head lie one after another, so that they are one matrix of group x Nq rows. What
/// is row-major here is its transpose to cuBLAS: S^T = K Q^T and O^T = V^T P^T.
void run(const Problem& problem, const Schedule&, const Tensors& t, void* workspace, cudaStream_t stream) {
  const int Nk = problem.seqlen_kv, d = problem.head_dim, batch = problem.batch * problem.kv_heads;
  const int rows = problem.heads / problem.kv_heads * problem.seqlen_q;
  const int pitch = pitch_of_scores(problem);
  const long long of_q = 1LL * rows * d, of_kv = 1LL * Nk * d, of_s = 1LL * rows * pitch;
  const float scale = 1.0f / std::sqrt(static_cast<float>(d));
  const cudaDataType type = problem.dtype == DType::fp16 ? CUDA_R_16F : CUDA_R_16BF;
  void* S = workspace;
  void* P = static_cast<unsigned char*>(workspace) + bytes_of_scores(problem);
  const CuBlas& library = CuBlas::get();
  library.multiply(stream, type, Nk, rows, d, scale, {t.k, CUBLAS_OP_T, d, of_kv}, {t.q, CUBLAS_OP_N, d, of_q}, S,
                   pitch, of_s, batch);
  launch_softmax(problem, S, P, stream);
  library.multiply(stream, type, d, rows, Nk, 1, {t.v, CUBLAS_OP_N, d, of_kv}, {P, CUBLAS_OP_N, pitch, of_s}, t.o, d,
                   of_q, batch);
}

}  // namespace

std::vector<Entry> standard_cublas_entries() {
  return {{"standard", "cublas", "Standard attention: products by cuBLAS, own softmax", refusal, fill_in, schedules,
           workspace_bytes, launches, run}};
}

}  // namespace kernels
