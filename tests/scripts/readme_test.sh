#!/usr/bin/env bash
# The kernels' READMEs speak of what is there: the headers that they name stand beside them, and declare
# the functions that they call.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../runtime/kernels" || exit

failed=0
for folder in cpu cuda; do
  names=0
  # What code there begins with: `name.hpp`, `name<`, `name(`, `Name{`, `name_*` or `name` alone.
  while IFS= read -r name; do
    names=$((names + 1))
    word=${name%[!A-Za-z_0-9]}
    case $name in
      *.hpp) [ -e "$folder/$name" ] ;;
      *[\<\(\{]) grep -qE "\b$word\(|struct $word\b" $folder/*.hpp ;;
      *\*) grep -qE "\b$word\w+\(" $folder/*.hpp ;;
      *) grep -qw -- "$word" $folder/*.hpp ./*.hpp ../core/*.hpp ../cuda/*.hpp ;;
    esac && continue
    echo "runtime/kernels/$folder/README.md names what is not there: $name"
    failed=1
  done < <(grep -oP '\x60\K[A-Za-z_]\w*(\.hpp|[<({]|\*?(?=\x60))' $folder/README.md | sort -u)
  # A test that reads nothing passes nothing.
  [ "$names" -ge 50 ] && continue
  echo "only $names names were found in runtime/kernels/$folder/README.md"
  failed=1
done
exit $failed
