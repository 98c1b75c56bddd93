// swift-tools-version: 6.2
import PackageDescription

// Fuzzers of what reads other people's input, with libFuzzer and the address sanitizer. A package of its own, since both
// change how everything in it is compiled. `Scripts/fuzz.sh` builds and runs it; the sources of TOSCA are the host's.

let instrumented: [SwiftSetting] = [.unsafeFlags(["-sanitize=fuzzer,address", "-parse-as-library"])]
let fuzzer: [LinkerSetting] = [.unsafeFlags(["-sanitize=fuzzer,address", "-use-ld=lld"])]

let package = Package(
  name: "Fuzzing",
  dependencies: [.package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.2")],
  targets: [
    .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .target(
      name: "TOSCA", dependencies: ["CYAML", "CZlib", .product(name: "Crypto", package: "swift-crypto")],
      swiftSettings: instrumented + [
        .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
      ]),
    .systemLibrary(name: "CFuzzer"),
    .executableTarget(
      name: "FuzzTemplates", dependencies: ["CFuzzer", "TOSCA"], swiftSettings: instrumented, linkerSettings: fuzzer),
  ],
  swiftLanguageModes: [.v6]
)
