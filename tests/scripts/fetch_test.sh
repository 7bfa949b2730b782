#!/usr/bin/env bash
# scripts/fetch_cifar10.sh against archives made here: good, wrong, damaged, unreachable. Each case
# also looks at what is left in the data root. Then whether scripts/data.sh finds what was fetched.
#   tests/scripts/fetch_test.sh        exit status 0 if every case holds
set -uo pipefail

source_dir=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0
. "$source_dir/scripts/data.sh"

# expect NAME STATUS FILES: runs the fetch into a new root with the environment's archive.
expect() {
  local name=$1 status=$2 files=$3 root="$work/root" actual left
  rm -rf "$root"
  "$source_dir/scripts/fetch_cifar10.sh" "$root" 2>"$work/messages"
  actual=$?
  left=$(find "$root" -mindepth 1 -type f | wc -l)
  if [ "$actual" -ne "$status" ] || [ "$left" -ne "$files" ] ||
    [ -n "$(find "$root" -mindepth 1 -maxdepth 1 -name '.*')" ]; then
    echo "FAILED: $name: status $actual, expected $status; $left files left, expected $files"
    cat "$work/messages"
    failures=$((failures + 1))
  else
    echo "passed: $name"
  fi
}

# archive NAME FILE…: makes $work/NAME.tar.gz with these files and sets the environment to it.
archive() {
  local name=$1 file
  shift
  mkdir -p "$work/$name/cifar-10-batches-bin"
  for file in "$@"; do echo "$file" >"$work/$name/cifar-10-batches-bin/$file"; done
  tar --create --gzip --file "$work/$name.tar.gz" --directory "$work/$name" cifar-10-batches-bin
  use "$name.tar.gz"
}

use() {
  export CASTNET_CIFAR10_URL="file://$work/$1"
  CASTNET_CIFAR10_SHA256=$(sha256sum "$work/$1" | cut -d' ' -f1)
  export CASTNET_CIFAR10_SHA256
}

# found NAME ROOT: whether the scripts see CIFAR-10 below the data root.
found() {
  if has_cifar10 "$2"; then
    echo "passed: found $1"
  else
    echo "FAILED: not found $1"
    failures=$((failures + 1))
  fi
}

batches=(data_batch_{1..5}.bin test_batch.bin)

archive good "${batches[@]}"
expect "good archive" 0 6

found "where it was fetched" "$work/root"
found "in the data root itself" "$work/root/cifar-10-batches-bin"
mkdir "$work/elsewhere"
ln -s "$work/root/cifar-10-batches-bin" "$work/elsewhere/cifar10"
found "in cifar10/" "$work/elsewhere"
if has_cifar10 "$work"; then
  echo "FAILED: found where there is none"
  failures=$((failures + 1))
fi

if ! CASTNET_CIFAR10_URL=file:///none "$source_dir/scripts/fetch_cifar10.sh" "$work/root"; then
  echo 'FAILED: data that is there is not fetched again'
  failures=$((failures + 1))
else
  echo "passed: data that is there is not fetched again"
fi

CASTNET_CIFAR10_SHA256=$(printf '0%.0s' {1..64})
expect "wrong checksum" 1 0

archive incomplete "${batches[@]:0:5}"
expect "archive without test_batch.bin" 1 0

head -c 100 "$work/good.tar.gz" >"$work/truncated.tar.gz"
use truncated.tar.gz
expect "truncated archive of the right checksum" 1 0

export CASTNET_CIFAR10_URL="file://$work/none.tar.gz"
expect "no such file" 3 0

# A port that nothing listens on: refused at once.
export CASTNET_CIFAR10_URL="http://127.0.0.1:1/cifar-10-binary.tar.gz"
expect "no server" 3 0

[ "$failures" -eq 0 ]
