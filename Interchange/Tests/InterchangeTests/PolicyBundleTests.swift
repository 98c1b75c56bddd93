import Testing

@testable import Interchange

@Suite("policy bundles")
struct PolicyBundleTests {
  /// A bundle whose only policy permits where `condition`, a node, is true.
  private func bundle(_ nodes: [PolicyNode], _ change: (inout PolicyBundleParts) -> Void = { _ in }) -> [UInt8] {
    var parts = PolicyBundleParts()
    parts.names = ["name", "x", "source"]
    parts.patterns = [PolicyPattern(segments: ["a", ""])]
    parts.constants = [.boolean(true), .long(1)]
    parts.nodes = nodes
    parts.policies = [
      BundledPolicy(
        name: "p", forbids: false, principal: .any, methods: .all, resource: .any,
        condition: nodes.isEmpty ? nil : nodes.count - 1)
    ]
    change(&parts)
    return parts.encode()
  }

  @Test("a bundle comes back as it was made")
  func roundTrip() throws {
    let bytes = bundle([
      PolicyNode(.principal), PolicyNode(.attribute, 0, 0), PolicyNode(.like, 1, 0),
    ]) {
      $0.policies[0].principal = .ofTypeWithin(.user, PolicyEntity(.role, "clerk"))
      $0.policies[0].methods = PolicyMethods("PUT")
      $0.constants.append(.set(of: [.string("b"), .string("a"), .string("b")]))
      $0.constants.append(.address(PolicyAddress(ipv4: 1)))
    }
    let bundle = try PolicyBundle(decoding: bytes)
    #expect(bundle.policies[0].principal == .ofTypeWithin(.user, PolicyEntity(.role, "clerk")))
    #expect(bundle.policies[0].methods == PolicyMethods("PUT"))
    #expect(bundle.nodes.map(\.operation) == [.principal, .attribute, .like])
    func decide(_ user: ByteString, _ roles: [ByteString], _ method: ByteString) -> Bool {
      bundle.decide(HTTPPolicyRequest(user: user, roles: roles, method: method, path: "/")).isAllowed
    }
    #expect(decide("alice", ["clerk"], "PUT"))
    #expect(!decide("alice", [], "PUT"))
    #expect(!decide("alice", ["clerk"], "GET"))
    #expect(!decide("bob", ["clerk"], "PUT"))
  }

  @Test("a bundle without policies denies")
  func empty() throws {
    let bundle = try PolicyBundle(decoding: PolicyBundleParts().encode())
    let decision = bundle.decide(HTTPPolicyRequest(method: "GET", path: "/"))
    #expect(decision == PolicyDecisionRecord(isAllowed: false, determining: nil, errors: 0))
  }

  @Test(
    "what could make a decision go wrong is refused",
    arguments: [
      ("an operand that is itself", [PolicyNode(.not, 0)]),
      ("an operand that comes later", [PolicyNode(.not, 1), PolicyNode(.principal)]),
      ("a constant out of range", [PolicyNode(.contextHas, 9)]),
      ("a node used twice", [PolicyNode(.principal), PolicyNode(.equal, 0, 0)]),
      ("a node not used", [PolicyNode(.principal), PolicyNode(.resource)]),
      ("a pattern out of range", [PolicyNode(.principal), PolicyNode(.like, 0, 1)]),
      ("an entity type that is none", [PolicyNode(.principal), PolicyNode(.isType, 0, 9)]),
    ])
  func invalid(what: String, nodes: [PolicyNode]) {
    #expect(throws: DecodingFault.invalid, "\(what)") { try PolicyBundle(decoding: bundle(nodes)) }
  }

  @Test("conditions are nested up to the bound and no deeper")
  func depth() throws {
    func nested(_ depth: Int) -> [UInt8] {
      bundle([PolicyNode(.constant, 0)] + (0..<(depth - 1)).map { PolicyNode(.not, UInt32($0)) })
    }
    let deepest = try PolicyBundle(decoding: nested(PolicyBundle.maximumDepth))
    #expect(!deepest.decide(HTTPPolicyRequest(method: "GET", path: "/")).isAllowed)
    #expect(throws: DecodingFault.tooLarge) { try PolicyBundle(decoding: nested(PolicyBundle.maximumDepth + 1)) }
  }

