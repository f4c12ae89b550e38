// Which of its rules the timing model keeps.
#pragma once

namespace sim {

/// Rules of the timing model that no number of a machine switches off: for ablations.
struct TimingRules {
  bool passes = true;        ///< ops of a pass over registers work side by side; else one after the other
  bool feed_stall = true;    ///< mma.sync waits a little for its operands
  bool mma_slots = true;     ///< mma.sync gets the issue slots that other instructions leave
  bool oldest_first = true;  ///< a unit serves the oldest block; else all that want it equally
  bool landings = true;      ///< copies that land take the SMEM port
};

}  // namespace sim
