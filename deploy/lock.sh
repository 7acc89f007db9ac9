#!/bin/sh
# Writes the lock files anew, with the Python that is given: `make lock`. Their heads stay.
set -eu
python=$1
cd "$(dirname "$0")/.."
"$python" -m pip install --quiet 'uv>=0.8'
fresh=$(mktemp)
trap 'rm -f "$fresh"' EXIT

# lock FILE SOURCE: what SOURCE asks for, each file of it by its hash
lock() {
  sed -n '/^#/!q;p' "$1" >"$fresh"
  "$python" -m uv pip compile "$2" --upgrade --quiet --universal --python-version 3.11 \
    --generate-hashes --no-emit-index-url --no-header --no-annotate >>"$fresh"
  cat "$fresh" >"$1"
}

lock deploy/requirements.lock pyproject.toml
printf 'hatchling>=1.27\ncyclonedx-bom>=7\n' | lock deploy/build.lock -
