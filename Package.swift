// swift-tools-version: 6.2
import PackageDescription

// Dependencies run one way: language, interpretation, generation, hosting, orchestration, interface.
// Documentation/Architecture.md says what each part is for.

let interchange: Target.Dependency = .product(name: "Interchange", package: "Interchange")
let firewallCompilation: Target.Dependency = .product(name: "FirewallCompilation", package: "Interchange")

let strict: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]

let package = Package(
  name: "Testudo",
  products: [
    .executable(name: "testudo", targets: ["testudo"]),
    .executable(name: "testudo-forwarder", targets: ["testudo-forwarder"]),
    .library(name: "TOSCA", targets: ["TOSCA"]),
    .library(name: "LanguageServer", targets: ["LanguageServer"]),
    .library(name: "Cedar", targets: ["Cedar"]),
  ],
  dependencies: [
    .package(path: "Interchange"),
    .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.2"),
    .package(url: "https://github.com/groue/GRDB.swift.git", from: "7.10.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.1", traits: []),
  ],
  targets: [
    .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .target(name: "Patterns", swiftSettings: strict),
    .target(
      name: "TOSCA", dependencies: ["Patterns", "CYAML", "CZlib", .product(name: "Crypto", package: "swift-crypto")],
      swiftSettings: strict),
    .target(
      name: "Certificates", dependencies: [.product(name: "Crypto", package: "swift-crypto")], swiftSettings: strict),
    .target(
      name: "SharedSignals",
      dependencies: [
        .product(name: "Crypto", package: "swift-crypto"), .product(name: "CryptoExtras", package: "swift-crypto"),
      ],
      swiftSettings: strict),
    .target(name: "SecTOSCA", dependencies: ["TOSCA", "Patterns", "Certificates"], swiftSettings: strict),
    .target(name: "OpenC2", dependencies: ["SecTOSCA"], swiftSettings: strict),
    .target(name: "ThreatAnalysis", dependencies: ["SecTOSCA"], swiftSettings: strict),
    .target(name: "LanguageServer", dependencies: ["TOSCA"], swiftSettings: strict),
    .target(name: "Cedar", swiftSettings: strict),
    .target(name: "PolicyDecision", dependencies: ["Cedar", interchange], swiftSettings: strict),
    .target(name: "PolicyAnalysis", dependencies: ["Cedar", "PolicyDecision", interchange], swiftSettings: strict),
    .target(
      name: "ImageGeneration",
      dependencies: [
        "SecTOSCA", "TOSCA", "Patterns", interchange, firewallCompilation,
        .product(name: "Crypto", package: "swift-crypto"),
      ],
      swiftSettings: strict),
    .target(name: "CHosting"),
    .target(
      name: "Hosting",
      dependencies: [
        "CHosting", interchange, .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"), .product(name: "NIOSSL", package: "swift-nio-ssl"),
      ],
      swiftSettings: strict),
    .target(
      name: "Webhooks",
      dependencies: [
        .product(name: "Crypto", package: "swift-crypto"), .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
      ],
      swiftSettings: strict),
    .target(name: "State", dependencies: [.product(name: "GRDB", package: "GRDB.swift")], swiftSettings: strict),
    .target(
      name: "Orchestration",
      dependencies: [
        "TOSCA", "SecTOSCA", "SharedSignals", "OpenC2", "PolicyDecision", "ImageGeneration", "Hosting", "State",
        "Webhooks", interchange, .product(name: "Crypto", package: "swift-crypto"),
      ],
      swiftSettings: strict),
    .target(
      name: "ControlPlane",
      dependencies: [
        "Orchestration", "SharedSignals", "OpenC2", "SecTOSCA", "TOSCA", "PolicyDecision", "Cedar", "ImageGeneration",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "HummingbirdCore", package: "hummingbird"),
        .product(name: "HummingbirdTLS", package: "hummingbird"),
        .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"), .product(name: "NIOSSL", package: "swift-nio-ssl"),
      ],
      swiftSettings: strict),
    .executableTarget(name: "testudo-forwarder", dependencies: ["CHosting"]),
    .executableTarget(
      name: "testudo",
      dependencies: [
        "ControlPlane", "Orchestration", "Hosting", "ImageGeneration", "PolicyDecision", "Cedar", "SecTOSCA", "TOSCA",
        "Certificates", "LanguageServer", "PolicyAnalysis", "ThreatAnalysis", interchange,
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Crypto", package: "swift-crypto"),
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "testudo-bench",
      dependencies: [
        "Orchestration", "Hosting", "ImageGeneration", "PolicyDecision", "SecTOSCA", interchange,
      ],
      path: "Benchmarks/testudo-bench"),
    .executableTarget(name: "tosca-bench", dependencies: ["TOSCA"], path: "Benchmarks/tosca-bench"),
    .executableTarget(
      name: "bundle-bench", dependencies: ["PolicyDecision", interchange], path: "Benchmarks/bundle-bench"),
    .executableTarget(name: "cedar-bench", dependencies: ["Cedar"], path: "Benchmarks/cedar-bench"),
    .testTarget(name: "PatternsTests", dependencies: ["Patterns"]),
    .testTarget(
      name: "WebhooksTests", dependencies: ["Webhooks", .product(name: "Crypto", package: "swift-crypto")]),
    .testTarget(name: "TOSCATests", dependencies: ["TOSCA"]),
    .testTarget(
      name: "CertificatesTests", dependencies: ["Certificates", .product(name: "Crypto", package: "swift-crypto")]),
    .testTarget(
      name: "SharedSignalsTests",
      dependencies: [
        "SharedSignals", .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "CryptoExtras", package: "swift-crypto"),
      ]),
    .testTarget(
      name: "SecTOSCATests",
      dependencies: [
        "SecTOSCA", "TOSCA", "Patterns", "Certificates", .product(name: "Crypto", package: "swift-crypto"),
      ]),
    .testTarget(name: "OpenC2Tests", dependencies: ["OpenC2", "SecTOSCA"]),
    .testTarget(name: "ThreatAnalysisTests", dependencies: ["ThreatAnalysis", "SecTOSCA", "TOSCA"]),
    .testTarget(name: "LanguageServerTests", dependencies: ["LanguageServer", "TOSCA"]),
    .testTarget(name: "CedarTests", dependencies: ["Cedar"]),
    .testTarget(name: "PolicyDecisionTests", dependencies: ["PolicyDecision", "Cedar", interchange]),
    .testTarget(name: "PolicyAnalysisTests", dependencies: ["PolicyAnalysis", "PolicyDecision", "Cedar", interchange]),
    .testTarget(
      name: "ImageGenerationTests",
      dependencies: [
        "ImageGeneration", "SecTOSCA", "TOSCA", interchange, firewallCompilation,
        .product(name: "Crypto", package: "swift-crypto"),
      ]),
    .testTarget(name: "HostingTests", dependencies: ["Hosting", "CHosting", interchange]),
    .testTarget(name: "StateTests", dependencies: ["State", .product(name: "GRDB", package: "GRDB.swift")]),
    .testTarget(
      name: "OrchestrationTests",
      dependencies: [
        "Orchestration", "SharedSignals", "OpenC2", "SecTOSCA", "Hosting", "ImageGeneration", "PolicyDecision", "State",
        interchange,
        .product(name: "Crypto", package: "swift-crypto"),
      ]),
    .testTarget(name: "ControlPlaneTests", dependencies: ["ControlPlane", "Orchestration"]),
    .testTarget(name: "EndToEndTests", dependencies: [.product(name: "Crypto", package: "swift-crypto")]),
  ],
  swiftLanguageModes: [.v6]
)
