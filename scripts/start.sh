#!/usr/bin/env bash
# The main job: sets up and runs the ladder. Arguments go to `basepoint run`.
set -euo pipefail
cd "$(dirname "$0")/.."
bash scripts/setup.sh
exec node dist/bin.js run scenarios/ladder.yaml "$@"
