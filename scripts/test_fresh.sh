#!/usr/bin/env bash
# README's two commands as a user has them: on a bare Debian, made by debootstrap, in a copy of what is
# committed here, by a user who is not root and installs packages through sudo.
#   scripts/test_fresh.sh SUITE [ARGUMENT...]     SUITE: bookworm (Debian 12) or trixie (Debian 13)
# Arguments go to scripts/quickstart.sh, e.g. --set train.epochs=1. Environment:
#   CASTNET_DATA        data root, bind-mounted read-only; without, the commands fetch what they fetch
#   FRESH_COMMANDS      which commands: "quickstart test" (default) or one of them
#   FRESH_CTEST         arguments of scripts/test.sh, e.g. "-R spec"
#   FRESH_MIRROR        of Debian's packages; default: debootstrap's own
# Needs root and debootstrap. The minimal system is kept in build/fresh/SUITE.tar, everything else is
# removed at the end. All runs in a mount and process namespace of its own, which leaves no mount
# and no process behind, however this script ends. Ends with `N passed, N failed`.
set -uo pipefail
script=$(realpath "${BASH_SOURCE[0]}")
cd "$(dirname "$script")/.." || exit

user=castnet
commands=${FRESH_COMMANDS:-quickstart test}

# In the root, as the user; the environment is a login's.
as_user() {
  local pass=()
  [ -z "${CASTNET_DATA:-}" ] || pass+=(CASTNET_DATA=/data)
  for name in http_proxy https_proxy no_proxy; do
    [ -z "${!name:-}" ] || pass+=("$name=${!name}")
  done
  chroot --userspec="$user:$user" . /usr/bin/env -i HOME="/home/$user" USER="$user" \
    PATH=/usr/local/bin:/usr/bin:/bin LANG=C.UTF-8 "${pass[@]}" bash -c "cd ~/castnet && $1"
}

passed=0
failed=0
verdict() {
  if [ "$2" -eq 0 ]; then
    passed=$((passed + 1))
    echo "== passed: $1"
  else
    failed=$((failed + 1))
    echo "== FAILED: $1"
  fi
}

# Neither a compiler's nor CMake's.
no_warnings() { ! grep -nE '(^|[^a-z])warning:|CMake [A-Za-z ]*Warning' "$1"; }

pictures() {
  local name
  for name in curves confusion misclassified; do
    [ -s "home/$user/castnet/runs/quickstart/$name.png" ] || return
  done
}

# The bare system in the current folder.
bare_system() {
  local minimal=$PWD.tar
  if [ ! -e "$minimal" ]; then
    echo "== debootstrap $1"
    debootstrap --variant=minbase "$1" . ${FRESH_MIRROR:+"$FRESH_MIRROR"} > "$PWD.log" || return
    tar --create --one-file-system --file "$minimal.part" . || return
    mv "$minimal.part" "$minimal"
  else
    tar --extract --file "$minimal"
  fi
}

# What a machine that someone uses has: names of hosts, sudo, a user, who has a checkout.
user_with_checkout() {
  cp --dereference /etc/resolv.conf etc/resolv.conf
  echo "127.0.0.1 localhost $(hostname)" > etc/hosts
  {
    chroot . apt-get update &&
      chroot . env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends sudo &&
      chroot . useradd --create-home --shell /bin/bash "$user"
  } > "$PWD.log" 2>&1 || return
  echo "$user ALL=(ALL) NOPASSWD: ALL" > "etc/sudoers.d/$user"
  mkdir "home/$user/castnet"
  git -C "$(dirname "$script")/.." archive HEAD | tar --extract --directory "home/$user/castnet" || return
  chroot . chown -R "$user:$user" "/home/$user"
}

# The part in the namespaces, in the root's folder: inside SUITE ARGUMENT...
inside() {
  local command started
  bare_system "$1" || return 3
  shift
  mount -t proc proc proc
  mount --rbind /dev dev
  user_with_checkout || return 3
  if [ -n "${CASTNET_DATA:-}" ]; then
    mkdir -p data
    mount --bind -o ro "$CASTNET_DATA" data
  fi
  for command in $commands; do
    arguments=()
    case $command in
      quickstart) arguments=("$@") ;;
      test) read -ra arguments <<< "${FRESH_CTEST:-}" ;;
    esac
    started=$SECONDS
    echo "== scripts/$command.sh ${arguments[*]}"
    as_user "scripts/$command.sh ${arguments[*]@Q}" 2>&1 | tee "tmp/$command.log"
    verdict "scripts/$command.sh" "${PIPESTATUS[0]}"
    echo "== scripts/$command.sh took $((SECONDS - started)) s"
    no_warnings "tmp/$command.log"
    verdict "scripts/$command.sh prints no warning" $?
    [ "$command" = quickstart ] || continue
    pictures
    verdict "the pictures are there" $?
  done
  echo "$passed passed, $failed failed"
  [ "$failed" -eq 0 ]
}

if [ "${1:-}" = --inside ]; then
  cd "$2" || exit
  shift 2
  inside "$@"
  exit
fi

suite=${1:-}
shift
case $suite in
  bookworm | trixie) ;;
  *)
    echo "usage: scripts/test_fresh.sh bookworm|trixie [argument of quickstart.sh...]" >&2
    exit 2
    ;;
esac
if [ "$(id -u)" -ne 0 ] || ! command -v debootstrap > /dev/null; then
  echo "test_fresh.sh: needs root, and debootstrap (scripts/packages.sh debootstrap)" >&2
  exit 2
fi

[ -z "${CASTNET_DATA:-}" ] || CASTNET_DATA=$(realpath "$CASTNET_DATA")
mkdir -p build/fresh
root=$PWD/build/fresh/$suite
child=
# What was killed may take a moment to be gone.
trap '[ -z "$child" ] || kill -KILL "$child" 2> /dev/null; wait
  for _ in {1..20}; do rm -rf --one-file-system "$root" && break; sleep 0.2; done' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

rm -rf --one-file-system "$root"
mkdir "$root"
# In the background, so that a signal ends the wait.
setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child "$script" --inside "$root" "$suite" "$@" &
child=$!
wait "$child"
status=$?
child=
exit "$status"
