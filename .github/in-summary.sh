#!/usr/bin/env bash
# Runs a command, shows its output and puts it under a heading into the job's summary, then ends as the command did.
# Usage: in-summary.sh HEADING COMMAND [ARGUMENT...]
set -euo pipefail

heading=$1
shift
output=$(mktemp)
status=0
"$@" 2>&1 | tee "$output" || status=$?

outcome=succeeded
((status == 0)) || outcome="failed with exit code $status"
{
  printf '## %s: %s\n\n~~~\n' "$heading" "$outcome"
  # Without colours, and under the 1 MiB that GitHub takes; the end of a plan says the most.
  sed $'s/\e\\[[0-9;]*[A-Za-z]//g' "$output" | tail -c 1000000
  printf '\n~~~\n'
} >>"$GITHUB_STEP_SUMMARY"
exit "$status"
