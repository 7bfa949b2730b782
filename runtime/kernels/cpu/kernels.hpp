// All CPU kernels, for generated source.
#pragma once

#include "kernels/cpu/activation.hpp"
#include "kernels/cpu/add.hpp"
#include "kernels/cpu/blocks.hpp"
#include "kernels/cpu/conv.hpp"
#include "kernels/cpu/conv_activation.hpp"
#include "kernels/cpu/conv_norm.hpp"
#include "kernels/cpu/conv_pool.hpp"
#include "kernels/cpu/dropout.hpp"
#include "kernels/cpu/images.hpp"
#include "kernels/cpu/layout.hpp"
#include "kernels/cpu/linear.hpp"
#include "kernels/cpu/loss.hpp"
#include "kernels/cpu/muon.hpp"
#include "kernels/cpu/norm.hpp"
#include "kernels/cpu/optimizer.hpp"
#include "kernels/cpu/pool.hpp"
