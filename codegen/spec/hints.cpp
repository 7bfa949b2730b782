#include "spec/hints.hpp"

#include <fmt/core.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "spec/names.hpp"
#include "spec/parse.hpp"

namespace castnet::codegen {
namespace {

/// Other words, in lower-case letters and digits alone, and their possible meanings: a word of
/// castnet, or the end of a key's path.
struct Synonym {
  std::string_view words;  ///< separated by spaces
  std::array<std::string_view, 2> meanings;
};

constexpr Synonym kSynonyms[] = {
    {"lr learningrate baselr initiallr", {"schedule.constant.rate", "schedule.one_cycle.peak"}},
    {"maxlr peaklr", {"schedule.one_cycle.peak"}},
    {"minlr etamin", {"schedule.cosine.minimum"}},
    {"gamma", {"schedule.step.factor"}},
    {"stepsize", {"schedule.step.every"}},
    {"pctstart warmupepochs warmupsteps", {"schedule.one_cycle.warmup"}},
    {"scheduler lrscheduler lrschedule learningrateschedule", {"train.schedule"}},
    {"momentum", {"optimizer.sgd.momentum"}},
    {"betas", {"optimizer.adam.beta1", "optimizer.adam.beta2"}},
    {"wd decay l2", {"optimizer.sgd.weight_decay"}},
    {"opt optim optimiser", {"train.optimizer"}},
    {"batchsize bs minibatch", {"train.batch"}},
    {"numepochs nepochs maxepochs", {"train.epochs"}},
    {"randomseed manualseed", {"train.seed"}},
    {"augmentation augmentations transform transforms dataaugmentation", {"train.augment"}},
    {"gradclip gradientclipping clipnorm clipgradnorm maxnorm maxgradnorm", {"train.clip.norm"}},
    {"clipvalue clipgradvalue", {"train.clip.value"}},
    {"earlystop", {"train.early_stopping"}},
    {"dataset", {"data"}},
    {"model network net architecture arch", {"layers"}},
    {"params maxparams maxparameters parameterbudget", {"budget.parameters"}},
    {"flops", {"budget.macs"}},
    {"validationsplit valsplit", {"hold_out"}},
    {"normalization normalisation normalizer normlayer", {"norm"}},
    {"batchnorm batchnorm2d batchnormalization bn bn2d", {"batch", "norm"}},
    {"groupnorm groupnormalization gn", {"group", "norm"}},
    {"layernorm layernormalization ln", {"layer", "norm"}},
    {"instancenorm instancenorm2d in", {"instance", "norm"}},
    {"act nonlinearity activationfn activationfunction", {"activation", "act"}},
    {"swish", {"silu"}},
    {"lrelu", {"leaky_relu"}},
    {"kernelsize ksize filtersize", {"kernel"}},
    {"strides", {"stride"}},
    {"pad pads", {"padding"}},
    {"outchannels filters numfilters outfeatures units", {"channels"}},
    {"usebias", {"bias"}},
    {"numgroups", {"groups"}},
    {"residual shortcut", {"skip"}},
    {"se seblock semodule squeezeexcitation squeezeandexcitation squeezeexcite", {"squeeze"}},
    {"parametricrelu", {"prelu"}},
    {"channellayernorm layernorm2d", {"channel"}},
    {"epsilon", {"eps"}},
    {"p prob dropoutrate droprate", {"dropout.rate", "probability"}},
    {"dropout2d spatialdropout spatialdropout2d", {"channel", "dropout"}},
    {"he henormal heuniform kaiminguniform kaimingnormal default", {"kaiming"}},
    {"glorot glorotuniform xavieruniform", {"xavier"}},
    {"cosineannealing cosineannealinglr cosinedecay", {"cosine"}},
    {"steplr", {"step"}},
    {"multisteplr", {"multi_step"}},
    {"onecyclelr", {"one_cycle"}},
    {"randomcrop", {"crop"}},
    {"hflip horizontalflip randomhorizontalflip", {"flip"}},
    {"randomerasing", {"cutout"}},
    {"conv conv2d conv3x3 convolution", {"C", "conv"}},
    {"conv1x1 pointwise pointwiseconv", {"c"}},
    {"dw dwconv depthwise depthwiseconv depthwiseconv2d", {"D"}},
    {"maxpool maxpool2d maxpooling maxpooling2d", {"max", "P"}},
    {"avg mean avgpool avgpool2d averagepool averagepooling averagepooling2d", {"average", "P"}},
    {"globalavgpool globalaveragepool globalaveragepooling globalaveragepooling2d globalpool "
     "adaptiveavgpool2d",
     {"GAP"}},
    {"fc dense linear fullyconnected", {"F", "linear"}},
    {"pool", {"P"}}};

/// Keeps only letters, in lower case, and digits: `BatchNorm2d`, `batch_norm-2d` and `batchnorm2d`
/// are one word.
std::string plain(std::string_view word) {
  std::string text;
  for (const char c : word.substr(0, kLongestName)) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte)) text += static_cast<char>(std::tolower(byte));
  }
  return text;
}

