// swift-tools-version: 6.2
import PackageDescription

/// What the host and an image must agree on, compiled for both: parameters, signed control messages, reports and policy
/// bundles. No dependencies, and nothing in it that Embedded Swift lacks.
let package = Package(
  name: "Interchange",
  products: [
    .library(name: "Interchange", targets: ["Interchange"]),
    // For the host, and for tests of the library OS; in no image.
    .library(name: "FirewallCompilation", targets: ["FirewallCompilation"]),
    // For benchmarks and tests.
    .library(name: "RuleSetGeneration", targets: ["RuleSetGeneration"]),
  ],
  targets: [
    .target(name: "Interchange"),
    .target(name: "FirewallCompilation", dependencies: ["Interchange"]),
    .target(name: "RuleSetGeneration", dependencies: ["FirewallCompilation", "Interchange"]),
    .testTarget(name: "InterchangeTests", dependencies: ["Interchange"]),
    .testTarget(
      name: "FirewallCompilationTests", dependencies: ["FirewallCompilation", "RuleSetGeneration", "Interchange"]),
  ],
  swiftLanguageModes: [.v6]
)
