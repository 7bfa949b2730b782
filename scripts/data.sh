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
