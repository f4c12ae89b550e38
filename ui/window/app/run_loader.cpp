#include "ui/window/app/run_loader.h"

#include <new>
#include <utility>

#include "sim/base/error.h"

namespace app {

RunLoader::~RunLoader() {
  if (working_) {
    working_->wait();
  }
}

RunLoader::Result RunLoader::make(const Request& request, const std::string& assets) {
  Result result;
  result.scenario = request.scenario;
  try {
    result.run = scope::Run::make(request.scenario, assets, request.options);
  } catch (const sim::Error& error) {
    result.where = error.where();
    result.message = error.message();
    result.hint = error.hint();
  } catch (const std::bad_alloc&) {
    result.message = "there is not enough memory for this run";
    result.hint = "take a shorter sequence or fewer heads";
  } catch (const std::exception& error) {
    result.message = error.what();
  }
  return result;
}

void RunLoader::request(const sim::Scenario& scenario, const scope::RunOptions& options) {
  if (!background_) {
    done_ = make({scenario, options}, assets_);
    return;
  }
  waiting_ = Request{scenario, options};
  if (!working_) {
    start();
  }
}

void RunLoader::start() {
  working_ = std::async(std::launch::async,
                        [request = std::move(*waiting_), assets = assets_] { return make(request, assets); });
  waiting_.reset();
}

std::optional<RunLoader::Result> RunLoader::poll(std::chrono::milliseconds patience) {
  if (working_ && working_->wait_for(patience) == std::future_status::ready) {
    done_ = working_->get();
    working_.reset();
    if (waiting_) {
      start();
    }
  }
  return std::exchange(done_, std::nullopt);
}

}  // namespace app
