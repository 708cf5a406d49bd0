#!/usr/bin/env bash
# Re-creates requirements/*.txt, exact versions with hashes, from the extras in pyproject.toml.
#
#   bash requirements/lock.sh             keep every pin that still fits
#   bash requirements/lock.sh --upgrade   take the newest versions
#
# The development set is resolved first and the others follow it, so that what is tested is what is
# served. No index address is written: an index is the installing machine's business.
set -euo pipefail
cd "$(dirname "$0")/.."

scratch=
trap 'rm -rf "$scratch"' EXIT
uv=$(command -v uv || true)
if [ -z "$uv" ]; then
  scratch=$(mktemp -d)
  python3 -m venv "$scratch"
  "$scratch/bin/python" -m pip install --quiet uv
  uv=$scratch/bin/uv
fi

lock() {
  local extra=$1
  shift
  "$uv" pip compile pyproject.toml --quiet --extra "$extra" --output-file "requirements/$extra.txt" \
    --universal --python-version 3.11 --generate-hashes \
    --no-emit-index-url --no-emit-find-links --no-annotate --no-header "$@" >/dev/null
}

lock dev "$@"
for extra in inference recommender bulk heic neighbours tracing training; do
  lock "$extra" --constraints requirements/dev.txt "$@"
done
