# shellcheck shell=bash
# Sourced: where data sets lie.

# Whether CIFAR-10 lies below the data root $1, in one of the folders where trainers look for it.
has_cifar10() {
  local folder
  for folder in "$1/cifar10" "$1/cifar-10-batches-bin" "$1"; do
    [ ! -f "$folder/test_batch.bin" ] || return 0
  done
  return 1
}

# draw_mnist ROOT TRAINING TEST: MNIST's files below a data root, with so many images of noise and any labels.
draw_mnist() {
  local folder=$1/mnist split count i
  mkdir -p "$folder"
  for split in "train $2" "t10k $3"; do
    count=$(printf '\\0%o' 0 0 $((${split#* } / 256)) $((${split#* } % 256)))  # four bytes
    {
      printf '\0\0\10\3%b\0\0\0\34\0\0\0\34' "$count"
      head -c $((${split#* } * 28 * 28)) /dev/urandom
    } > "$folder/${split% *}-images-idx3-ubyte"
    {
      printf '\0\0\10\1%b' "$count"
      for ((i = 0; i < ${split#* }; ++i)); do printf '%b' "\\0$((i % 8))"; done
    } > "$folder/${split% *}-labels-idx1-ubyte"
  done
}
