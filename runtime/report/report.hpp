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

/// Loss and accuracy over the epochs in two panels, train dashed and test solid (1200×500);
/// `evaluated` is what the latter is called.
std::string curves_png(const std::string& title, const std::vector<EpochRow>& rows,
                       std::string_view evaluated);

/// How often each true class was taken for each class, over the test set.
class ConfusionMatrix {
 public:
  ConfusionMatrix(const Split& split, const Evaluation& evaluation);
  std::size_t classes() const { return classes_; }
  std::uint64_t count(std::size_t truth, std::size_t predicted) const {
    return counts_[truth * classes_ + predicted];
  }
  std::uint64_t images(std::size_t truth) const;  ///< of one class
  /// Percent; nothing for a class without images.
  std::optional<double> accuracy(std::size_t truth) const;

 private:
  std::size_t classes_;
  std::vector<std::uint64_t> counts_;  ///< [true][predicted]
};

/// Rows true, columns predicted, each row ended by the class's accuracy in percent: an empty cell
/// for a class without images.
std::string confusion_csv(const ConfusionMatrix& matrix, const std::vector<std::string>& classes);
/// The same beneath a title and the accuracy of all, shaded by the share of the true class. The
/// more classes, the smaller the cells: numbers stand in them where all can be read.
std::string confusion_png(const std::string& title, const ConfusionMatrix& matrix,
                          const std::vector<std::string>& classes);

inline constexpr std::size_t kGridColumns = 5;
inline constexpr std::size_t kGridRows = 2;

/// What the evaluated network says of every test image, in order.
std::vector<report::Prediction> predictions(const Split& split, const Evaluation& evaluation);

/// The `most` wrong ones with the highest loss, highest first, equals by index.
std::vector<report::Prediction> worst_misclassified(std::vector<report::Prediction> predictions,
                                                    std::size_t most);

/// The first images of the list (5 columns × 2 rows), each pixel of a small one enlarged to a
/// square, with "true → predicted" and the probability beneath; `none` instead of an empty list.
/// Indices are below the number of test images. With `maps`, one an image, each is drawn over its
/// image in grey, beneath the image.
std::string predictions_png(const std::string& heading, const std::string& none, const Split& split,
                            const std::vector<report::Prediction>& predictions,
                            std::span<const HeatMap> maps = {});

/// One image as it is: a pixel a pixel.
std::string image_png(const DataSet& set, std::size_t index);

}  // namespace castnet
