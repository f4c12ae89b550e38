// Simulates scenarios while the window goes on: the newest request wins, the last valid run stays until then.
#pragma once

#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <string>

#include "ui/scope/run.h"

namespace app {

class RunLoader {
 public:
  /// `background`: false runs each request at once, in the caller (tests, pictures, machines without threads).
  RunLoader(std::string assets, bool background) : assets_(std::move(assets)), background_(background) {}
  ~RunLoader();

  void request(const sim::Scenario& scenario, const scope::RunOptions& options);
  bool busy() const { return working_.has_value() || waiting_.has_value(); }

  struct Result {
    std::shared_ptr<scope::Run> run;  ///< or null
    sim::Scenario scenario;
    std::string where, message, hint;  ///< of the error
  };
  /// The result of the last finished request, once. Waits up to `patience` for one that is at work.
  std::optional<Result> poll(std::chrono::milliseconds patience = {});

 private:
  struct Request {
    sim::Scenario scenario;
    scope::RunOptions options;
  };
  void start();
  static Result make(const Request& request, const std::string& assets);

  std::string assets_;
  bool background_;
  std::optional<std::future<Result>> working_;
  std::optional<Request> waiting_;
  std::optional<Result> done_;
};

}  // namespace app
