#!/usr/bin/env bash
# Builds the C programs of native/ into dist/native/. Safe to run again; rebuilds what is older than its source.
set -euo pipefail
cd "$(dirname "$0")/.."

out=dist/native
mkdir -p "$out"
flags=(-std=gnu11 -Wall -Wextra -Werror -O2)

build() { # NAME SOURCE FLAG...
  local target=$out/$1 source=$2
  shift 2
  [ "$target" -nt "$source" ] && return
  "${CC:-cc}" "${flags[@]}" "$@" -o "$target.$$" "$source"
  mv "$target.$$" "$target"
}

build basepoint-launch native/launch/launch.c -static
build basepoint-ram native/ram/ram.c
build fake-qemu native/fake-qemu/fake-qemu.c -static

make --silent -C native/basepoint OUT="$PWD/$out"
make --silent -C native/floor OUT="$PWD/$out"
