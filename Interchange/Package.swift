// swift-tools-version: 6.2
import PackageDescription

/// What the host and an image must agree on, compiled for both: parameters, signed control messages, reports and policy
/// bundles. No dependencies, and nothing in it that Embedded Swift lacks.
let package = Package(
  name: "Interchange",
  products: [.library(name: "Interchange", targets: ["Interchange"])],
  targets: [
    .target(name: "Interchange"),
    .testTarget(name: "InterchangeTests", dependencies: ["Interchange"]),
  ],
  swiftLanguageModes: [.v6]
)
