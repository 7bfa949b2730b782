// Products of matrices by one block of threads.
#pragma once

#include <cstddef>

#include "kernels/cuda/reduce.hpp"

namespace castnet::cuda {

/// Threads of a block that multiplies.
inline constexpr int kProductThreads = 512;

/// The block makes so many sums at a time, each thread some of one column, from so many of their
/// terms in shared memory.
inline constexpr int kTileRows = 64;
inline constexpr int kTileColumns = kWarp;
inline constexpr int kTileTerms = 32;
inline constexpr int kThreadRows = kTileRows * kTileColumns / kProductThreads;

/// The same for all threads of a warp: which rows of a tile are theirs.
__device__ inline int first_thread_row() { return int(threadIdx.x) / kTileColumns * kThreadRows; }

/// Element (row, term) of a left matrix is left(row, term) and lies beside that of the next row in
/// memory, or of the next term.
enum class Beside { row, term };

/// For all rows and columns: out(row, column, sum) with sum = first(row, column) + the sum over the
/// terms of left(row, term) * right(term, column), in ascending order. right's columns lie side by
/// side in memory. Then waits for the whole block.
template <Beside Adjacent, class First, class Left, class Right, class Out>
__device__ void product(int rows, int columns, int terms, First first, Left left, Right right,
                        Out out) {
  // Padded: rows side by side are written to different banks, too.
  __shared__ float lefts[kTileTerms][kTileRows + 4];
  __shared__ float rights[kTileTerms][kTileColumns];
  const int thread = int(threadIdx.x), threads = int(blockDim.x);
  for (int tile = 0; tile < rows; tile += kTileRows) {
    for (int begin = 0; begin < columns; begin += kTileColumns) {
      const int row = tile + first_thread_row(), column = begin + thread % kTileColumns;
      float sums[kThreadRows] = {};
      CASTNET_UNROLL
      for (int r = 0; r < kThreadRows; ++r) {
        if (row + r < rows && column < columns) sums[r] = first(row + r, column);
      }
      for (int term = 0; term < terms; term += kTileTerms) {
        for (int i = thread; i < kTileTerms * kTileRows; i += threads) {
          const int t = Adjacent == Beside::row ? i / kTileRows : i % kTileTerms;
          const int r = Adjacent == Beside::row ? i % kTileRows : i / kTileTerms;
          const bool there = tile + r < rows && term + t < terms;
          lefts[t][r] = there ? left(tile + r, term + t) : 0.0F;
        }
        for (int i = thread; i < kTileTerms * kTileColumns; i += threads) {
          const int t = i / kTileColumns, c = i % kTileColumns;
          const bool there = term + t < terms && begin + c < columns;
          rights[t][c] = there ? right(term + t, begin + c) : 0.0F;
        }
        __syncthreads();
        if (row < rows) {
          CASTNET_UNROLL
          for (int t = 0; t < kTileTerms; ++t) {
            const float factor = rights[t][thread % kTileColumns];
            CASTNET_UNROLL
            for (int r = 0; r < kThreadRows; ++r) {
              sums[r] += lefts[t][first_thread_row() + r] * factor;
            }
          }
        }
        __syncthreads();  // the next terms take the place of these
      }
      CASTNET_UNROLL
      for (int r = 0; r < kThreadRows; ++r) {
        if (row + r < rows && column < columns) out(row + r, column, sums[r]);
      }
    }
  }
  __syncthreads();
}

}  // namespace castnet::cuda
