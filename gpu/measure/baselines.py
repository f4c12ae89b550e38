#!/usr/bin/env python3
"""PyTorch's attention on the same card, for the same problems, timed in the same way as attoscope-measure times:
baselines.py -o baselines.json [--samples 20]. Variants of "flash2": torch_fa2 (FlashAttention-2), torch_cudnn;
of "standard": torch_eager, softmax(Q K^T * scale) V as written."""
import argparse
import contextlib
import datetime
import json
import math
import statistics
import sys

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel

# batch, heads, queries = keys, head_dim
FUSED = [(1, 16, 1024, 64), (1, 16, 1024, 128), (1, 16, 4096, 64), (1, 16, 4096, 128), (4, 16, 4096, 128),
         (1, 16, 16384, 64), (1, 16, 16384, 128), (16, 16, 1024, 128)]
EAGER = [(1, 16, 512, 64), (1, 16, 1024, 64), (1, 16, 2048, 64), (1, 16, 4096, 64), (1, 16, 512, 128),
         (1, 16, 1024, 128), (1, 16, 2048, 128), (1, 16, 4096, 128)]
UNIT_ROUNDOFF = {torch.float16: 2.0**-11, torch.bfloat16: 2.0**-8}
NAMES = {torch.float16: "fp16", torch.bfloat16: "bf16"}
CLOCK_SOURCE = r"""
extern "C" __global__ void read_clocks(unsigned long long* stamps, unsigned slots) {
  unsigned sm;
  unsigned long long clock, ns;
  asm volatile("mov.u32 %0, %%smid;" : "=r"(sm));
  asm volatile("mov.u64 %0, %%clock64;" : "=l"(clock)::"memory");
  asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(ns)::"memory");
  if (sm < slots) {
    stamps[2 * sm] = clock;
    stamps[2 * sm + 1] = ns;
  }
}
"""


class ClockProbe:
    """SM clock between two moments, as in measure/timing.cu; needs CuPy, and does nothing without it."""

    def __init__(self, sm_count):
        self.sm_count, self.slots, self.kernel = sm_count, 2 * sm_count, None
        with contextlib.suppress(Exception):
            import cupy

            self.kernel = cupy.RawKernel(CLOCK_SOURCE, "read_clocks")
            self.kernel.compile()
            self.cupy = cupy

    def read(self):
        stamps = torch.zeros(self.slots, 2, dtype=torch.int64, device="cuda")
        if self.kernel is not None:
            with self.cupy.cuda.ExternalStream(torch.cuda.current_stream().cuda_stream):
                self.kernel((self.sm_count,), (1,), (self.cupy.from_dlpack(stamps), self.cupy.uint32(self.slots)))
        return stamps

    def mhz(self, before, after):
        seen = (before[:, 1] != 0) & (after[:, 1] > before[:, 1])
        if not bool(seen.any()):
            return None
        cycles, ns = (after - before)[seen].double().unbind(1)
        return float((1e3 * cycles / ns).median())


def eager(q, k, v, causal):
    scores = q @ k.transpose(-2, -1) * (1 / math.sqrt(q.shape[-1]))
    if causal:
        hidden = torch.ones(q.shape[-2], k.shape[-2], dtype=torch.bool, device="cuda").triu(1)
        scores = scores.masked_fill(hidden, float("-inf"))
    return torch.softmax(scores, dim=-1) @ v


def fused(backend):
    def run(q, k, v, causal):
        with sdpa_kernel(backend):
            return torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=causal)

    return run


VARIANTS = [("flash2", "torch_fa2", fused(SDPBackend.FLASH_ATTENTION), FUSED),
            ("flash2", "torch_cudnn", fused(SDPBackend.CUDNN_ATTENTION), FUSED),
            ("standard", "torch_eager", eager, EAGER)]


