#!/usr/bin/env bash
# The API documentation of the library targets, as DocC archives in .build/docs. Everything is done with the toolchain's own
# programs; nothing is fetched that a build does not fetch.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
toolchain=$(dirname "$(readlink -f "$(command -v swiftc)")")
docc=$toolchain/docc
[ -x "$docc" ] || docc=$(command -v docc) || {
  echo "testudo: docc is missing; it comes with the Swift toolchain (https://swift.org/install/linux)" >&2
  exit 3
}
triple=$(swiftc -print-target-info | sed -n 's/^ *"unversionedTriple": "\(.*\)",*$/\1/p' | head -1)

for library in TOSCA Cedar Handler; do
  echo "== documenting $library"
  package=(--package-path . --scratch-path .build)
  [ "$library" = Handler ] && package=(--package-path Unikernel --scratch-path .build/unikernel-tests)
  swift build "${package[@]}" --target "$library"
  graphs=.build/symbol-graphs/$library archive=.build/docs/$library.doccarchive
  rm -rf "$graphs" "$archive"
  mkdir -p "$graphs" .build/docs
  swift symbolgraph-extract -module-name "$library" -target "$triple" -minimum-access-level public \
    -I "$(swift build "${package[@]}" --show-bin-path)/Modules" -I Sources/CYAML -output-dir "$graphs"
  "$docc" convert --additional-symbol-graph-dir "$graphs" --output-dir "$archive" \
    --fallback-display-name "$library" --fallback-bundle-identifier "testudo.$library"
done
echo "== the archives are in .build/docs; each is a web site that any static web server can serve"
