#!/usr/bin/env bash
# Builds what images are linked from:   build-library.sh GUEST-BUILD-FOLDER LIBRARY-FOLDER [TARGET|tender]
# With a target, only its archive, or the tender, in a library that is there.
#   archives/   one archive for each target of this package, BearSSL and Swift's Unicode tables
#   modules/    the catalogue      process.ld  how an image lies in memory
#   profiles/   the TOSCA types    tender      what starts an image as a sandboxed process
#   handler/    what handlers of users are compiled against
#   toolchain.json                 what all of it was made with
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
guest=$1 library=$2 only=${3:-}
toolchain=$(dirname "$(dirname "$(readlink -f "$(command -v swiftc)")")")
triple=x86_64-unknown-none-elf

# Makes a target's objects into an archive in a folder.
archive() {
  local target=$1 folder=$guest/$triple/release/$1.build object objects
  # What a source that was moved or removed has left there.
  while read -r object; do
    [ -n "$(find Unikernel/Sources/"$target" Interchange/Sources/"$target" -name "$(basename "$object" .o)" 2>/dev/null)" ] ||
      rm "$object"
  done < <(find "$folder" -name '*.o')
  objects=$(find "$folder" -name '*.o' | sort)
  [ -n "$objects" ] || return 0
  rm -f "$2/$target.a"
  # D: no dates, owners or modes, so that the same sources give the same archive.
  (cd "$folder" && find . -name '*.o' | sort | xargs "$llvm_ar" rcsD "$OLDPWD/$2/$target.a")
}
llvm_ar=$(command -v llvm-ar || echo "$toolchain/bin/llvm-ar")

# The linker that belongs to the compiler, rather than another one that the machine may have.
linker=$toolchain/bin/ld.lld
[ -x "$linker" ] || linker=$(command -v ld.lld)

# Makes the tender, in a folder. Position-independent: the kernel lays the heap of a program with a fixed place anywhere in
# the GiB behind it, where images have their segments.
tender() {
  clang -std=gnu11 -D_GNU_SOURCE -O2 -Wall -Wextra -Werror -fPIE -static-pie --ld-path="$linker" -fno-stack-protector \
    -s -o "$1/tender" Unikernel/Tender/*.c Unikernel/Tender/Trampoline.S
}

if [ "$only" = tender ]; then
  tender "$library"
  exit
fi
echo "== building the library OS ($triple)"
swift build --package-path Unikernel --scratch-path "$guest" -c release --triple "$triple" \
  --toolset Unikernel/Toolset.json ${only:+--target "$only"} $([ -n "$only" ] || echo --product Unikernel)

if [ -n "$only" ]; then
  archive "$only" "$library/archives"
  exit
fi
next=$library.new
rm -rf "$next"
mkdir -p "$next/archives" "$next/modules" "$next/handler"
for folder in "$guest/$triple/release"/*.build; do archive "$(basename "$folder" .build)" "$next/archives"; done
cp "$(gcc -print-file-name=libbearssl.a 2>/dev/null || echo /usr/lib/x86_64-linux-gnu/libbearssl.a)" "$next/archives/bearssl.a"
cp "$toolchain/lib/swift/embedded/$triple/libswiftUnicodeDataTables.a" "$next/archives/unicode.a"
cp Unikernel/Modules/*.json "$next/modules/"
cp Unikernel/process.ld Unikernel/microvm.ld "$next/"
cp "$(find "$guest/$triple/release" -name Handler.swiftmodule -type f | head -1)" "$next/handler/"
cp -r Profiles "$next/profiles"
cp -r Threats "$next/threats"

echo "== building the tender and the probe of accelerators"
tender "$next"
clang -std=gnu11 --target=x86_64-unknown-none-elf -ffreestanding -fno-pic -mno-red-zone -Os -Wall -Wextra -Werror \
  -fno-stack-protector -c -o "$next/probe.o" Unikernel/Probe/probe.c
"$linker" -T Unikernel/microvm.ld --gc-sections -z max-page-size=4096 -z noexecstack --build-id=none --strip-all \
  -o "$next/microvm-probe" "$next/probe.o" "$next/archives/CMicroVMPlatform.a" "$next/archives/CRuntime.a"
rm "$next/probe.o"

printf '{\n  "clang": "%s",\n  "compiler": "%s",\n  "linker": "%s",\n  "lld": "%s",\n  "swift": "%s"\n}\n' \
  "$toolchain/bin/clang" "$toolchain/bin/swiftc" "$linker" "$("$linker" --version | head -1)" "$(swiftc --version 2>/dev/null | head -1)" >"$next/toolchain.json"
rm -rf "$library"
mv "$next" "$library"
