#!/usr/bin/env bash
# Unpacks the distribution's newer QEMU (its backports) into the cache, beside the installed one, so
# that both can be compared. Installs nothing and needs no root. Prints where the binary is.
set -euo pipefail

cache=${BASEPOINT_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/basepoint}
target=$cache/qemu/backports
binary=$target/usr/bin/qemu-system-x86_64
packages=(qemu-system-x86 qemu-system-common qemu-system-data seabios)

if [ -x "$binary" ]; then
  echo "$binary"
  exit
fi

. /etc/os-release
suite=${VERSION_CODENAME:-}-backports
# The mirror this host already uses for its own release.
site=$(apt-get indextargets --format '$(SITE) $(CODENAME)' 'Created-By: Packages' |
  awk -v release="${VERSION_CODENAME:-}" '$2 == release { print $1; exit }')
if [ "${ID:-}" != debian ] || [ -z "$site" ]; then
  echo "fetch-qemu: no backports for ${PRETTY_NAME:-this system}; only the installed QEMU is used" >&2
  exit
fi

umask 077
mkdir -p "$cache/partial"
work=$(mktemp -d "$cache/partial/qemu-XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$work/unpacked"
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $site $suite main" >"$work/sources.list"
apt=(-qq -o "Dir::Etc::sourcelist=$work/sources.list" -o Dir::Etc::sourceparts=- -o "Dir::State::Lists=$work/lists"
  -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o APT::Sandbox::User=root)
apt-get "${apt[@]}" update
(cd "$work" && apt-get "${apt[@]}" download "${packages[@]}")
for package in "$work"/*.deb; do dpkg-deb -x "$package" "$work/unpacked"; done
mkdir -p "$(dirname "$target")"
mv "$work/unpacked" "$target"
"$binary" --version | head -n 1 >&2
echo "$binary"
