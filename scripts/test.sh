#!/usr/bin/env bash
# Sets up and runs every check. Ends with vitest's own summary and the line "N passed, N failed".
set -euo pipefail
cd "$(dirname "$0")/.."
BASEPOINT_SETUP=test bash scripts/setup.sh
bash scripts/fetch-qemu.sh
npm run --silent lint
npm run --silent type
for run in results/published/*-ladder; do
  node dist/bin.js gate --limits limits/default.yaml --baseline "$run" --self-test
done

report=$(mktemp)
trap 'rm -f "$report"' EXIT
status=0
npx vitest run --reporter=default --reporter=json --outputFile.json="$report" "$@" || status=$?
node -e '
  const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(require("fs").readFileSync(process.argv[1], "utf8"));
  const skipped = numPendingTests > 0 ? `, ${numPendingTests} skipped` : "";
  console.log(`${numPassedTests} passed, ${numFailedTests} failed${skipped}`);
' "$report"
exit "$status"
