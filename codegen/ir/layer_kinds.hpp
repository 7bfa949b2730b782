// The kinds of layers that tokens name. Each row holds all facts about a kind that specs use.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace castnet::codegen {

/// The core of a layer (layers/ makes its operation).
enum class LayerKind { convolution, depthwise, pool, global_pool, linear };

struct TokenKind {
  std::string_view token;   ///< text before the number; the whole token if it has no number: GAP
  LayerKind kind;           ///< kind of the core
  std::string_view text;    ///< description in messages
  std::string_view keys;    ///< its keys in `defaults` and `overrides`
  std::string_view block;   ///< the default steps
  int kernel = 0;           ///< default kernel
  bool numbered = true;     ///< whether a number belongs to the token
  bool as_the_top = false;  ///< whether the top level's block and dropout apply to it

  /// The letter by which code distinguishes the kinds.
  constexpr char letter() const { return token.front(); }

  /// Whether the kind has this key.
  constexpr bool has(std::string_view key) const {
    for (std::string_view rest = keys; !rest.empty();) {
      const std::size_t end = std::min(rest.find(' '), rest.size());
      if (rest.substr(0, end) == key) return true;
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return false;
  }
  /// Whether the token gives output channels.
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
