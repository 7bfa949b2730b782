#include "train/messages.hpp"

#include <fmt/format.h>

#include <string_view>

#include "castnet_shared/words.hpp"
#include "data/data_set.hpp"
#include "run/early_stopping.hpp"
#include "run/guessing.hpp"
#include "train/loop.hpp"

namespace castnet {
namespace {

/// The epoch of the figures, and the length of the run.
std::string choice(const EarlyStoppingRecipe& stopping, const RunIdentity& identity,
                   const TrainingState& state) {
  if (!watches(stopping)) {
    const EpochRow& best = best_epoch(state);
    return fmt::format("best {:.2f} % in epoch {}", best.test_accuracy, best.epoch);
  }
  const auto metric = to_word(stopping.metric);
  // A smaller improvement does not count, so that the value need not be the best.
  const std::string why =
      stopping.min_change > 0
          ? fmt::format("the last to improve {} by more than {:g}", metric, stopping.min_change)
          : fmt::format("the best {}", metric);
  if (!stopped_early(stopping, identity, state)) {
    return fmt::format("{} in {}", why, counted(state.rows.size(), "epoch"));
  }
  return fmt::format("{}, stopped after {} of {}", why, state.rows.size(),
                     counted(static_cast<std::uint64_t>(identity.epochs), "epoch"));
}

/// Lines about a training that has gone wrong; empty if there is nothing to say.
std::string doubts(const RunFacts& facts, const EpochRow& reported, const EpochRow& last) {
  const int classes = facts.info->classes;
  std::string text;
  if (diverged(last, classes)) {
    text += fmt::format(
        "diverged: in epoch {} the training loss is {:.4g} and the {} loss {:.4g}, where "
        "guessing among {} classes gives {:.4g}; lower the learning rate\n",
        last.epoch, last.train_loss, evaluated_word(*facts.split), last.test_loss, classes,
        guessing_loss(classes));
  }
  const DataSet& test = facts.split->test;
  if (no_better_than_guessing(reported.test_accuracy, test)) {
    text += fmt::format(
        "a {0} accuracy of {1:.2f} % is no better than guessing: always predicting the most "
        "frequent class of the "
        "{2} {0} images gives {3:.2f} ± {4:.2f} %\n",
        evaluated_word(*facts.split), reported.test_accuracy, test.size(), guessing_accuracy(test),
        guessing_margin(test));
  }
  return text;
}

}  // namespace

std::string summary(const RunFacts& facts, const RunIdentity& identity, const TrainingState& state,
                    const std::filesystem::path& folder, bool grad_cam) {
  const EarlyStoppingRecipe& stopping = facts.info->recipe.early_stopping;
  const EpochRow& reported = reported_epoch(stopping, state);
  return fmt::format("{0}: {1} accuracy {2:.2f} %, {1} loss {3:.4f} after {4}; {5}\n",
                     facts.info->name, evaluated_word(*facts.split), reported.test_accuracy,
                     reported.test_loss,
                     counted(static_cast<std::uint64_t>(reported.epoch), "epoch"),
                     choice(stopping, identity, state)) +
         doubts(facts, reported, state.rows.back()) +
         fmt::format("pictures: {0}/curves.png {0}/confusion.png {0}/misclassified.png{1}\n",
                     folder.string(),
                     grad_cam ? fmt::format(" {}/grad_cam.png", folder.string()) : "");
}

void rethrow_with_rest(const std::filesystem::path& last, std::optional<std::uint64_t> saved) {
  const std::string left =
      saved ? fmt::format("{} keeps the state after step {}", last.string(), *saved)
            : "no checkpoint has been saved";
  try {
    throw;
  } catch (const NonFiniteLoss& error) {
    throw NonFiniteLoss(
        fmt::format("{}, in a new run; {}{}", error.what(), left,
                    saved ? ", but --resume would take the same steps to the same loss" : ""));
  } catch (const FileError& error) {
    throw std::runtime_error(fmt::format("{}; {}{}", with_advice(error, "--out"), left,
                                         saved ? ": continue with --resume" : ""));
  }
}

}  // namespace castnet
