#!/usr/bin/env bash
# Plants regressions into real starts, and sees that the gate catches each: the evidence of docs/ci.md.
# A planted QEMU is a shell script that misbehaves and then becomes the real one; the baseline's is the
# same script without the misbehaviour, so nothing else differs. Needs /dev/kvm, and a quiet host.
set -euo pipefail
home=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
real=$(command -v qemu-system-x86_64)

qemu() { # NAME COMMAND: a QEMU that runs the command before it is one
  printf '#!/bin/bash\n%s\nexec %s "$@"\n' "$2" "$real" > "$work/$1"
  chmod +x "$work/$1"
}

# Only starts misbehave, not the questions that are asked before (-version and the like).
starts='case "$*" in *-chardev*) ;; *) exec '$real' "$@";; esac'
qemu plain "$starts"
qemu same "$starts"
qemu slow "$starts; sleep 0.003"
qemu fifth "$starts; (( RANDOM % 5 )) || sleep 0.010"
qemu fails "$starts; (( RANDOM % 10 )) || exit 1"

gate() { # NAME: the plain one against this one, by turns in one run
  cat > "$work/$1.yaml" <<EOF
name: planted-$1
runs: 40
warmup: 2
timeout: 10s
matrix:
  - { guest: tiny, tier: [cold, restore], machine: microvm, firmware: qboot, memory: 32M, qemu: [./plain, ./$1] }
EOF
  code=0
  node "$home/dist/bin.js" gate "$work/$1.yaml" --limits "$home/limits/quick.yaml" \
    --sides "$work/plain,$work/$1" --out "$work/run-$1" > "$work/$1.txt" 2> "$work/$1.err" || code=$?
  printf '%s: exit %d, %s\n' "$1" "$code" "$(tail -1 "$work/$1.txt")"
  grep -E '^(regressed|inconclusive|error)' "$work/$1.txt" || cat "$work/$1.err"
}

for planted in ${*:-slow fifth fails same}; do gate "$planted"; done