  @Test("constants are sorted sets and records, each element used once")
  func constants() {
    let unsorted = bundle([]) { $0.constants = [.set([.long(2), .long(1)])] }
    #expect(throws: DecodingFault.invalid) { try PolicyBundle(decoding: unsorted) }
    let twice = bundle([]) {
      $0.constants = [.record([PolicyValueField("a", .long(1)), PolicyValueField("a", .long(1))])]
    }
    #expect(throws: DecodingFault.invalid) { try PolicyBundle(decoding: twice) }
    let address = bundle([]) {
      $0.constants = [.address(PolicyAddress(isIPv6: false, high: 0, low: 1 << 32, prefixLength: 32))]
    }
    #expect(throws: DecodingFault.invalid) { try PolicyBundle(decoding: address) }
  }

  @Test("another version is refused")
  func version() {
    var bytes = bundle([])
    bytes[3] = 0x32
    #expect(throws: DecodingFault.invalid) { try PolicyBundle(decoding: bytes) }
  }
}

@Suite("parts of decisions")
struct PolicyPartTests {
  @Test(
    "a path is below those that end at one of its slashes",
    arguments: [
      ("/", "/a", true), ("/a", "/a/b", true), ("/a", "/a/", true), ("/a", "/ab", false), ("/a/", "/a/b", false),
      ("/a", "/a", false), ("/", "/", false), ("", "/a", false), ("/a/b", "/a", false),
    ])
  func paths(ancestor: ByteString, path: ByteString, expected: Bool) {
    #expect(HTTPPolicyRequest.isPath(ancestor, above: path) == expected)
    let lengths = HTTPPolicyRequest.lengthsAbove(path)
    #expect(lengths.contains { ByteString(path.bytes[..<$0]) == ancestor } == expected)
  }

  @Test(
    "addresses are read strictly",
    arguments: [
      ("10.0.0.1", true), ("10.0.0.0/8", true), ("0.0.0.0/0", true), ("::", true), ("::1", true), ("1::", true),
      ("1:2:3:4:5:6:7:8", true), ("1:2:3:4:5:6:7::", true), ("ff00::/8", true), ("::1/128", true),
      ("", false), ("10.0.0", false), ("10.0.0.0.1", false), ("10.0.0.01", false), ("256.0.0.1", false),
      ("10.0.0.1/33", false), ("10.0.0.1/08", false), ("10.0.0.1/", false), (":::", false), ("1:2", false),
      ("1::2::3", false), ("1:2:3:4:5:6:7:8:9", false), ("::1/129", false), ("::ffff:10.0.0.1", false), ("1:", false),
      (":1", false), ("12345::", false), ("1:2:3:4:5:6:7:8::", false), ("10.0.0.1 ", false),
    ])
  func addresses(text: ByteString, isAddress: Bool) {
    #expect((PolicyAddress(text) != nil) == isAddress)
  }

  @Test(
    "a network is in another when all its addresses are",
    arguments: [
      ("10.1.2.3", "10.0.0.0/8", true), ("11.0.0.0", "10.0.0.0/8", false), ("10.0.0.0/7", "10.0.0.0/8", false),
      ("1.2.3.4", "0.0.0.0/0", true), ("::1", "0.0.0.0/0", false), ("fe80::1", "fe80::/64", true),
      ("fe80:0:0:1::1", "fe80::/64", false), ("fe80::1:2", "fe80::1:0/112", true),
      ("fe80::2:2", "fe80::1:0/112", false),
      ("::5", "::/0", true),
    ])
  func ranges(host: ByteString, network: ByteString, expected: Bool) throws {
    let host = try #require(PolicyAddress(host))
    #expect(host.isInRange(of: try #require(PolicyAddress(network))) == expected)
  }

  @Test(
    "patterns fit whole texts",
    arguments: [
      ([""], "", true), ([""], "a", false), (["", ""], "anything", true), (["a", ""], "ab", true),
      (["a", "a"], "a", false), (["a", "a"], "aa", true), (["", "ab", ""], "aab", true),
      (["", "b", "c"], "abbc", true),
      (["a", "b", "c"], "acb", false), (["", "", ""], "", true),
    ] as [([ByteString], ByteString, Bool)])
  func patterns(segments: [ByteString], text: ByteString, expected: Bool) {
    #expect(PolicyPattern(segments: segments).matches(text) == expected)
  }
}
