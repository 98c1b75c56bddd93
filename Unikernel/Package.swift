// swift-tools-version: 6.2
import PackageDescription

/// The library OS. Built for bare metal with `make library` (see Toolset.json), where every module becomes an archive
/// that images are linked from; built for the host by `swift test`, where the same code runs as ordinary Swift.
let modules: [(name: String, dependencies: [Target.Dependency])] = [
  ("Network", []),
  ("UserDatagrams", []),
  ("NameResolution", ["Network", "UserDatagrams"]),
  ("DHCP", ["Network"]),
  ("Prefaces", []),
  ("HTTP", ["Prefaces"]),
  ("ControlChannel", ["Cryptography", "CRuntime"]),
  ("Firewall", []),
  ("RateLimit", []),
  ("Quota", []),
  ("RequestFilter", []),
  ("BasicAuthentication", ["Cryptography"]),
  ("BearerAuthentication", ["Cryptography"]),
  ("APIKeyAuthentication", ["Cryptography"]),
  ("Sessions", ["Cryptography"]),
  ("ResponseHeaders", []),
  ("Authorization", []),
  ("RemoteAuthorization", []),
  ("Audit", []),
  ("StaticSite", ["HTTP"]),
  ("ReverseProxy", ["HTTP"]),
  ("KeyValue", ["HTTP"]),
  ("HandlerService", ["HTTP", "Handler", "CHandler"]),
  ("StreamProxy", ["Prefaces"]),
  ("TransportSecurity", ["CBearSSL"]),
]

/// What makes the firewall's tables, on the host; no module may use it.
let firewallCompilation: [Target.Dependency] = [
  .product(name: "FirewallCompilation", package: "Interchange"),
  .product(name: "RuleSetGeneration", package: "Interchange"),
]

let interchange: Target.Dependency = .product(name: "Interchange", package: "Interchange")

let package = Package(
  name: "Unikernel",
  products: [
    .library(
      name: "Unikernel", type: .static,
      targets: modules.map(\.name) + ["Runtime", "CProcessPlatform", "MicroVMPlatform"])
  ],
  dependencies: [.package(path: "../Interchange")],
  targets: [
    .target(name: "LibraryOS", dependencies: [interchange]),
    .target(name: "LibraryOSTesting", dependencies: ["LibraryOS", interchange], path: "Tests/LibraryOSTesting"),
    .systemLibrary(name: "CBearSSL", path: "Sources/CBearSSL"),
    .target(name: "Cryptography", dependencies: ["LibraryOS", "CBearSSL", interchange]),
    .target(name: "CRuntime"),
    .executableTarget(
      name: "firewall-bench", dependencies: ["Firewall", "Network", "LibraryOS", interchange] + firewallCompilation,
      path: "Benchmarks/firewall-bench"),
    .target(name: "CProcessPlatform"),
    .target(name: "CMicroVMPlatform", dependencies: ["CRuntime"]),
    // The devices of a virtual machine, as far as they are data structures: tests play the other side.
    .target(name: "CVirtio"),
    .target(name: "Virtio", dependencies: ["CVirtio"]),
    .testTarget(name: "VirtioTests", dependencies: ["Virtio", "CVirtio"]),
    // What users write handlers against. It stands on nothing, since their compiler has to find all that it stands on.
    .target(name: "Handler"),
    .target(name: "CHandler"),
    .target(
      name: "Runtime",
      dependencies: ["LibraryOS", "Network", "ControlChannel", "Cryptography", "CRuntime", interchange]),
    .target(
      name: "MicroVMPlatform",
      dependencies: ["Virtio", "CMicroVMPlatform", "CRuntime", interchange]),
  ]
    + modules.map { .target(name: $0.name, dependencies: ["LibraryOS", interchange] + $0.dependencies) }
    + (modules.map(\.name) + ["LibraryOS", "Cryptography", "Handler"]).map { name in
      .testTarget(
        name: "\(name)Tests",
        dependencies: Set([
          name, "LibraryOS", "LibraryOSTesting", "Cryptography", "CBearSSL", "HTTP", "Handler", "Prefaces",
          "UserDatagrams",
        ])
        .sorted()
        .map { .target(name: $0) } + [interchange] + (name == "Firewall" ? firewallCompilation : []),
        exclude: name == "Firewall" ? ["nftables.py"] : [])
    },
  swiftLanguageModes: [.v6]
)
