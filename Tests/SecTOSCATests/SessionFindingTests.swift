import Foundation
import TOSCA
import Testing

@testable import SecTOSCA

@Suite("Mistakes in sessions and response headers")
struct SessionFindingTests {
  /// The portal's files and, beside them, keys that cookies are signed with.
  static let root: String = {
    let folder = FileManager.default.temporaryDirectory.appending(path: "sessions-\(UUID().uuidString)")
    do {
      try FileManager.default.copyItem(atPath: Portal.root, toPath: folder.path)
      let keys = Portal.repository.appending(path: "Examples/sign-in/session-keys.json")
      try FileManager.default.copyItem(at: keys, to: folder.appending(path: "session-keys.json"))
    } catch {
      Issue.record("\(error)")
    }
    return folder.path
  }()

  /// The portal in the folder of the example that has keys for cookies, with a session that its levels may ask for.
  static func session(_ others: [String: Literal?] = [:], at level: String? = nil) -> Topology {
    var properties: [String: Literal] = ["keys": "session-keys.json"]
    for (name, value) in others { properties[name] = value }
    var topology = Portal.topology().with(Portal.policy("signed_in", "Session", ["storefront"], properties))
    topology.root = root
    if let level {
      topology = topology.setting(
        "requires", ofPolicy: level, to: ["declared_flows", "passwords", "order_rules", "signed_in"])
    }
    return topology
  }

  static func headers(_ properties: [String: Literal]) -> Topology {
    Portal.topology().with(Portal.policy("browsers", "ResponseHeaders", ["storefront"], properties))
  }

  static func cors(_ others: [String: Literal]) -> Topology {
    let entries = ["origins": ["https://shop.example"]].merging(others) { $1 }.sorted { $0.key < $1.key }
    return headers(["cors": .map(entries.map { ($0.key, $0.value) })])
  }

  static let cases: [(what: String, topology: Topology, code: String, said: String)] = [
    ("no keys", session(["keys": nil]), "missing-property", "`keys`"),
    ("a key file that is not there", session(["keys": "session.json"]), "missing-file", "`session.json`"),
    ("a key file that is none", session(["keys": "keys.json"]), "invalid-key", "`keys.json`"),
    ("an idle time of nothing", session(["idle": .amount(0, "0 s")]), "invalid-value", "`idle`"),
    ("a session without end", session(["absolute": .amount(1e9, "1e9 s")]), "invalid-value", "`absolute`"),
    (
      "an idle time beyond the end",
      session(["idle": .amount(7200, "2 h"), "absolute": .amount(3600, "1 h")]), "invalid-value", "1 h"
    ),
    ("an epoch below nothing", session(["epoch": -1]), "invalid-value", "`epoch`"),
    ("a login that is no path", session(["login": "login"]), "invalid-path", "`login`"),
    ("a landing on another host", session(["landing": "//evil.example"]), "invalid-path", "`landing`"),
    ("a landing that ends the line", session(["landing": "/a\r\nset-cookie: x=y"]), "invalid-path", "`landing`"),
    ("a log-out where the login is", session(["logout": "/login"]), "invalid-value", "`/login`"),
    ("an origin in clear", session(["origins": ["http://shop.example"]]), "invalid-value", "`http://shop.example`"),
    ("a session in clear", session(at: "normal"), "session-without-tls", "`normal`"),
    (
      "a session that nobody can begin",
      session().setting("requires", ofPolicy: "normal", to: ["declared_flows", "order_rules", "signed_in"]),
      "session-without-login", "`storefront`"
    ),
    ("a policy with CR LF", headers(["content_security_policy": "a\r\nb: c"]), "invalid-value", "one"),
    ("a policy with LF", headers(["permissions_policy": "a\nb"]), "invalid-value", "header field"),
    ("a policy beyond ASCII", headers(["content_security_policy": "d\u{e9}fault"]), "invalid-value", "header field"),
    ("an empty policy", headers(["content_security_policy": ""]), "invalid-value", "header field"),
    ("a referrer policy that is none", headers(["referrer_policy": "no-referer"]), "invalid-value", "`no-referer`"),
    ("no origin", cors(["origins": []]), "invalid-value", "0 entries"),
    ("an origin with a path", cors(["origins": ["https://shop.example/"]]), "invalid-value", "`https://shop.example/`"),
    ("an origin in upper case", cors(["origins": ["https://Shop.example"]]), "invalid-value", "`https://Shop.example`"),
    ("an origin with its scheme's port", cors(["origins": ["https://a.example:443"]]), "invalid-value", ":443"),
    ("an origin with a star", cors(["origins": ["https://*.example"]]), "invalid-value", "`https://*.example`"),
    ("no origin at all, by name", cors(["origins": ["null"]]), "invalid-value", "`null`"),
    ("any origin with credentials", cors(["origins": ["*"], "credentials": true]), "open-origins", "credentials"),
    ("any origin and one", cors(["origins": ["*", "https://a.example"]]), "open-origins", "beside `*`"),
    ("a method in lower case", cors(["methods": ["put"]]), "invalid-value", "`put`"),
    ("any header", cors(["headers": ["*"]]), "invalid-value", "`*`"),
    ("an age of years", cors(["max_age": .amount(86_401, "86401 s")]), "invalid-value", "`max_age`"),
  ]

