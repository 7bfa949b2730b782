#include "train/trainer_options.hpp"

#include "castnet_shared/limits.hpp"
#include "report/metrics.hpp"

namespace castnet {
namespace {

// As in a spec.
constexpr std::int64_t kLargestSeed = (std::int64_t{1} << 53) - 1;

}  // namespace

void add_options(CLI::App& app, TrainerOptions& options) {
  app.add_option("--data", options.data, "Data root (default: CASTNET_DATA, else ./data)");
  app.add_option("-o,--out", options.out, "Run directory (default: runs/NAME)");
  auto* resume = app.add_flag("--resume", options.resume, "Continue the run in the run directory");
  app.add_flag("--allow-other-build", options.allow_other_build,
               "Continue it also if another compiler, processor or castnet began it")
      ->needs(resume);
  app.add_option("--seed", options.seed, "Replaces the spec's seed")
      ->check(CLI::Range(std::int64_t{0}, kLargestSeed));
  app.add_option("--epochs", options.epochs, "Replaces the spec's number of epochs")
      ->check(CLI::Range(1, kMostEpochs));
  app.add_option("--threads", options.threads, "Threads (default: all cores)")
      ->check(CLI::Range(1, 4096));
  app.add_option("--spec-file", options.spec_file, "The spec, whose text goes into run.json")
      ->check(CLI::ExistingFile);
  app.add_flag("--quiet", options.quiet, "No progress");
  auto* eval = app.add_option("--eval", options.checkpoint,
                              "Only print test (or held-out) loss and accuracy of this checkpoint")
                   ->check(CLI::ExistingFile);
  auto* profile =
      app.add_flag("--profile", options.profile,
                   "Only train some steps and print where their time goes, layer by layer");
  auto* replay = app.add_option("--replay", options.replay,
                                "Only train again what this run directory tells of, and say where "
                                "the first difference is")
                     ->check(CLI::ExistingDirectory)
                     ->excludes(eval, profile);
  app.add_option("--replay-epochs", options.replayed_epochs,
                 "Which epochs --replay compares, A:B (default: all)")
      ->needs(replay);
  auto* show =
      app.add_option("--show", options.show,
                     "Only draw the test images in this file, which is as predictions.csv, into "
                     "the PNG file --out")
          ->check(CLI::ExistingFile);
  app.add_option("--heading", options.heading, "Text above the images of --show")->needs(show);
  app.add_option("--title", options.title,
                 "Title of the pictures (default: NAME, or NAME (VARIANT))");
  app.add_flag("--identity", options.identity,
               "Only print what makes a run what it is, data included, as JSON")
      ->excludes(eval, profile, show, replay);
  auto* grad_cam =
      app.add_flag("--grad-cam", options.grad_cam,
                   "Draw where the network looked for the predicted classes: at the end of the "
                   "training, of the misclassified images, into grad_cam.png; with --show, of its "
                   "images")
          ->excludes(eval, profile, replay);
  app.add_option("--weights", options.weights,
                 "Checkpoint for --show with --grad-cam (default: that of the reported epoch in "
                 "the list's folder)")
      ->check(CLI::ExistingFile)
      ->needs(show, grad_cam);
}

}  // namespace castnet
