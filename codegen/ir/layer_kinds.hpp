// The kinds of layers that tokens name. All that specs know of a kind stands in its row.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace castnet::codegen {

/// What a layer's core is (layers/ make the operation of it).
enum class LayerKind { convolution, depthwise, pool, global_pool, linear };

struct TokenKind {
  std::string_view token;   ///< what stands before the number; whole where there is none: GAP
  LayerKind kind;           ///< of the core
  std::string_view text;    ///< in messages
  std::string_view keys;    ///< of `defaults` and `overrides` that it has
  std::string_view block;   ///< the steps where a spec gives none
  int kernel = 0;           ///< by default
  bool numbered = true;     ///< whether a number belongs to the token
  bool as_the_top = false;  ///< whether the top level's block and dropout hold for it

  /// By which code tells the kind from others.
  constexpr char letter() const { return token.front(); }

  /// Whether it has such a key.
  constexpr bool has(std::string_view key) const {
    for (std::string_view rest = keys; !rest.empty();) {
      const std::size_t end = std::min(rest.find(' '), rest.size());
      if (rest.substr(0, end) == key) return true;
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return false;
  }
  /// Whether the token has output channels behind it.
  constexpr bool counted() const { return has("channels"); }
};

inline constexpr std::array kTokenKinds = std::to_array<TokenKind>({
    {.token = "C",
     .kind = LayerKind::convolution,
     .text = "a 3x3 convolution",
     .keys = "channels kernel stride padding dilation groups bias init norm activation squeeze "
             "dropout block skip",
     .block = "conv norm act dropout",
     .kernel = 3,
     .as_the_top = true},
    {.token = "c",
     .kind = LayerKind::convolution,
     .text = "a 1x1 convolution",
     .keys = "channels kernel stride padding dilation groups bias init norm activation squeeze "
             "dropout block skip",
     .block = "conv dropout",
     .kernel = 1},
    {.token = "D",
     .kind = LayerKind::depthwise,
     .text = "a depthwise convolution",
     .keys = "kernel stride padding dilation bias init norm activation squeeze dropout block skip",
     .block = "conv norm act dropout",
     .kernel = 3,
     .as_the_top = true},
    {.token = "P",
     .kind = LayerKind::pool,
     .text = "a pooling",
     .keys = "kernel stride padding dropout block pool skip",
     .block = "pool dropout",
     .kernel = 2},
    {.token = "GAP",
     .kind = LayerKind::global_pool,
     .text = "a global pooling",
     .keys = "dropout block",
     .block = "pool dropout",
     .numbered = false},
    {.token = "F",
     .kind = LayerKind::linear,
     .text = "a fully connected layer",
     .keys = "channels bias init activation dropout block skip",
     .block = "linear dropout"},
});

/// The row of a letter that has one.
constexpr const TokenKind& token_kind(char letter) {
  return *std::find_if(kTokenKinds.begin(), kTokenKinds.end(),
                       [letter](const TokenKind& kind) { return kind.letter() == letter; });
}

}  // namespace castnet::codegen
