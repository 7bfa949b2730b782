#!/usr/bin/env bash
# From a fresh Debian 12 or 13 to a trained network: installs packages, builds castnet, finds or fetches
# CIFAR-10, trains specs/cifar10.yaml into runs/quickstart. Without data and network it trains on
# drawn shapes. Arguments go to `castnet train`, e.g. --variant group or --set train.epochs=1.
set -euo pipefail

given=${CASTNET_DATA:-}
[ -z "$given" ] || given=$(realpath --canonicalize-missing "$given")
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/data.sh

scripts/packages.sh
# Without what the tests alone need; scripts/test.sh adds it to the same folder.
cmake --preset release
cmake --build --preset release --target castnet

if [ -n "$given" ] && has_cifar10 "$given"; then
  data=(--data "$given")
elif has_cifar10 data || scripts/fetch_cifar10.sh data; then
  data=(--data data)
else
  echo "CIFAR-10 is neither here nor could it be fetched: training on drawn shapes instead, for" \
    "5 epochs. Their accuracy says nothing about CIFAR-10." >&2
  data=(--set data=shapes --set train.epochs=5)
fi

out=runs/quickstart
build/release/castnet train specs/cifar10.yaml "${data[@]}" --out "$out" "$@"
echo "Look at $PWD/$out/curves.png, confusion.png and misclassified.png"
