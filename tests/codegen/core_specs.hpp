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
      // Residual blocks: three readers of C1, a strided projection with a norm, identities.
      head +
          "norm: batch\nlayers: C1:8 C2:8 C3:8 C4:16 C5:16 C6:16 GAP c7:10\n"
          "overrides: {C2: {skip: {from: C1, projection: {norm: batch}}},\n"
          "  C3: {skip: {from: C1, projection: true}, init: xavier}, C4: {stride: 2},\n"
          "  C5: {skip: {from: C3, projection: {stride: 2, norm: batch}}},\n"
          "  C6: {skip: {from: C5, sum: after_block}, init: dirac}}\n",
  };
}

}  // namespace castnet::codegen
