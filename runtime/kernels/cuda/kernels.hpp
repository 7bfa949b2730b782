// All CUDA kernels, for generated source.
#pragma once

#include "kernels/cuda/activation.hpp"
#include "kernels/cuda/add.hpp"
#include "kernels/cuda/arena.hpp"
#include "kernels/cuda/bias.hpp"
#include "kernels/cuda/dropout.hpp"
#include "kernels/cuda/loss.hpp"
#include "kernels/cuda/muon.hpp"
#include "kernels/cuda/norm.hpp"
#include "kernels/cuda/norm_dropout.hpp"
#include "kernels/cuda/optimizer.hpp"
#include "kernels/cuda/pool.hpp"
