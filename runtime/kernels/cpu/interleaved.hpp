// Two kinds of work in turn.
#pragma once

namespace castnet::cpu::detail {

/// Spreads units of work evenly behind the parts of other work: what waits for memory and what
/// waits for multipliers then overlap, as a processor looks some hundred instructions ahead.
template <int Units, int Parts>
class Interleaved {
 public:
  /// Behind each part: run(unit) for the units whose turn it is.
  template <class Run>
  [[gnu::always_inline]] void next(const Run& run) {
    for (++part_; unit_ * Parts < part_ * Units; ++unit_) run(unit_);
  }

 private:
  int unit_ = 0, part_ = 0;
};

}  // namespace castnet::cpu::detail
