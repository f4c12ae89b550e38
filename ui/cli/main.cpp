// attoscope: attention on a simulated GPU. The verbs are in verbs.h.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <map>
#include <new>
#include <string>
#include <vector>

#include "sim/base/error.h"
#include "sim/base/suggest.h"
#include "ui/cli/verbs.h"

namespace {

constexpr int kUserError = 2;

int complain(const std::string& message) {
  std::fflush(stdout);
  fmt::print(stderr, "attoscope: error: {}\n", message);
  return kUserError;
}

void refuse_unknown_verb(const std::string& word) {
  std::vector<std::string> names;
  for (const cli::Verb& verb : cli::verbs()) {
    names.emplace_back(verb.name);
  }
  if (!word.empty() && word[0] != '-' && std::find(names.begin(), names.end(), word) == names.end()) {
    throw sim::Error("", fmt::format("unknown verb '{}'", word), sim::suggestion(word, names));
  }
}

int dispatch(int count, char** arguments) {
  CLI::App app("Attention on a simulated GPU: what moves, how much, how long and why.", "attoscope");
  app.set_version_flag("--version", "attoscope " ATTOSCOPE_VERSION);
  app.footer("'attoscope VERB --help' has options and an example. 'attoscope demo' shows what this is about.");
  std::map<std::string, cli::Action> actions;
  for (const cli::Verb& verb : cli::verbs()) {
    CLI::App* sub = app.add_subcommand(verb.name, verb.text);
    sub->footer(std::string("Example:\n  ") + verb.example);
    sub->allow_extras();
    actions[verb.name] = verb.add(*sub);
  }
  app.allow_extras();
  app.require_subcommand(0, 1);  // else the second word of 'lesson list' is taken for the verb of that name
#ifdef ATTOSCOPE_HAS_WINDOW
  std::vector<char*> words(arguments, arguments + count);
  char window[] = "window";
  if (count < 2 || std::string(arguments[1]) == "--open") {
    words.insert(words.begin() + 1, window);
  }
  words.push_back(nullptr);
  arguments = words.data();
  count = static_cast<int>(words.size()) - 1;
#else
  if (count < 2) {
    cli::print(app.help());
    return 0;
  }
#endif
  refuse_unknown_verb(arguments[1]);
  try {
    app.parse(count, arguments);
  } catch (const CLI::Success& help) {  // --help, --version
    return app.exit(help);
  } catch (const CLI::ArgumentMismatch& error) {
    throw sim::Error("", error.what(), "a flag takes one value, and is given once");
  } catch (const CLI::ParseError& error) {
    throw sim::Error("", error.what());
  }
  cli::refuse_leftovers(app);
  const CLI::App* sub = app.get_subcommands().at(0);
  cli::refuse_leftovers(*sub);
  return actions.at(sub->get_name())();
}

}  // namespace

int main(int count, char** arguments) {
  try {
    return dispatch(count, arguments);
  } catch (const sim::Error& error) {
    return complain(error.what());
  } catch (const std::bad_alloc&) {
    return complain("not enough memory for this run\n  hint: leave --check out, or make the problem smaller");
  } catch (const std::exception& error) {
    return complain(fmt::format("{} (this is a fault of attoscope's own)", error.what()));
  }
}
