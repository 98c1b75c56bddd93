import Foundation
import Interchange
import SecTOSCA
import Testing

@testable import ImageGeneration

/// Images out of the real library, where `make library` has made it.
@Suite(
  "Images of the library OS",
  .enabled(
    if: FakeLibrary.missingPrograms.isEmpty
      && FileManager.default.fileExists(atPath: "\(Portal.library)/toolchain.json"),
    "the library that `make library` makes, and a linker, are needed"))
struct LibraryOSImageTests {
  private let folder: TemporaryFolder
  private let builder: ImageBuilder

  init() throws {
    folder = try TemporaryFolder()
    builder = ImageBuilder(
      library: try LinkLibrary(folder: Portal.library), store: ImageStore(folder: folder.path),
      keys: KeyRing(SigningKey()))
  }

  private func build(_ resource: Resource, _ due: [SecurityRequirement]) throws -> (image: Image, bytes: [UInt8]) {
    let selection = try Selector(catalogue: builder.library.catalogue())
      .select(resource: resource, due: due, target: .process).get()
    let parameters = ModuleConfiguration.parameters(
      for: resource, due: due, selection: selection, environment: Portal.environment, files: Portal.files,
      controlPublicKey: try builder.keys.current().publicKey)
    let image = try builder.build(
      ImageRecipe(
        service: "portal", resource: resource, level: "test", due: due, target: .process, selection: selection,
        parameters: parameters))
    return (image, Array(try Data(contentsOf: URL(fileURLWithPath: builder.store.path(of: image.digest)))))
  }

  /// What the modules say of themselves in counters, faults and reports, and nobody else does.
  static let signs = [
    "firewall": "firewall.rules", "rate-limit": "rate-limit.limits", "quota": "quota.quotas",
    "basic-authentication": "basic-authentication.refused",
    "bearer-authentication": "bearer-authentication.refused", "authorization": "authorization.bundle",
    "audit": "audit.minimum-severity", "transport-security": "transport-security.",
    "static-site": "static-site.files", "reverse-proxy": "reverse-proxy.routes", "key-value": "key-value.",
    "handler": "handler.paths",
  ]

  @Test(
    "code of a module is in the image exactly where the module was selected",
    arguments: [Portal.Situation.storefrontAtNormal, .storefrontAtElevated, .openOrders, .encryptedOrders])
  func minimal(situation: Portal.Situation) throws {
    let (image, bytes) = try build(situation.resource, situation.due)
    let data = Data(bytes)
    for (module, sign) in LibraryOSImageTests.signs.sorted(by: { $0.key < $1.key }) {
      let isSelected = image.modules.contains { $0.name == module }
      #expect((data.range(of: Data(sign.utf8)) != nil) == isSelected, "\(module)")
    }
  }

  @Test("an image without TLS has nothing of it: neither BearSSL's functions for it nor the labels of its key schedule")
  func withoutTLS() throws {
    func linked(_ image: Image) throws -> [String] {
      try builder.store.traceability(of: image.digest).modules.flatMap { $0.symbols ?? [] }
    }
    func isForTLS(_ symbol: String) -> Bool { symbol.hasPrefix("br_ssl_") || symbol.hasPrefix("br_x509_") }
    let (plainImage, plainBytes) = try build(Portal.orders, [])
    let (encryptedImage, encryptedBytes) = try build(Portal.orders, [Portal.encrypted])
    // Hashes and signatures are BearSSL's too, and in both.
    #expect(try linked(plainImage).contains { $0.hasPrefix("br_") })
    #expect(try linked(plainImage).filter(isForTLS) == [])
    for prefix in ["br_ssl_server_", "br_x509_"] {
      #expect(try linked(encryptedImage).contains { $0.hasPrefix(prefix) }, "\(prefix)")
    }
    let (plain, encrypted) = (Data(plainBytes), Data(encryptedBytes))
    for sign in ["master secret", "key expansion", "transport-security"] {
      #expect(plain.range(of: Data(sign.utf8)) == nil, "\(sign)")
      #expect(encrypted.range(of: Data(sign.utf8)) != nil, "\(sign)")
    }
    // Keys and certificates are settings of the run stage: not in the image.
    #expect(encrypted.range(of: Data("portal.example".utf8)) == nil)
  }

  @Test("an image with network, HTTP and TLS stays under the promised 400 kB")
  func sizeWithTLS() throws {
    let (_, bytes) = try build(Portal.orders, [Portal.encrypted])
    #expect(bytes.count < 400_000, "\(bytes.count) bytes")
  }

  @Test("the storefront with all that level elevated asks for stays within the promised bounds")
  func bounds() throws {
    let (image, bytes) = try build(Portal.storefront, Portal.elevated)
    let report = try builder.store.report(image.digest, catalogue: builder.library.catalogue(), countsGadgets: false)
    #expect(bytes.count < 500_000)
    #expect(report.writableExecutableSegments == 0)
    #expect(!report.systemCalls.isEmpty && report.systemCalls.count <= 5)
    #expect(
      report.modulesLeftOut == [
        "api-key-authentication", "audit", "basic-authentication", "dhcp", "handler", "key-value", "microvm-platform",
        "name-resolution", "quota", "remote-authorization", "request-filter", "response-headers", "sessions",
        "stream-proxy", "transport-security",
      ])
  }
}
