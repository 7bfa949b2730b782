// Specs that between them use every kind of operation.
#pragma once

#include "support.hpp"

namespace castnet::codegen {

inline std::vector<std::string> core_specs() {
  const std::string head = "name: n\ndata: cifar10\n";
  return {
      head + "layers: C1:4 GAP c2:10\n",
      head + "norm: batch\nlayers: C1:8 C2:8 c3:4 P1 C4:8 GAP c5:10\ndropout: 0.1\n",
      head + "norm: layer\nblock: conv relu norm dropout\nlayers: C1:8 D2 P1 F3:10\ndropout: 0.1\n",
      head +
          "norm: batch\nlayers: C1:8 C2:8 C3:8 C4:8 GAP c5:10\n"
          "overrides: {C3: {skip: C1}, C4: {skip: {from: C1, sum: after_block}, dropout: 0.2}}\n",
      head +
          "activation: gelu\nblock: conv act\nlayers: C1:4 C2:4 GAP c3:10\n"
          "overrides: {C2: {skip: C1}, c3: {bias: true}}\n",
      // Residual blocks: three readers of C1001, a strided projection with a norm, identities;
      // names that make long lines.
      head +
          "norm: batch\nlayers: C1001:8 C1002:8 C1003:8 C1004:16 C1005:16 C1006:16 GAP c7:10\n"
          "overrides: {C1002: {skip: {from: C1001, projection: {norm: {group: {groups: 4, eps: "
          "0.001}}}}},\n"
          "  C1003: {skip: {from: C1001, projection: true}, init: xavier}, C1004: {stride: 2},\n"
          "  C1005: {skip: {from: C1003, projection: {stride: 2, norm: batch}}},\n"
          "  C1006: {skip: {from: C1005, sum: after_block}, init: dirac}}\n",
      // Gates before and behind activations, learned slopes, statistics of each pixel.
      head +
          "norm: channel\nactivation: prelu\nlayers: C1:8 C2:8 D3 C4:8 GAP c5:10\n"
          "overrides: {C2: {squeeze: 4}, C4: {skip: C2, squeeze: 2, activation: sigmoid},\n"
          "  D3: {activation: {prelu: {shared: true}}, norm: {channel: {affine: none}}}}\n",
  };
}

}  // namespace castnet::codegen
