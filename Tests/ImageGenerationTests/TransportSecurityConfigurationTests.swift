import Interchange
import SecTOSCA
import Testing

@testable import ImageGeneration

@Suite("Configuration of TLS")
struct TransportSecurityConfigurationTests {
  private func parameters(_ due: [SecurityRequirement], memory: Int = 32 << 20) throws -> [StagedParameter] {
    var resource = Portal.orders
    resource.memoryBytes = memory
    return ModuleConfiguration.parameters(
      for: resource, due: due, selection: try Portal.selection(resource, due), environment: Portal.environment,
      files: Portal.files, controlPublicKey: [])
  }

  private func value(_ name: String, in parameters: [StagedParameter]) -> (ParameterValue, ParameterStage)? {
    parameters.first { $0.parameter.module == "transport-security" && $0.parameter.name == ByteString(name) }
      .map { ($0.parameter.value, $0.stage) }
  }

  @Test("certificates and keys are settings of the run stage, and never of the image")
  func stages() throws {
    let parameters = try parameters([Portal.encrypted])
    let (identities, stage) = try #require(value("identities", in: parameters))
    #expect(stage == .run)
    #expect(
      identities
        == .list([
          .record([
            "names": .strings(["portal.example"]), "certificates": .list([.bytes([1]), .bytes([2])]),
            "key": .bytes([3, 4]),
          ])
        ]))
    #expect(value("client-authentication", in: parameters)?.0 == .string("required"))
    #expect(value("client-authorities", in: parameters)?.0 == .list([.bytes([5])]))
    #expect(value("strict-seconds", in: parameters)?.0 == .number(60))
    #expect(
      !parameters.contains { $0.stage == .build && $0.parameter.module == "transport-security" })
  }

  @Test("a level that asks for less says so, and does not leave out what is in force")
  func explicit() throws {
    let plain = Portal.requirement(
      "plain",
      .transportSecurity(TransportSecurity(identities: [ServerIdentity(names: [], certificates: [[1]], key: [2])])))
    let parameters = try parameters([plain])
    #expect(value("client-authentication", in: parameters)?.0 == .string("none"))
    #expect(value("client-authorities", in: parameters)?.0 == .list([]))
    #expect(value("strict-seconds", in: parameters)?.0 == .number(0))
  }

  @Test("connections take half of the memory at most", arguments: [(1 << 20, 10), (16 << 20, 170), (4 << 30, 8192)])
  func connections(memory: Int, bound: Int) throws {
    let found = value("maximum-connections", in: try parameters([Portal.encrypted], memory: memory))
    #expect(found?.0 == .number(bound))
    #expect(found?.1 == .boot)
  }

  @Test("who passes requests on over TLS gets the module, in clear at its own endpoint, and what it is to trust")
  func backends() throws {
    let towards = Portal.requirement(
      "sealed", .backendSecurity(BackendSecurity(backend: "orders", name: "portal.example", authorities: [[2]])))
    let due = [Portal.declaredFlows, towards]
    let parameters = ModuleConfiguration.parameters(
      for: Portal.storefront, due: due, selection: try Portal.selection(Portal.storefront, due),
      environment: Portal.environment, files: Portal.files, controlPublicKey: [])
    let endpoint = try #require(value("endpoint", in: parameters))
    #expect(endpoint == (.string("clear"), .boot))
    let backends = try #require(value("backends", in: parameters))
    #expect(backends.1 == .run)
    #expect(
      backends.0
        == .list([
          .record([
            "addresses": .strings(["10.77.0.3:8080"]), "name": .string("portal.example"),
            "authorities": .list([.bytes([2])]),
          ])
        ]))
    #expect(value("identities", in: parameters)?.0 == .list([]))
    #expect(value("endpoint", in: try self.parameters([Portal.encrypted]))?.0 == .string("tls"))
    #expect(value("backends", in: try self.parameters([Portal.encrypted]))?.0 == .list([]))
  }

  @Test("an external service is shown what is for it, and clients that are named are")
  func external() throws {
    let identity = ServerIdentity(names: [], certificates: [[7]], key: [8])
    let towards = Portal.requirement(
      "legacy",
      .backendSecurity(
        BackendSecurity(backend: "orders", name: "db.example", authorities: [[2], [3]], identity: identity)))
    let parameters = ModuleConfiguration.parameters(
      for: Portal.storefront, due: [towards], selection: try Portal.selection(Portal.storefront, [towards]),
      environment: Portal.environment, files: Portal.files, controlPublicKey: [])
    let backend = try #require(value("backends", in: parameters)?.0.listValue?.first)
    #expect(backend["authorities"] == .list([.bytes([2]), .bytes([3])]))
    #expect(backend["identity"]?["key"] == .bytes([8]))
    #expect(value("allowed-clients", in: parameters)?.0 == .strings(["*"]))
    let named = Portal.requirement(
      "named",
      .transportSecurity(
        TransportSecurity(
          identities: [identity], clients: .required, clientAuthorities: [[5]], allowedClients: ["reports"])))
    #expect(value("allowed-clients", in: try self.parameters([named]))?.0 == .strings(["reports"]))
  }

  @Test("what passes connections on has their server, and nothing that reads HTTP")
  func streams() throws {
    var resource = Portal.storefront
    resource.applications = [
      .streamProxy(StreamForwarding(backend: "orders", negotiation: .postgresql, connectSeconds: 7, idleSeconds: 60))
    ]
    let due = [Portal.declaredFlows, Portal.encrypted, Portal.calm, Portal.log]
    let selection = try Portal.selection(resource, due)
    let names = selection.modules.map(\.manifest.name)
    #expect(!names.contains("http") && names.contains("stream-proxy"), "\(names)")
    let parameters = ModuleConfiguration.parameters(
      for: resource, due: due, selection: selection, environment: Portal.environment, files: Portal.files,
      controlPublicKey: [])
    func own(_ name: String) -> ParameterValue? {
      parameters.first { $0.parameter.module == "stream-proxy" && $0.parameter.name == ByteString(name) }?.parameter
        .value
    }
    #expect(own("port") == .number(resource.endpoint.port))
    #expect(own("backends") == .strings(["10.77.0.3:8080"]))
    #expect(own("negotiation") == .string("postgresql") && own("cancel-in-clear") == .boolean(false))
    #expect(own("connect-timeout-ms") == .number(7000) && own("idle-timeout-ms") == .number(60_000))
    #expect(ModuleConfiguration.missing(from: parameters, for: selection).isEmpty)
  }

  @Test("without the requirement nothing is set")
  func without() throws {
    #expect(value("identities", in: try parameters([])) == nil)
  }
}