  @Test("are found, and said", arguments: cases.indices)
  func findings(index: Int) {
    let (what, topology, code, said) = Self.cases[index]
    let findings = Interpreter().interpret(topology).1
    #expect(
      findings.contains { $0.code == code && ($0.message.contains(said) || ($0.expected ?? "").contains(said)) },
      "\(what): \(findings.map { "\($0.code): \($0.message)" })")
  }

  @Test("nothing is said of what a requirement would have brought that could not be read")
  func noFollowUps() {
    let sealed = TLSFixtures.policy(
      "sealed", ["clients": "required"],
      identities: [TLSFixtures.identity(TLSFixtures.serverCertificate, key: TLSFixtures.otherKey)])
    let requires: Literal = ["declared_flows", "passwords", "order_rules", "signed_in", "sealed"]
    let broken = Self.session().with(sealed).setting("requires", ofPolicy: "normal", to: requires)
    let codes = Interpreter().interpret(broken).1.map(\.code)
    #expect(!codes.isEmpty && !codes.contains("session-without-tls"), "\(codes)")
    let members = Portal.policy("members", "Authentication", ["storefront"], ["scheme": "certificate"])
    let certificates = Portal.topology().with(members).with(sealed)
      .setting("requires", ofPolicy: "normal", to: ["declared_flows", "members", "order_rules", "sealed"])
    let said = Interpreter().interpret(certificates).1.map(\.code)
    #expect(!said.isEmpty && !said.contains("no-client-certificates"), "\(said)")
    let unreadable = Self.session().setting("credentials", ofPolicy: "passwords", to: "nowhere.yaml")
      .setting("requires", ofPolicy: "normal", to: ["declared_flows", "passwords", "order_rules", "signed_in"])
    let others = Interpreter().interpret(unreadable).1.map(\.code)
    #expect(others.contains("session-without-tls") && !others.contains("session-without-login"), "\(others)")
  }

  @Test("headers are read, with what is usual where nothing is said")
  func read() throws {
    let (service, findings) = Interpreter().interpret(
      Self.headers([
        "content_security_policy": "default-src 'self'",
        "cors": ["origins": ["https://a.example:8443", "http://[::1]:3000"], "headers": ["X-API-Key"]],
      ]).setting("requires", ofPolicy: "normal", to: ["declared_flows", "passwords", "order_rules", "browsers"])
        .setting("requires", ofPolicy: "elevated", to: ["declared_flows", "tokens", "order_rules", "calm", "browsers"])
        .setting(
          "requires", ofPolicy: "lockdown",
          to: ["declared_flows", "tokens", "order_rules", "calm", "nobody", "browsers"]))
    let requirement = try #require(
      service?.requirements.first { $0.name == "browsers" }, "\(findings.map(\.message))")
    guard case .responseHeaders(let headers) = requirement.protection else {
      Issue.record("\(requirement.protection.summary)")
      return
    }
    #expect(
      headers.fields.map(\.name) == [
        "content-security-policy", "x-content-type-options", "referrer-policy", "cross-origin-opener-policy",
        "cross-origin-resource-policy",
      ])
    #expect(headers.crossOrigin?.headers == ["x-api-key"] && headers.crossOrigin?.allowsCredentials == false)
  }

  @Test("shorter sessions are stronger, and so are headers that say more and let fewer in")
  func strength() {
    func stronger(_ new: Protection, _ old: Protection) -> Bool {
      Strength.isAtLeast([StrengthTests.requirement(new)], asStrongAs: [StrengthTests.requirement(old)])
    }
    let long = Session(keys: [], idleSeconds: 600, absoluteSeconds: 6000)
    let short = Session(keys: [], idleSeconds: 60, absoluteSeconds: 600)
    #expect(stronger(.session(short), .session(long)) && !stronger(.session(long), .session(short)))
    #expect(!Strength.isAtLeast([], asStrongAs: [StrengthTests.requirement(.session(long))]))
    let one = CrossOrigin(origins: ["https://a.example"])
    let two = CrossOrigin(origins: ["https://a.example", "https://b.example"])
    let all = CrossOrigin(origins: ["*"])
    let said = ResponseHeaders(contentSecurityPolicy: "default-src 'self'")
    let order = [
      ResponseHeaders(crossOrigin: all), ResponseHeaders(crossOrigin: two), ResponseHeaders(crossOrigin: one),
      ResponseHeaders(), said,
    ]
    for (index, weaker) in order.enumerated() {
      for other in order[index...] { #expect(stronger(.responseHeaders(other), .responseHeaders(weaker))) }
      for other in order[..<index] { #expect(!stronger(.responseHeaders(other), .responseHeaders(weaker))) }
    }
  }
}
