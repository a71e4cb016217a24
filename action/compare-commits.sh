#!/usr/bin/env bash
# Serve two commits of an app side by side, and write a comment, the page and JUnit XML into a folder.
#
# Reads variables, as action.yml sets them: APP, PATHS (one a line), BASE and HEAD are required; PYTHON, SERVER,
# FAIL_IF (one a line), CANNOT_TELL, PRESET, PROFILES and FOLDER have defaults. Options of `stacklab upgrade` that have
# no variable here are set by their own, such as STACKLAB_UPGRADE_ROUNDS=20.
#
# Exit code: that of `stacklab upgrade`.
set -euo pipefail

: "${APP:?name the app, as MODULE:APP or an app.toml}"
: "${BASE:?name the commit to compare with}"
: "${HEAD:?name the commit to judge}"
folder=${FOLDER:-stacklab-comparison}
mkdir -p "$folder"

options=(--app "$APP" --git-ref "$BASE" --to-git-ref "$HEAD" --results "$folder/results")
options+=(--profiles "${PROFILES:-3}" --cannot-tell "${CANNOT_TELL:-pass}")
options+=(--format md -o "$folder/comment.md" --junit "$folder/gate.xml")
[ -z "${PYTHON:-}" ] || options+=(--python "$PYTHON")
[ -z "${SERVER:-}" ] || options+=(--server "$SERVER")
[ -z "${PRESET:-}" ] || options+=(--preset "$PRESET")
while IFS= read -r path; do
  [ -z "$path" ] || options+=(--path "$path")
done <<< "${PATHS:-}"
while IFS= read -r condition; do
  [ -z "$condition" ] || options+=(--fail-if "$condition")
done <<< "${FAIL_IF:-}"

code=0
stacklab upgrade "${options[@]}" || code=$?
case $code in
  0) answer=holds ;;
  1) answer=fails ;;
  4) answer="cannot tell" ;;
  *) exit "$code" ;; # it could not be measured, and said why
esac
stacklab report --results "$folder/results" -o "$folder/page.html"

if [ -n "${GITHUB_OUTPUT:-}" ]; then
  { echo "answer=$answer"; echo "folder=$folder"; } >> "$GITHUB_OUTPUT"
fi
exit "$code"
