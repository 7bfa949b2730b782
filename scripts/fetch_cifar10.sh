#!/usr/bin/env bash
# Fetches CIFAR-10 (binary version) into ROOT/cifar-10-batches-bin.
#   scripts/fetch_cifar10.sh [ROOT]      ROOT: default ./data
# The archive is checked before it is unpacked, and the folder appears whole or not at all.
# CASTNET_CIFAR10_URL and CASTNET_CIFAR10_SHA256 name another archive, e.g. a mirror's.
# Exit status: 0 the data is there; 1 the archive is not as expected; 3 it could not be fetched.
set -euo pipefail

url=${CASTNET_CIFAR10_URL:-https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz}
sha256=${CASTNET_CIFAR10_SHA256:-c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd}
root=${1:-data}
folder=cifar-10-batches-bin
files=(data_batch_{1..5}.bin test_batch.bin)

# Prints the first of the files that is not in the folder $1.
first_missing() {
  local file
  for file in "${files[@]}"; do
    [ -f "$1/$file" ] || { echo "$file"; return; }
  done
}

if [ -e "$root/$folder" ]; then
  missing=$(first_missing "$root/$folder")
  [ -n "$missing" ] || exit 0
  echo "fetch_cifar10.sh: $root/$folder is there, but has no $missing; remove the folder" >&2
  exit 1
fi

mkdir -p "$root"
# Within ROOT, so that the last step is a rename.
temporary=$(mktemp -d "$root/.cifar10.XXXXXX")
trap 'rm -rf "$temporary"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

show=--silent
[ ! -t 2 ] || show=--progress-bar
echo "Fetching $url" >&2
# Gives up after 10 s without a connection, or 30 s below 10 kB a second.
if ! curl --fail --location "$show" --show-error --connect-timeout 10 --speed-time 30 \
    --speed-limit 10000 --output "$temporary/archive.tar.gz" "$url"; then
  echo "fetch_cifar10.sh: cannot fetch $url" >&2
  exit 3
fi

actual=$(sha256sum "$temporary/archive.tar.gz" | cut -d' ' -f1)
if [ "$actual" != "$sha256" ]; then
  echo "fetch_cifar10.sh: the archive's SHA-256 is $actual, expected $sha256; not used" >&2
  exit 1
fi

if ! tar --extract --gzip --no-same-owner --file "$temporary/archive.tar.gz" \
    --directory "$temporary"; then
  echo "fetch_cifar10.sh: cannot unpack the archive" >&2
  exit 1
fi
missing=$(first_missing "$temporary/$folder")
if [ -n "$missing" ]; then
  echo "fetch_cifar10.sh: the archive has no $folder/$missing" >&2
  exit 1
fi
mv --no-target-directory "$temporary/$folder" "$root/$folder"
echo "CIFAR-10 is in $root/$folder" >&2
