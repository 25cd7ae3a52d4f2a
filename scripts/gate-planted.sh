#!/usr/bin/env bash
# Plants regressions into real starts, and sees that the gate catches each with 40 starts a side and not
# one more: the evidence of docs/ci.md. What is planted is outside of what measures it: a kernel argument,
# or a library behind QEMU's (test/planted/). Needs /dev/kvm, a C compiler with a static libc, a quiet host.
#
#   scripts/gate-planted.sh [boot|slow|fifth|fails|same ...]   (default: all)
#
# Exits 1 unless what was planted was called a regression, and what was not (same) was not.
set -euo pipefail
home=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
wrong=0

tiny='guest: tiny, machine: microvm, firmware: qboot, memory: 32M'
linux='guest: debian-cloud, machine: pc, memory: 128M, accel: tcg'
{ cat "$home/limits/quick.yaml"; echo 'extraRounds: 0'; } > "$work/limits.yaml"

gate() { # NAME WANTED-EXIT-CODE CELLS VARY
  printf 'name: planted-%s\nruns: 40\nwarmup: 2\nmatrix:\n  - { %s }\n' "$1" "$3" > "$work/$1.yaml"
  local code=0
  (cd "$work" && node "$home/dist/bin.js" gate "$1.yaml" --limits limits.yaml --vary "$4" \
    --out "run-$1" > "$1.txt" 2> "$1.err") || code=$?
  printf '%s: exit %d, %s\n' "$1" "$code" "$(tail -1 "$work/$1.txt")"
  if [ "$code" -eq 2 ] || [ "$code" -eq 3 ]; then cat "$work/$1.err"; fi
  grep -E ': (regressed|inconclusive|error): ' "$work/$1.txt" || true
  case " $2 " in *" $code "*) ;; *) wrong=1 ;; esac
}

planted() { # NAME TIERS SETTING...: against the same QEMU with nothing planted into it
  local name=$1 tiers=$2
  shift 2
  bash "$home/test/planted/build.sh" "$work" plain
  bash "$home/test/planted/build.sh" "$work" "$name" "$@"
  gate "$name" "$([ "$name" = same ] && echo '0 4' || echo 1)" "tier: [$tiers], $tiny" "qemu=./plain,./$name"
}

for one in ${*:-boot slow fifth fails same}; do
  case $one in
    # What somebody left in who looked for a bug: it checks every object the kernel frees.
    boot) gate boot 1 "tier: cold, $linux" 'kernelArguments=,slub_debug=FZPU' ;;
    slow) planted slow 'restore, fork, fork-loaded' PLANT_MS=3 ;;
    fifth) planted fifth fork-loaded PLANT_MS=10 PLANT_EVERY=5 ;;
    fails) planted fails 'fork, fork-loaded' PLANT_EXIT=1 PLANT_EVERY=10 ;;
    same) planted same 'restore, fork, fork-loaded' ;;
    *) echo "gate-planted: nothing is called $one" >&2 && exit 2 ;;
  esac
done
exit "$wrong"