def check(run, q, k, v, causal, score_roundings):
    """Some rows against double precision; the relative bound is that of measure/bound.cpp."""
    n, d = q.shape[-2], q.shape[-1]
    rows = torch.tensor(sorted({0, 1, n // 2, n - 2, n - 1}), device="cuda")
    out = run(q, k, v, causal)
    finite = bool(torch.isfinite(out).all())
    scores = q[:, :, rows].double() @ k.double().transpose(-2, -1) / math.sqrt(d)
    if causal:
        hidden = torch.arange(n, device="cuda")[None, :] > rows[:, None]
        scores = scores.masked_fill(hidden, float("-inf"))
    want = torch.softmax(scores, dim=-1) @ v.double()
    error = out[:, :, rows].double() - want
    relative = float((error.norm(dim=-1) / want.norm(dim=-1)).max())
    allowed = 2 * UNIT_ROUNDOFF[q.dtype] * (2 + score_roundings + math.sqrt(0.5)) + (n + 16) * 2.0**-24
    return {"passed": finite and relative <= allowed, "max_abs_error": float(error.abs().max()),
            "tolerance": allowed * float(want.abs().max()), "relative_error": relative,
            "relative_tolerance": allowed, "rows": len(rows) * q.shape[0] * q.shape[1], "inputs": ["normal"]}


def series(run, flush, probe, samples):
    torch.cuda._sleep(2_000_000)  # the host gets ahead of the card
    seen = []
    for _ in range(samples):
        flush.max()
        before = probe.read()
        begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        begin.record()
        run()
        end.record()
        seen.append((begin, end, before, probe.read()))
    torch.cuda.synchronize()
    us = [1e3 * begin.elapsed_time(end) for begin, end, _, _ in seen]
    return us, [probe.mhz(before, after) for _, _, before, after in seen]


def quantile(values, fraction):
    values = sorted(values)
    position = fraction * (len(values) - 1)
    below = int(position)
    above = min(below + 1, len(values) - 1)
    return values[below] + (position - below) * (values[above] - values[below])


def spread(values, keys):
    fractions = {"median": 0.5, "p10": 0.1, "p90": 0.9, "min": 0, "max": 1}
    return {key: round(quantile(values, fractions[key]), 3) for key in keys}


def problem_of(shape, dtype, causal):
    batch, heads, n, d = shape
    return {"batch": batch, "heads": heads, "kv_heads": heads, "seqlen_q": n, "seqlen_kv": n, "head_dim": d,
            "dtype": NAMES[dtype], "mask": "causal" if causal else "none"}


def held_back(p):
    """The rule of measure/point.cpp."""
    text = (f"b{p['batch']} h{p['heads']} kv{p['kv_heads']} q{p['seqlen_q']} k{p['seqlen_kv']} d{p['head_dim']} "
            f"{p['dtype']} {p['mask']}")
    value = 14695981039346656037
    for byte in text.encode():
        value = (value ^ byte) * 1099511628211 % 2**64
    return value % 3 == 0


def measure(algorithm, variant, run, shape, dtype, causal, flush, probe, samples):
    q, k, v = (torch.randn(shape, dtype=dtype, device="cuda") for _ in range(3))
    problem = problem_of(shape, dtype, causal)
    record = {"algorithm": algorithm, "variant": variant, "held_back": held_back(problem), "problem": problem,
              "schedule": dict.fromkeys(("block_q", "block_kv", "stages", "warps", "splits", "tile"), 0),
              "l2": "cold", "kernels": [],
              "check": check(run, q, k, v, causal, 1 if variant == "torch_eager" else 0)}
    series(lambda: run(q, k, v, causal), flush, probe, 3)
    us, mhz = series(lambda: run(q, k, v, causal), flush, probe, samples)
    record["time_us"] = {**spread(us, ("median", "p10", "p90", "min", "max")), "samples": len(us)}
    if None not in mhz:
        record["clock_mhz"] = spread(mhz, ("median", "min", "max"))
        record["cycles"] = {"median": round(statistics.median(t * f for t, f in zip(us, mhz)))}
    flop = 4 * shape[0] * shape[1] * shape[2] ** 2 * shape[3] * (0.5 if causal else 1)
    print(f"{variant} {shape} {problem['mask']}: {record['time_us']['median']} us, "
          f"{flop / record['time_us']['median'] * 1e-6:.0f} TFLOP/s, check {record['check']['passed']}", file=sys.stderr)
    return record


def header(card, samples):
    return {"format": "attoscope-measurements 1",
            "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "card": {"name": card.name, "machine": "h200-sxm" if card.name == "NVIDIA H200" else
                     "h100-sxm" if "H100 80GB HBM3" in card.name else "",
                     "compute_capability": f"{card.major}.{card.minor}", "sm_count": card.multi_processor_count,
                     "l2_bytes": card.L2_cache_size, "hbm_bytes": card.total_memory},
            "driver": {"version": "", "cuda": torch.version.cuda},
            "toolkit": {"compiled": torch.version.cuda, "runtime": torch.version.cuda},
            "conditions": f"PyTorch {torch.__version__}, cuDNN {torch.backends.cudnn.version()}; single calls, {samples} "
                          "samples; L2 flushed by reading four times its size before each; host ahead of the card; "
                          "clocks not locked; times by CUDA events; SM clock as in attoscope-measure",
            "points": []}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--output", required=True)
    parser.add_argument("--samples", type=int, default=20)
    options = parser.parse_args()
    if not torch.cuda.is_available():
        print("baselines.py: no CUDA device was found", file=sys.stderr)
        return 3
    torch.manual_seed(1)
    card = torch.cuda.get_device_properties(0)
    flush = torch.zeros(4 * card.L2_cache_size // 4, dtype=torch.float32, device="cuda")
    probe = ClockProbe(card.multi_processor_count)
    results = header(card, options.samples)
    for algorithm, variant, run, shapes in VARIANTS:
        for shape in shapes:
            for causal in (False, True):
                try:
                    results["points"].append(measure(algorithm, variant, run, shape, torch.float16, causal, flush,
                                                     probe, options.samples))
                except RuntimeError as error:  # a backend that is not built in, or does not take the shape
                    print(f"{variant} {shape}: {str(error).splitlines()[0]}", file=sys.stderr)
    with open(options.output, "w", encoding="utf-8") as file:
        json.dump(results, file, indent=1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
