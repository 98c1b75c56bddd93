// swift-tools-version: 6.2
import PackageDescription

// Fuzzers of what reads other people's input, with libFuzzer and the address sanitizer. A package of its own, since both
// change how everything in it is compiled. `Scripts/fuzz.sh` builds and runs it; the sources under test are links to the
// host's, the library OS's and Interchange's.

let instrumented: [SwiftSetting] = [.unsafeFlags(["-sanitize=fuzzer,address", "-parse-as-library"])]
let fuzzer: [LinkerSetting] = [.unsafeFlags(["-sanitize=fuzzer,address", "-use-ld=lld"])]

/// Parts of the library OS, as ordinary code of this host.
let libraryOS: [(name: String, dependencies: [Target.Dependency])] = [
  ("Interchange", []),
  ("LibraryOS", ["Interchange"]),
  ("Network", ["LibraryOS", "Interchange"]),
  ("Prefaces", ["LibraryOS", "Interchange"]),
  ("HTTP", ["LibraryOS", "Prefaces", "Interchange"]),
  ("Cryptography", ["LibraryOS", "CBearSSL", "Interchange"]),
  ("ControlChannel", ["LibraryOS", "Cryptography", "CRuntime", "Interchange"]),
]

/// The fuzzers, and what each reads with.
let fuzzers: [(name: String, dependencies: [Target.Dependency])] = [
  ("FuzzTemplates", ["TOSCA"]),
  ("FuzzNetwork", ["Network", "LibraryOS", "LibraryOSTesting", "Interchange"]),
  ("FuzzHTTP", ["HTTP", "LibraryOS", "LibraryOSTesting", "Interchange"]),
  ("FuzzControl", ["ControlChannel", "Cryptography", "CBearSSL", "LibraryOS", "Interchange"]),
]

let package = Package(
  name: "Fuzzing",
  targets: [
    .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CBearSSL"),
    .systemLibrary(name: "CFuzzer"),
    .target(name: "CRuntime"),
    // In the place of swift-crypto's module of that name.
    .target(name: "Crypto", dependencies: ["CBearSSL"]),
    .target(
      name: "Patterns",
      swiftSettings: instrumented + [
        .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
      ]),
    .target(
      name: "TOSCA", dependencies: ["Patterns", "CYAML", "CZlib", "Crypto"],
      swiftSettings: instrumented + [
        .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
      ]),
    // What is left out adds to Interchange's types in a way that a package may not do to its own.
    .target(
      name: "LibraryOSTesting", dependencies: ["LibraryOS", "Interchange"], exclude: ["ModuleConfiguring.swift"],
      swiftSettings: instrumented),
  ]
    + libraryOS.map { .target(name: $0.name, dependencies: $0.dependencies, swiftSettings: instrumented) }
    + fuzzers.map {
      .executableTarget(
        name: $0.name, dependencies: $0.dependencies + ["CFuzzer"], swiftSettings: instrumented, linkerSettings: fuzzer)
    },
  swiftLanguageModes: [.v6]
)
