// The engine of programs whose memory is the host's: a step at a time.
#pragma once

#include <vector>

#include "data/augment.hpp"
#include "train/engine.hpp"

namespace castnet {

class HostEngine final : public Engine {
 public:
  HostEngine(Program& program, const Split& split);

  void begin_epoch(std::span<const Step> steps, std::size_t position,
                   const TrainingSums& before) override;
  std::size_t advance() override;
  TrainingSums sums() override { return sums_; }
  bool immediate() const override { return true; }
  bool evaluate(const StopHook& stop, Evaluation& result) override;

 private:
  Program& program_;
  const Split& split_;
  Augmenter augmenter_;
  std::vector<std::uint32_t> order_;
  std::span<const Step> steps_;
  std::size_t position_ = 0;
  TrainingSums sums_;
};

}  // namespace castnet
