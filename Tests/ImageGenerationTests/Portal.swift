import Foundation
import ImageGeneration
import SecTOSCA
import TOSCA
import Testing

/// Resources and requirements as the portal example has them, and the project's own catalogue.
enum Portal {
  static func place(_ line: Int) -> SourceRange {
    SourceRange(file: "portal.yaml", line: line, column: 5, endLine: line, endColumn: 15)
  }

  static let storefront = Resource(
    name: "storefront", type: "sectosca.nodes.WebService",
    applications: [
      .staticSite(prefix: "/", folder: "site"), .reverseProxy(prefix: "/orders", backend: "orders"),
    ],
    endpoint: ServiceEndpoint(port: 80, isPublic: true, publishedPort: nil), connections: ["orders"],
    memoryBytes: 32 << 20, place: place(12))

  static let orders = Resource(
    name: "orders", type: "sectosca.nodes.KeyValueService",
    applications: [.keyValue(prefix: "/orders", capacityBytes: 4 << 20)],
    endpoint: ServiceEndpoint(port: 8080, isPublic: false, publishedPort: nil), connections: [],
    memoryBytes: 32 << 20, place: place(30))

  static func requirement(_ name: String, _ protection: Protection, line: Int = 50) -> SecurityRequirement {
    SecurityRequirement(
      name: name, targets: ["storefront", "orders"], protection: protection, place: place(line))
  }

  static let declaredFlows = requirement("declared_flows", .filtering(Filtering(flows: .declared)), line: 41)
  static let passwords = requirement(
    "passwords",
    .authentication(
      Authentication(
        realm: "portal",
        scheme: .basic(accounts: [
          Account(
            name: "rita", salt: [1, 2], iterations: 1000, hash: Array(repeating: 7, count: 32), roles: ["reader"])
        ]))), line: 42)
  static let tokens = requirement(
    "tokens",
    .authentication(
      Authentication(
        realm: "portal",
        scheme: .bearer(
          Tokens(
            issuer: "https://id.example", audience: "portal",
            keys: [VerificationKey(id: "k1", algorithm: .hs256, key: [9, 9])])))), line: 43)
  static let orderRules = requirement(
    "order_rules", .authorization(Authorization(policyFiles: ["orders.cedar"], schemaFile: nil)), line: 44)
  static let calm = requirement(
    "calm", .rateLimit(RateLimit(requests: 10, intervalMilliseconds: 1000, burst: 20, paths: ["/"])), line: 45)
  static let nobody = requirement("nobody", .filtering(Filtering(flows: .none)), line: 46)
  static let log = requirement("log", .audit(Audit(minimumSeverity: 2)), line: 47)
  static let encrypted = requirement(
    "encrypted",
    .transportSecurity(
      TransportSecurity(
        identities: [ServerIdentity(names: ["portal.example"], certificates: [[1], [2]], key: [3, 4])],
        clients: .required, clientAuthorities: [[5]], strictSeconds: 60)), line: 48)

  static let future = requirement(
    "future", .transportSecurity(TransportSecurity(minimumVersion: "1.3")), line: 49)

  static let normal = [declaredFlows, passwords, orderRules]
  static let elevated = [declaredFlows, tokens, orderRules, calm]

  /// A resource and what is due to it, by a name for test reports.
  struct Situation: CustomTestStringConvertible {
    let testDescription: String
    let resource: Resource
    let due: [SecurityRequirement]

    static let storefrontAtNormal = Situation(
      testDescription: "storefront at normal", resource: storefront, due: normal)
    static let storefrontAtElevated = Situation(
      testDescription: "storefront at elevated, audited", resource: storefront, due: elevated + [log])
    static let ordersAtNormal = Situation(testDescription: "orders at normal", resource: orders, due: normal)
    static let encryptedOrders = Situation(
      testDescription: "orders with TLS", resource: orders, due: [encrypted])
    static let openOrders = Situation(testDescription: "orders without protection", resource: orders, due: [])
  }

  static let environment = ResourceEnvironment(
    address: "10.77.0.2/24", mac: [2, 0, 0, 0, 0, 1], gateway: "10.77.0.1", peers: ["10.77.0.1/32"],
    backends: ["orders": ["10.77.0.3:8080"], "stranger": ["10.77.0.9:80"]], bundle: [1, 2, 3],
    attributes: ["threat_level": "high", "phase": "run"])

  static let files = SiteFiles(sites: [
    "site": [
      SiteFiles.File(path: "/style.css", body: Array("body {}".utf8)),
      SiteFiles.File(path: "/index.html", body: Array("<p>hello</p>".utf8)),
    ]
  ])

  /// The repository's root.
  static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

  /// The library that `make library` makes.
  static let library = "\(root)/.build/library"

  /// The catalogue of the library OS.
  static func catalogue() throws -> Catalogue {
    try Catalogue(folder: "\(root)/Unikernel/Modules")
  }

  /// The modules selected for a resource.
  static func selection(_ resource: Resource, _ due: [SecurityRequirement]) throws -> Selection {
    try Selector(catalogue: catalogue()).select(resource: resource, due: due, target: .process).get()
  }

  /// The parameters of a resource.
  static func parameters(
    _ resource: Resource, _ due: [SecurityRequirement], environment: ResourceEnvironment = environment,
    files: SiteFiles = files
  ) throws -> [StagedParameter] {
    ModuleConfiguration.parameters(
      for: resource, due: due, selection: try selection(resource, due), environment: environment, files: files,
      controlPublicKey: [4] + Array(repeating: 1, count: 64))
  }
}
