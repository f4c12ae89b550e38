// Grades as text: JUnit's XML, and the annotations of GitHub's workflows.
#include <fmt/format.h>

#include <algorithm>

#include "lessons/workshop/grade.h"

namespace lessons {

namespace {

using State = CheckResult::State;

std::string plain(Language language, const Words& words) { return clean_text(plain_text(in(language, words))); }

/// Fit for an attribute and for text between tags.
std::string escaped_xml(const std::string& text) {
  std::string out;
  for (const char c : clean_text(text)) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&apos;"; break;
      case '\n': out += "&#10;"; break;
      case '\t': out += "&#9;"; break;
      default: out += c;
    }
  }
  return out;
}

/// A workflow command's value; in a property ':' and ',' have a meaning too.
std::string escaped_command(const std::string& text, bool property) {
  std::string out;
  for (const char c : text) {
    const bool escape = c == '%' || c == '\r' || c == '\n' || (property && (c == ':' || c == ','));
    out += escape ? fmt::format("%{:02X}", static_cast<int>(c)) : std::string(1, c);
  }
  return out;
}

int count(const Verdict& verdict, State state) {
  return static_cast<int>(std::count_if(verdict.checks.begin(), verdict.checks.end(),
                                        [&](const CheckResult& check) { return check.state == state; }));
}

std::string path_in(const Grade& grade, const Verdict& verdict) {
  return grade.folder.empty() || grade.folder == "." ? verdict.file : grade.folder + "/" + verdict.file;
}

std::string junit_case(const Grade& grade, const GradedStage& stage, const CheckResult& check, bool first) {
  const Verdict& verdict = stage.verdict;
  std::string out =
      fmt::format(R"(    <testcase classname="{}.{}" name="{}" time="{:.3f}" file="{}")", escaped_xml(grade.exercise),
                  escaped_xml(verdict.stage), escaped_xml(plain(grade.language, check.title)),
                  first ? verdict.seconds : 0, escaped_xml(path_in(grade, verdict)));
  out += check.line > 0 ? fmt::format(" line=\"{}\"", check.line) : "";
  if (check.state == State::passed) {
    return out + "/>\n";
  }
  const std::string report = report_of(verdict, check, grade.language);
  if (check.state == State::skipped) {
    return out + fmt::format(">\n      <skipped message=\"{}\"/>\n    </testcase>\n", escaped_xml(report));
  }
  return out + fmt::format(">\n      <failure type=\"{}\" message=\"{}\">{}</failure>\n    </testcase>\n",
                           escaped_xml(check.id), escaped_xml(plain(grade.language, check.message)),
                           escaped_xml(report));
}

}  // namespace

std::string to_junit(const Grade& grade) {
  std::string suites;
  int tests = 0, failures = 0, skipped = 0;
  for (const GradedStage& stage : grade.stages) {
    const Verdict& verdict = stage.verdict;
    const int failed = count(verdict, State::failed), left = count(verdict, State::skipped);
    suites += fmt::format(
        R"(  <testsuite name="{}" tests="{}" failures="{}" errors="0" skipped="{}" time="{:.3f}" timestamp="{}">)",
        escaped_xml(verdict.stage), verdict.checks.size(), failed, left, verdict.seconds, escaped_xml(grade.datetime));
    suites += "\n";
    for (const CheckResult& check : verdict.checks) {
      suites += junit_case(grade, stage, check, &check == verdict.checks.data());
    }
    suites += "  </testsuite>\n";
    tests += static_cast<int>(verdict.checks.size());
    failures += failed;
    skipped += left;
  }
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      R"(<testsuites name="{}" tests="{}" failures="{}" errors="0" skipped="{}" time="{:.3f}">)"
      "\n{}</testsuites>\n",
      escaped_xml(grade.exercise), tests, failures, skipped, grade.seconds(), suites);
}

std::string to_github(const Grade& grade) {
  std::string out;
  for (const GradedStage& stage : grade.stages) {
    for (const CheckResult& check : stage.verdict.checks) {
      if (check.state != State::failed) {
        continue;
      }
      const std::string title = plain(grade.language, stage.title) + ": " + plain(grade.language, check.title);
      out += fmt::format("::error file={},line={},title={}::{}\n",
                         escaped_command(clean_text(path_in(grade, stage.verdict)), true), std::max(1, check.line),
                         escaped_command(title, true),
                         escaped_command(report_of(stage.verdict, check, grade.language), false));
    }
  }
  return out + fmt::format("::notice title=Autograding complete::{}: {:g} / {:g}\n",
                           escaped_command(plain(grade.language, grade.title), false), grade.points(),
                           grade.points_max());
}

}  // namespace lessons
