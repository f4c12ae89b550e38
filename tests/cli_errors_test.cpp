// What the command line does with bad input: one clear message, exit code 2, nothing half-written.
#include <cstdlib>
#include <filesystem>
#include <string>

#include "tests/cli_support.h"

using namespace cli_test;  // NOLINT(google-build-using-namespace)

TEST_CASE("unknown names are answered with the nearest", "[cli]") {
  const Folder folder;
  check_refused(folder, "rnu", {"unknown verb 'rnu'", "did you mean 'run'?"});
  check_refused(folder, "run --algoritm flash2", {"unknown flag '--algoritm'", "did you mean '--algorithm'?"});
  check_refused(folder, "run --algorithm flahs2", {"--algorithm", "did you mean 'flash2'?"});
  check_refused(folder, "run --machine h100-smx", {"unknown machine", "did you mean 'h100-sxm'?"});
  check_refused(folder, "run --preset gpt2-meduim", {"did you mean 'gpt2-medium'?"});
  check_refused(folder, "run --dtype fp15", {"--dtype", "fp16"});
  check_refused(folder, "run --mask casual", {"did you mean 'causal'?"});
  check_refused(folder, "run --distribution norml", {"did you mean 'normal'?"});
  check_refused(folder, "run --set hbm.read_gb_per=3", {"did you mean 'hbm.read_gb_per_s'?"});
  check_refused(folder, "compare flash2 flsh1", {"did you mean 'flash1'?"});
  check_refused(folder, "compare flash2@v10", {"did you mean 'v100'?"});
  check_refused(folder, "sweep --over seqlne=1,2", {"did you mean 'seqlen'?"});
  check_refused(folder, "explain two_level.red_bytes", {"did you mean 'two_level.read_bytes'?"});
  check_refused(folder, "list machnies", {"did you mean 'machines'?"});
  check_refused(folder, "--bogus", {"unknown flag '--bogus'"});
  check_refused(folder, "run a.toml b.toml", {"unexpected argument 'b.toml'"});
}

TEST_CASE("sizes that can't be are refused with their range", "[cli]") {
  const Folder folder;
  for (const char* flag : {"--batch", "--heads", "--kv-heads", "--seqlen-q", "--seqlen-kv", "--head-dim", "--block-q",
                           "--block-kv", "--stages", "--warps", "--splits", "--seqlen"}) {
    for (const char* value : {"-5", "0", "99999999999", "99999999999999999999"}) {
      check_refused(folder, std::string("run ") + flag + " " + value, {flag, "out of range"});
    }
    check_refused(folder, std::string("run ") + flag + " 1e3", {flag, "no whole number"});
    check_refused(folder, std::string("run ") + flag + " ''", {flag});
    check_refused(folder, std::string("run ") + flag, {flag});
  }
  check_refused(folder, "run --heads 6 --kv-heads 4", {"does not divide"});
  check_refused(folder, "run --batch 65536 --heads 65536", {"batch x heads"});
  check_refused(folder, "run --algorithm softmax_safe --row-length 0", {"--row-length"});
  check_refused(folder, "run --algorithm softmax_safe --heads 2", {"heads", "no meaning"});
  check_refused(folder, "run --seed -1", {"--seed", "out of range"});
}

TEST_CASE("a tile that does not fit is refused with the sum", "[cli]") {
  const Folder folder;
  check_refused(folder, "run --seqlen 4096 --head-dim 128 --block-q 2048 --block-kv 2048", {"SMEM"});
  check_refused(folder, "run --machine blackboard --seqlen 64 --block-q 64 --block-kv 64", {"SMEM"});
}

TEST_CASE("bad files are refused, each with its place", "[cli]") {
  const Folder folder;
  folder.write("machine.toml", "name = \"mine\"\ntitle = \"Mine\"\n[chip]\nsm_cuont = 3\n");
  check_refused(folder, "run --machine machine.toml", {"machine.toml:4", "did you mean 'chip.sm_count'?"});
  check_refused(folder, "run --machine none.toml", {"none.toml"});
  folder.write("scenario.toml", "[problem]\nheads = 2\nseqlen = 3\n");
  check_refused(folder, "run scenario.toml", {"scenario.toml:3", "did you mean 'seqlen_q'?"});
  check_refused(folder, "run none.toml", {"none.toml", "can't open"});
  check_refused(folder, "run .", {"directory"});
  folder.write("big.toml", std::string(2 << 20, '#'));
  check_refused(folder, "run big.toml", {"larger than"});
  folder.write("bad.npy", "\x93NUMPY nonsense");
  write_tensor(folder, "q.npy", {2, 16, 8});
  write_tensor(folder, "k.npy", {2, 24, 8});
  check_refused(folder, "run --q bad.npy --k k.npy --v k.npy", {"bad.npy"});
  check_refused(folder, "run --q none.npy --k k.npy --v k.npy", {"none.npy"});
  check_refused(folder, "run --q q.npy", {"go together"});
  check_refused(folder, "run --q q.npy --k k.npy --v q.npy", {"--v", "(2, 16, 8)", "(2, 24, 8)"});
  check_refused(folder, "run --q q.npy --k k.npy --v k.npy --heads 3", {"--q", "(2, 16, 8)", "heads"});
  check_refused(folder, "run --algorithm softmax_safe --q q.npy", {"--x"});
  check_refused(folder, "run --x q.npy", {"--q"});
}

TEST_CASE("a failed run writes nothing", "[cli]") {
  const Folder folder;
  check_refused(folder, "run --seqlen 64 --out none/o.npy", {"none/o.npy"});
  check_refused(folder, "run --seqlen-q -1 --out o.npy", {"--seqlen-q"});
  check_refused(folder, "sweep --over seqlen=64 -o none/s.csv", {"none/s.csv"});
  check_refused(folder, "sweep --over seqlen=64,x -o s.csv", {"'x'"});
  check_refused(folder, "trace", {"-o"});
  check_refused(folder, "trace --seqlen 64 -o none/t.json", {"none/t.json"});
  CHECK(folder.files().empty());
  if (fs::exists("/dev/full")) {
    const int status = std::system("'" ATTOSCOPE_BINARY "' list machines >/dev/full 2>/dev/null");
    CHECK(WEXITSTATUS(status) == 2);
  }
}

TEST_CASE("too little memory for values is a message, not a crash", "[cli]") {
  const Folder folder;
  check_refused(folder, "run --seqlen 65536 --heads 1024 --batch 64 --out o.npy --no-timing", {});
  CHECK(folder.files().empty());
}

TEST_CASE("assets are found where the environment says", "[cli]") {
  const Folder folder;
  setenv("ATTOSCOPE_ASSETS", "/nowhere", 1);
  check_refused(folder, "list machines", {"ATTOSCOPE_ASSETS", "/nowhere"});
  setenv("ATTOSCOPE_ASSETS", ATTOSCOPE_SOURCE_ASSETS, 1);
  CHECK(folder.run("list machines").code == 0);
  unsetenv("ATTOSCOPE_ASSETS");
}