std::string_view last_key(std::string_view path) { return path.substr(path.rfind('.') + 1); }

std::vector<std::string_view> meanings(std::string_view word) {
  const std::string wanted = " " + plain(word) + " ";
  std::vector<std::string_view> found;
  for (const Synonym& synonym : kSynonyms) {
    if (fmt::format(" {} ", synonym.words).find(wanted) == std::string::npos) continue;
    for (const std::string_view meaning : synonym.meanings) {
      if (!meaning.empty()) found.push_back(meaning);
    }
  }
  return found;
}

void add_paths(const Form& form, const std::string& path, std::vector<std::string>& paths) {
  const auto add = [&](const std::string& name, const Form& inner) {
    const std::string whole = path.empty() ? name : path + "." + name;
    paths.push_back(whole);
    add_paths(inner, whole, paths);
  };
  for (const Property& one : form.properties) {
    if (one.name != "variants") add(one.name, one.form);
  }
  for (const Form& part : form.parts) add_paths(part, path, paths);
  // The keys of any layer.
  if (!form.patterns.empty()) add("LAYER", form.patterns.front().form);
}

std::string_view first_key(std::string_view path) { return path.substr(0, path.find('.')); }

/// Whether a user who writes in `section` may mean that path. From the top level this may be any
/// path; from elsewhere it may be one at the top level or in the same part of a spec, such as
/// `train`.
bool within_reach(std::string_view path, std::string_view section,
                  const std::vector<std::string>& paths) {
  if (section.empty() || first_key(path) == path) return true;
  const std::string inside = fmt::format(".{}.", section);
  return std::ranges::any_of(paths, [&](const std::string& one) {
    return ("." + one).find(inside) != std::string::npos && first_key(one) == first_key(path);
  });
}

/// For each of `ends`, the first path with that end, quoted.
std::vector<std::string> paths_to(const std::vector<std::string_view>& ends,
                                  std::string_view section, const std::vector<std::string>& paths) {
  std::vector<std::string> found;
  for (const std::string_view end : ends) {
    const std::string tail = fmt::format(".{}", end);
    const auto path = std::ranges::find_if(paths, [&](const std::string& one) {
      return fmt::format(".{}", one).ends_with(tail) && within_reach(one, section, paths);
    });
    if (path == paths.end()) continue;
    const bool top = first_key(*path) == *path;
    found.push_back(
        fmt::format("'{}'{}", *path, top && !section.empty() ? " at the top level" : ""));
  }
  return found;
}

}  // namespace

std::string_view meant_by(std::string_view word, std::span<const std::string_view> words) {
  if (const auto same = std::ranges::find(words, word); same != words.end()) return *same;
  for (const std::string_view meaning : meanings(word)) {
    const auto found = std::ranges::find(words, last_key(meaning));
    if (found != words.end()) return *found;
  }
  const std::string wanted = plain(word);
  if (wanted.empty()) return {};
  const auto found = std::ranges::find(words, wanted, plain);
  return found == words.end() ? std::string_view() : *found;
}

std::string word_hint(std::string_view word, std::span<const std::string_view> words,
                      std::string_view known) {
  const std::string_view meant = meant_by(word, words);
  return meant.empty() ? suggest(word, words, known) : fmt::format("did you mean '{}'?", meant);
}

std::string key_hint(std::string_view key, std::string_view section,
                     std::span<const std::string_view> known) {
  const std::string_view here = meant_by(key, known);
  const std::vector<std::string_view> ends = meanings(key);
  if (here.empty()) {
    const std::vector<std::string> paths = key_paths();
    std::vector<std::string> elsewhere = paths_to(ends, section, paths);
    // A slip of the pen is likelier than a key in the wrong place, and so deep down is none at all.
    const bool high = section.empty() || std::ranges::find(paths, section) != paths.end();
    if (ends.empty() && high && nearest(key, known).empty()) {
      elsewhere = paths_to({key}, section, paths);
    }
    if (!elsewhere.empty()) return fmt::format("did you mean {}?", fmt::join(elsewhere, " or "));
  }
  return known.empty() ? "it takes no keys" : word_hint(key, known, "known keys");
}

std::vector<std::string_view> hinted_paths() {
  std::vector<std::string_view> paths;
  for (const Synonym& synonym : kSynonyms) {
    for (const std::string_view meaning : synonym.meanings) {
      if (meaning.find('.') != std::string_view::npos) paths.push_back(meaning);
    }
  }
  return paths;
}

std::vector<std::string> key_paths() {
  std::vector<std::string> paths;
  add_paths(spec_form(), "", paths);
  return paths;
}

}  // namespace castnet::codegen
