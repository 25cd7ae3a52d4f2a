#!/usr/bin/env bash
# Makes this machine ready for basepoint: packages, node modules, build. Says what it installs, does
# nothing twice, and uses root (or sudo) for packages only.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf 'setup: %s\n' "$*"; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

missing=()
need() { # PACKAGE TEST...: the package is missing where the test fails
  local package=$1
  shift
  "$@" >/dev/null 2>&1 || missing+=("$package")
}

has_static_libc() { "${CC:-cc}" -print-file-name=libc.a | grep -q /; }
has_libelf() { echo '#include <gelf.h>' | "${CC:-cc}" -E -; }
has_mke2fs() { PATH=$PATH:/usr/sbin:/sbin command -v mke2fs; }
has_font() { ls /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf; }

need qemu-system-x86 command -v qemu-system-x86_64
need gcc command -v "${CC:-cc}"
need libc6-dev has_static_libc
need make command -v make
need cpio command -v cpio
need lz4 command -v lz4
need zstd command -v zstd
need xz-utils command -v xz
need fonts-dejavu-core has_font
# What `basepoint kernels build` needs besides; it refuses without, and the tests run it.
if [ "${BASEPOINT_SETUP:-}" = kernels ] || [ "${BASEPOINT_SETUP:-}" = test ]; then
  need flex command -v flex
  need bison command -v bison
  need bc command -v bc
  need perl command -v perl
  need libelf-dev has_libelf
fi
if [ "${BASEPOINT_SETUP:-}" = test ]; then
  need chromium command -v chromium
  need e2fsprogs has_mke2fs
  need crun command -v crun
  need runc command -v runc
fi

if [ ${#missing[@]} -gt 0 ]; then
  if ! command -v apt-get >/dev/null; then
    say "this is not Debian or Ubuntu; install what these packages hold: ${missing[*]}" >&2
    exit 3
  fi
  say "installing packages: ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  as_root apt-get update -qq
  as_root apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi

# Guest kernels are downloaded through apt, which needs its lists.
if command -v apt-get >/dev/null && ! apt-cache show linux-image-cloud-amd64 >/dev/null 2>&1; then
  say 'updating package lists'
  as_root apt-get update -qq
fi

if ! node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)'; then
  say "Node.js 20.19 or newer is needed, this is $(node --version)" >&2
  exit 3
fi

if ! cmp -s package-lock.json node_modules/.basepoint-lock; then
  say 'installing node modules'
  npm ci --no-audit --no-fund --loglevel=error
  cp package-lock.json node_modules/.basepoint-lock
fi

say 'building'
npm run --silent build
