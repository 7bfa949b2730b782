// The pictures and tables of a run directory. Every function returns a whole file's bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/evaluation.hpp"
#include "data/data_set.hpp"
#include "report/api/castnet_report/predictions.hpp"
#include "report/heat_map.hpp"
#include "report/metrics.hpp"

namespace castnet {

/// Loss and accuracy over the epochs in two panels, train dashed and test solid (1200×500).
/// `evaluated` is the name of the test images.
std::string curves_png(const std::string& title, const std::vector<EpochRow>& rows,
                       std::string_view evaluated);

/// The number of times that each true class was predicted as each class, over the test set.
class ConfusionMatrix {
 public:
  ConfusionMatrix(const Split& split, const Evaluation& evaluation);
  std::size_t classes() const { return classes_; }
  std::uint64_t count(std::size_t truth, std::size_t predicted) const {
    return counts_[truth * classes_ + predicted];
  }
  std::uint64_t images(std::size_t truth) const;  ///< of one class
  /// The accuracy in percent; nothing for a class without images.
  std::optional<double> accuracy(std::size_t truth) const;

 private:
  std::size_t classes_;
  std::vector<std::uint64_t> counts_;  ///< [true][predicted]
};

/// The table with true classes in rows and predicted ones in columns. Each row ends with the
/// class's accuracy in percent, which is empty for a class without images.
std::string confusion_csv(const ConfusionMatrix& matrix, const std::vector<std::string>& classes);
/// The same table as a picture, below a title and the total accuracy, shaded by the share of the
/// true class. The cells become smaller with more classes, and show numbers only if all are
/// readable.
std::string confusion_png(const std::string& title, const ConfusionMatrix& matrix,
                          const std::vector<std::string>& classes);

inline constexpr std::size_t kGridColumns = 5;
inline constexpr std::size_t kGridRows = 2;

/// The predictions of the evaluated network for every test image, in order.
std::vector<report::Prediction> predictions(const Split& split, const Evaluation& evaluation);

/// The `most` wrong predictions with the highest loss, highest first, equal losses by index.
std::vector<report::Prediction> worst_misclassified(std::vector<report::Prediction> predictions,
                                                    std::size_t most);

/// Draws the first images of the list (5 columns × 2 rows), with each pixel of a small image
/// enlarged to a square, and "true → predicted" and the probability below. Shows `none` for an
/// empty list. Indices are below the number of test images. `maps` has one map per image, which is
/// drawn over the grey image below it.
std::string predictions_png(const std::string& heading, const std::string& none, const Split& split,
                            const std::vector<report::Prediction>& predictions,
                            std::span<const HeatMap> maps = {});

/// One image in its own size.
std::string image_png(const DataSet& set, std::size_t index);

}  // namespace castnet
