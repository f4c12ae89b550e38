// The sentence under the stage, at every moment of every algorithm; and numbers as they are written.
#include "ui/scope/caption.h"

#include <algorithm>
#include <limits>

#include "tests/catch.h"
#include "tests/scope_cases.h"
#include "ui/scope/moves.h"

using namespace scope;

namespace {

std::string plain(const std::string& rich) {
  std::string out;
  for (std::size_t i = 0; i < rich.size(); ++i) {
    if (rich[i] == '\\') {
      out += rich[++i];
    } else if (rich[i] == '[' && i + 2 < rich.size() && rich[i + 2] == ':') {
      i += 2;
    } else if (std::string("*`_^{}]").find(rich[i]) == std::string::npos) {
      out += rich[i];
    }
  }
  return out;
}

std::ptrdiff_t words(const std::string& text) { return 1 + std::count(text.begin(), text.end(), ' '); }

std::ptrdiff_t characters(const std::string& text) {
  return std::count_if(text.begin(), text.end(),
                       [](char c) { return c != ' ' && (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
}

// A placeholder that nobody filled in has letters; numbers below a symbol have none.
bool has_placeholder(const std::string& rich) {
  for (std::size_t at = rich.find('{'); at != std::string::npos; at = rich.find('{', at + 1)) {
    if (at + 1 < rich.size() && rich[at + 1] >= 'a' && rich[at + 1] <= 'z') {
      return true;
    }
  }
  return false;
}

void check_sentence(const std::string& rich, Language language) {
  INFO(rich);
  const std::string text = plain(rich);
  CHECK(text.size() > 8);
  CHECK_FALSE(has_placeholder(rich));
  CHECK(text.find('<') == std::string::npos);
  CHECK(text.find("  ") == std::string::npos);
  if (language == Language::en) {
    CHECK(words(text) <= 16);
    CHECK(text.back() == '.');
    CHECK(std::count(text.begin(), text.end(), '.') >= 1);
  } else {
    CHECK(characters(text) <= 40);
    CHECK(text.substr(text.size() - 3) == "。");
  }
}

void check_run(const Run& run, Strings& strings, Place place) {
  Cursor at{0, place};
  while (true) {
    const Cursor next = step(run, at, StepUnit::op, 1);
    for (const double share : {0.0, 0.5}) {
      const Frame frame = frame_at(run, {at.t_us + share * (next.t_us - at.t_us), place});
      for (const Language language : {Language::en, Language::zh}) {
        strings.use(language);
        check_sentence(caption(run, frame, strings), language);
        CHECK_FALSE(has_placeholder(progress(run, frame, strings)));
      }
    }
    if (next == at) {
      return;
    }
    at = next;
  }
}

Strings load_strings() { return Strings::load(std::string(ATTOSCOPE_SOURCE_ASSETS) + "/strings"); }

}  // namespace

TEST_CASE("every moment of every algorithm has its sentence, in both languages") {
  Strings strings = load_strings();
  for (const sim::Scenario& scenario : scope_cases::all_blackboards()) {
    INFO(scenario.algorithm);
    const auto run = scope_cases::make(scenario);
    check_run(*run, strings, {0, 0});
    check_run(*run, strings, {3, 0});
  }
}

TEST_CASE("sentences without values, and at lecture size") {
  Strings strings = load_strings();
  RunOptions without;
  without.value_bytes_max = 0;
  for (const char* algorithm : {"flash2", "flash1", "memory_efficient"}) {
    const auto run = scope_cases::make(scope_cases::blackboard(algorithm, true), without);
    REQUIRE_FALSE(run->has_values());
    check_run(*run, strings, {0, 0});
  }
  check_run(*scope_cases::make(scope_cases::lecture("flash2")), strings, {2, 0});
}

TEST_CASE("what a sentence says") {
  const Strings strings = load_strings();
  const auto run = scope_cases::make(scope_cases::blackboard("flash2"));
  const auto at = [&](double t) { return plain(caption(*run, frame_at(*run, {t, {0, 0}}), strings)); };
  CHECK(at(0) == "Nothing has moved yet: Q, K and V lie in HBM.");
  CHECK(at(run->end_us()) == "The run has ended: O and LSE lie in HBM.");
  CHECK(at(run->kernels()[0].begin_us / 2) == "The kernel flash2 is being launched, and nothing has moved yet.");
  const auto trace = run->trace(0, 0);
  std::vector<std::string> all;
  for (const std::uint32_t op : trace->real_ops) {
    all.push_back(at(run->op_end_us(0, 0, op)));
  }
  const auto says = [&](const std::string& part) {
    return std::any_of(all.begin(), all.end(),
                       [&](const std::string& text) { return text.find(part) != std::string::npos; });
  };
  CHECK(says("The exp unit turns S0,1 into P0,1"));
  CHECK(says("Q0 is multiplied by K1 transposed, which makes S0,1"));
  CHECK(says("Every row finds its first maximum, m0"));
  CHECK(says("O0, 32 B, goes back to HBM."));
}

TEST_CASE("a factor shrinks a tile, makes it grow, or does both") {
  const Strings strings = load_strings();
  const auto run = scope_cases::make(scope_cases::blackboard("flash1"));
  int shrinks = 0, others = 0;
  const auto blocks = static_cast<std::uint32_t>(run->kernels()[0].blocks.size());
  for (std::uint32_t block = 0; block < blocks; ++block) {
    const BlockRun& in = run->block_run(0, block);
    const auto trace = run->trace(0, block);
    for (const std::uint32_t op : trace->real_ops) {
      const sim::Op& at = trace->trace->ops[op];
      const TileInfo *factor = at.kind == sim::OpKind::mul ? trace->tile(at.b) : nullptr, *to = trace->tile(at.dst);
      if (factor == nullptr || factor->symbol.find("weight") == std::string::npos || to->family != Family::o) {
        continue;
      }
      const Frame frame = frame_at(*run, {run->op_end_us(0, block, op), {in.sm, in.slot}});
      const sim::Matrix* values = frame.at.op == op ? frame.state->values->tiles.find(at.b) : nullptr;
      if (values == nullptr) {
        continue;
      }
      const auto [least, most] = std::minmax_element(values->view().begin(), values->view().end());
      const std::string text = plain(caption(*run, frame, strings));
      INFO(text << ": " << *least << " to " << *most);
      if (text.find("shrinks") != std::string::npos) {
        CHECK(*most <= 1);
        ++shrinks;
      } else if (text.find("grows") != std::string::npos) {
        CHECK(*least >= 1);
        CHECK(*most > 1);
        CHECK(text.find(value_text(*most)) != std::string::npos);
        ++others;
      } else if (text.find("is scaled") != std::string::npos) {
        CHECK(*least < 1);
        CHECK(*most > 1);
        ++others;
      }
    }
  }
  CHECK(shrinks > 0);
  CHECK(others > 0);
}

TEST_CASE("numbers as they are written") {
  CHECK(bytes_text(0) == "0 B");
  CHECK(bytes_text(8192) == "8,192 B");
  CHECK(bytes_text(9999) == "9,999 B");
  CHECK(bytes_text(10000) == "10.0 kB");
  CHECK(bytes_text(999499) == "999 kB");
  CHECK(bytes_text(999999) == "1.00 MB");
  CHECK(bytes_text(16777216) == "16.8 MB");
  CHECK(bytes_text(2.5e12) == "2.50 TB");
  CHECK(kib_text(32 * 1024) == "32 KiB");
  CHECK(kib_text(96) == "96 B");
  CHECK(kib_text(1536) == "1.5 KiB");
  CHECK(kib_text(50.0 * 1024 * 1024) == "50 MiB");
  CHECK(time_text(0) == "0 \xC2\xB5s");
  CHECK(time_text(0.003) == "3 ns");
  CHECK(time_text(0.4145) == "414 ns");
  CHECK(time_text(7.3) == "7.30 \xC2\xB5s");
  CHECK(time_text(99.99) == "99.99 \xC2\xB5s");
  CHECK(time_text(236.4) == "236 \xC2\xB5s");
  CHECK(time_text(1234) == "1.23 ms");
  CHECK(count_text(35651584) == "35,651,584");
  CHECK(count_text(-1234) == "-1,234");
  CHECK(count_text(999) == "999");
  CHECK(ratio_text(10.58) == "10.6×");
  CHECK(ratio_text(2) == "2.00×");
  CHECK(value_text(-1) == "-1");
  CHECK(value_text(0.5F) == "0.5");
  CHECK(value_text(-0.F) == "0");
  CHECK(value_text(0.60653F) == "0.607");
  CHECK(value_text(16.148F) == "16.15");
  CHECK(value_text(123456.F) == "1e+05");
  CHECK(value_text(1e-5F) == "1e-05");
  CHECK(value_text(std::numeric_limits<float>::infinity()) == "inf");
  CHECK(value_text(-std::numeric_limits<float>::infinity()) == "-inf");
  CHECK(value_text(std::numeric_limits<float>::quiet_NaN()) == "NaN");
}
