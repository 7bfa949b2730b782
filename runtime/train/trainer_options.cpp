#include "train/trainer_options.hpp"

#include "castnet_shared/limits.hpp"
#include "report/metrics.hpp"

namespace castnet {
namespace {

// The same limit as in a spec.
constexpr std::int64_t kLargestSeed = (std::int64_t{1} << 53) - 1;

}  // namespace

void add_options(CLI::App& app, TrainerOptions& options) {
  app.add_option("--data", options.data, "Data root (default: $CASTNET_DATA, or else ./data)");
  app.add_option("-o,--out", options.out, "Run directory (default: runs/NAME)");
  auto* resume = app.add_flag("--resume", options.resume, "Continue the run in the run directory");
  app.add_flag("--allow-other-build", options.allow_other_build,
               "Continue the run even if another compiler, processor or castnet began it")
      ->needs(resume);
  app.add_option("--seed", options.seed, "Seed instead of the spec's")
      ->check(CLI::Range(std::int64_t{0}, kLargestSeed));
  app.add_option("--epochs", options.epochs, "Number of epochs instead of the spec's")
      ->check(CLI::Range(1, kMostEpochs));
  app.add_option("--threads", options.threads, "Number of threads (default: all cores)")
      ->check(CLI::Range(1, 4096));
  app.add_option("--spec-file", options.spec_file, "Spec file whose text goes into run.json")
      ->check(CLI::ExistingFile);
  app.add_flag("--quiet", options.quiet, "Print no progress");
  auto* eval =
      app.add_option("--eval", options.checkpoint,
                     "Only print the test (or held-out) loss and accuracy of this checkpoint")
          ->check(CLI::ExistingFile);
  auto* profile = app.add_flag("--profile", options.profile,
                               "Only train some steps, and print the time of each layer");
  auto* replay = app.add_option("--replay", options.replay,
                                "Only train the run of this directory again, and name the first "
                                "difference")
                     ->check(CLI::ExistingDirectory)
                     ->excludes(eval, profile);
  app.add_option("--replay-epochs", options.replayed_epochs,
                 "Epochs that --replay compares, as A:B (default: all)")
      ->needs(replay);
  auto* show = app.add_option("--show", options.show,
                              "Only draw the test images that this file lists (in the format of "
                              "predictions.csv) into the PNG file --out")
                   ->check(CLI::ExistingFile);
  app.add_option("--heading", options.heading, "Heading above the images of --show")->needs(show);
  app.add_option("--title", options.title,
                 "Title of the pictures (default: NAME, or NAME (VARIANT))");
  app.add_flag("--identity", options.identity,
               "Only print the identity of the run and its data, as JSON")
      ->excludes(eval, profile, show, replay);
  auto* grad_cam =
      app.add_flag("--grad-cam", options.grad_cam,
                   "Draw heat maps of where the network looked for the predicted classes: of the "
                   "misclassified images at the end of the training, into grad_cam.png, or of the "
                   "images of --show")
          ->excludes(eval, profile, replay);
  app.add_option("--weights", options.weights,
                 "Checkpoint for --show with --grad-cam (default: the reported epoch's checkpoint "
                 "in the list's folder)")
      ->check(CLI::ExistingFile)
      ->needs(show, grad_cam);
}

}  // namespace castnet
