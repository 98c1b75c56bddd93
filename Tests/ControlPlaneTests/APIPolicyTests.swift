import Testing

@testable import ControlPlane
@testable import Orchestration

@Suite("Who may do what over the API")
struct APIPolicyTests {
  private func token(_ role: AccessRole, tenant: String? = "shop") -> AccessToken {
    AccessToken(id: "0123456789abcdef", name: "somebody", tenant: tenant, role: role, created: "", expires: nil)
  }

  @Test("the policy is valid against its schema, which declares every operation")
  func sound() throws {
    #expect(try APIPolicy().findings() == [])
  }

  @Test(
    "each role may do what it is for, to its own tenant",
    arguments: [
      (AccessRole.decisionCaller, [APIOperation.decide]), (.viewer, [.observe]),
      (.operator, [.observe, .removeService, .setLevel, .quarantine]),
      (
        .securityOfficer, [.observe, .decide, .setLevel, .quarantine, .commandFilters, .changePolicies, .readDecisions]
      ),
      (
        .administrator,
        [
          .decide, .observe, .removeService, .setLevel, .quarantine, .commandFilters, .changePolicies, .readDecisions,
          .changeTokens,
        ]
      ),
    ])
  func roles(role: AccessRole, allowed: [APIOperation]) throws {
    let policy = try APIPolicy()
    for operation in APIOperation.allCases {
      #expect(policy.permits(token(role), operation, on: "shop") == allowed.contains(operation), "\(operation)")
      #expect(!policy.permits(token(role), operation, on: "bank"), "\(operation)")
      #expect(!policy.permits(token(role), operation, on: nil), "\(operation)")
      let everywhere = policy.permits(token(role, tenant: nil), operation, on: "bank")
      #expect(
        everywhere == (allowed.contains(operation) || role == .administrator && operation == .operateMachine),
        "\(operation)")
    }
  }

  @Test("routes that nobody thought of are for those who may do everything; few need no token")
  func routes() {
    #expect(APIOperation.of("POST", "/api/v1/anything/new") == .operateMachine)
    #expect(APIOperation.of("GET", "/metrics") == .operateMachine)
    #expect(APIOperation.of("POST", "/api/v1/services") == .operateMachine)
    #expect(APIOperation.of("POST", "/healthz") == .operateMachine)
    #expect(APIOperation.of("GET", "/healthz") == nil)
    #expect(APIOperation.of("GET", "/.well-known/authzen-configuration/tenants/{tenant}") == nil)
    #expect(APIOperation.of("POST", "/access/v1/evaluation") == .decide)
    #expect(APIOperation.of("POST", "/tenants/{tenant}/access/v1/search/subject") == .decide)
    #expect(APIOperation.of("PUT", "/api/v1/decision/policies") == .changePolicies)
    #expect(APIOperation.of("GET", "/api/v1/decision/log") == .readDecisions)
    #expect(APIOperation.of("GET", "/api/v1/quarantine") == .observe)
    #expect(APIOperation.of("DELETE", "/api/v1/quarantine/{instance}") == .quarantine)
    // A dump has every secret of the instance.
    #expect(APIOperation.of("POST", "/api/v1/quarantine/{instance}/dump") == .operateMachine)
  }

  @Test(
    "addresses of others are listened on with a certificate only",
    arguments: [
      ("127.0.0.1:8080", true), ("127.9.9.9:0", true), ("[::1]:80", true), ("localhost:1", true),
      ("0.0.0.0:8443", false),
      ("192.0.2.1:80", false), ("[::]:80", false), ("[2001:db8::1]:443", false),
    ])
  func addresses(text: String, isLoopback: Bool) throws {
    let address = try #require(ListenAddress(text))
    #expect(address.isLoopback == isLoopback && address.description == text)
    if isLoopback {
      #expect(try !Listener(address, tls: nil, needsTokens: false).needsTokens)
    } else {
      #expect(throws: OrchestrationFault.self) { try Listener(address, tls: nil, needsTokens: true) }
    }
  }

  @Test(
    "what is no address is refused",
    arguments: ["", "8080", "127.0.0.1", "[::1", "1.2.3.256:1", "example.org:1", "::1:80"])
  func noAddresses(text: String) {
    #expect(ListenAddress(text) == nil)
  }
}
