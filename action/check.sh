#!/usr/bin/env bash
# The step of action.yml: runs `assay check`, shows its summary on the page of the job, and ends as it ended. Everything comes
# through the environment, so that no input can become a command.
set -euo pipefail

report="${RUNNER_TEMP:?}/mercure-conformance"
arguments=(check --out "$report" --dialect "${CHECK_DIALECT:-auto}" --fail-on "${CHECK_FAIL_ON:-must}")
[[ -z "${CHECK_BASELINE:-}" ]] || arguments+=(--baseline "$CHECK_BASELINE")
while IFS= read -r argument; do
    [[ -z "$argument" ]] || arguments+=("$argument")
done <<<"${CHECK_ARGS:-}"
if [[ -n "${CHECK_URL:-}" ]]; then
    arguments+=("$CHECK_URL")
fi
# An empty variable is no key.
[[ -n "${ASSAY_JWT_KEY:-}" ]] || unset ASSAY_JWT_KEY

code=0
"${ASSAY:?}" "${arguments[@]}" || code=$?

[[ ! -f "$report/summary.md" ]] || cat "$report/summary.md" >>"${GITHUB_STEP_SUMMARY:?}"
{
    echo "report=$report"
    echo "exit-code=$code"
} >>"${GITHUB_OUTPUT:?}"
exit "$code"
