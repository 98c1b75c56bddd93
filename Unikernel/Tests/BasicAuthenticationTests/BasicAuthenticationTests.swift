import BasicAuthentication
import Interchange
import LibraryOS
import LibraryOSTesting
import Testing

struct BasicAuthenticationTests {
  static let challenge: ByteString = "Basic realm=\"shop\", charset=\"UTF-8\""

  @Test("the right password makes a principal with its roles")
  func success() throws {
    let fixture = try BasicFixture()
    let outcome = fixture.send("alice:wonderland")
    #expect(outcome.status == 200)
    #expect(outcome.principal == Principal(name: "alice", roles: ["clerk", "reader"], scheme: "basic"))
    #expect(fixture.send("bob:builder:s").principal?.name == "bob", "a password may contain colons")
    #expect(fixture.module.counter("accepted") == 2)
    #expect(fixture.recorder.events.isEmpty)
  }

  @Test(
    "a wrong name or password is answered 401 with the challenge",
    arguments: [
      "alice:Wonderland", "alice:wonderlan", "alice:wonderland ", "alice:", "Alice:wonderland", "alic:wonderland",
      "bob:wonderland", "mallory:x", "bob:builder",
    ])
  func failure(credentials: String) throws {
    let fixture = try BasicFixture()
    let outcome = fixture.send(credentials)
    #expect(outcome.status == 401)
    #expect(outcome.challenges == [BasicAuthenticationTests.challenge])
    #expect(outcome.principal?.isVisitor == true)
    let event = try #require(fixture.recorder.events.first)
    #expect(event.severity == .medium)
    #expect(event.action == "denied")
    let known = ["alice", "bob"].contains { credentials.hasPrefix($0 + ":") }
    #expect(event.details.contains { $0.name == "account" } == known, "a name without account may be a password")
    #expect(!String(decoding: Report.event(event).encode(), as: UTF8.self).contains("wonderland"))
  }

  @Test("without credentials the request goes on as a visitor's, with the challenge at hand")
  func visitor() throws {
    for fields in [[], ["Bearer abc"], ["Digest x=y"], ["Basically YTpi"]] as [[ByteString]] {
      let outcome = try BasicFixture().send(fields)
      #expect(outcome.status == 200)
      #expect(outcome.principal?.isVisitor == true)
      #expect(outcome.exchange?.challenges == [BasicAuthenticationTests.challenge])
    }
  }

  @Test("where credentials are required, a request without them is answered 401 at once")
  func required() throws {
    let fixture = try BasicFixture(required: true)
    for fields in [[], ["Bearer abc"]] as [[ByteString]] {
      let outcome = fixture.send(fields, settle: false)
      #expect(outcome.status == 401)
      #expect(outcome.challenges == [BasicAuthenticationTests.challenge])
    }
    #expect(fixture.send("alice:wonderland").status == 200)
  }

  static let malformed: [(what: String, field: ByteString)] = [
    ("nothing", "Basic"), ("white space", "Basic   "), ("no base64", "Basic !!!!"), ("a cut", "Basic YWxpY2U6d29uZ"),
    ("no padding", "Basic YWxpY2U6eA"), ("surplus padding", "Basic YWxpY2U6eA==="),
    ("stray bits", "Basic YWxpY2U6eB=="), ("base64url", "Basic YWxpY2U6-_-_"),
    ("a second word", "Basic YWxpY2U6eA== x"), ("a tab", "Basic \tYWxpY2U6eA=="),
    ("no colon", BasicFixture.header("alice")), ("no name", BasicFixture.header(":wonderland")),
    ("a line feed", BasicFixture.header("alice:wonder\nland")), ("a NUL", BasicFixture.header("alice\0:wonderland")),
    ("DEL", BasicFixture.header("alice:\u{7F}")),
    ("too many bytes", BasicFixture.header("alice:" + String(repeating: "x", count: 1100))),
    ("far too many bytes", BasicFixture.header("alice:" + String(repeating: "x", count: 12_000))),
  ]

  @Test("malformed credentials are answered 401, cost no computation and no trap", arguments: malformed.indices)
  func malformedCredentials(index: Int) throws {
    let fixture = try BasicFixture()
    let (what, field) = BasicAuthenticationTests.malformed[index]
    let outcome = fixture.send([field], settle: false)
    #expect(outcome.status == 401, "\(what)")
    #expect(!fixture.module.isPending)
    #expect(fixture.module.counter("refused") == 1)
  }

  @Test("the scheme is compared without case, and may be followed by several spaces")
  func schemes() throws {
    let fixture = try BasicFixture()
    let token = ByteString(BasicFixture.header("alice:wonderland").bytes.dropFirst(6))
    for prefix in ["basic ", "BASIC ", "bAsIc   "] as [ByteString] {
      #expect(fixture.send([prefix + token]).principal?.name == "alice")
    }
  }

  @Test("two Authorization fields, or one without a scheme, are answered 400", arguments: [0, 1, 2, 3])
  func ambiguous(index: Int) throws {
    let good = BasicFixture.header("alice:wonderland")
    let fields: [[ByteString]] = [[good, good], ["Bearer x", good], [""], ["B@sic x"]]
    let outcome = try BasicFixture().send(fields[index])
    #expect(outcome.status == 400)
    #expect(outcome.principal?.isVisitor == true)
  }

  @Test("who was authenticated before is left alone")
  func earlierModule() throws {
    let fixture = try BasicFixture(required: true)
    let exchange = Exchange(
      request: HTTPRequest(method: "GET", path: "/"), source: Endpoint(IPv4Address(raw: 1), port: 1),
      arrival: fixture.clock.now, completion: { _ in })
    exchange.principal = Principal(name: "carol", roles: [], scheme: "bearer")
    guard case .proceed = fixture.module.examine(exchange) else {
      Issue.record("refused")
      return
    }
    #expect(exchange.principal.name == "carol")
  }

  @Test("until it is configured, the answer is 503")
  func unconfigured() throws {
    #expect(try BasicFixture(nil).send("alice:wonderland").status == 503)
    #expect(try BasicFixture(nil).send([]).status == 503)
  }

  @Test("a realm is quoted")
  func quoting() throws {
    let fixture = try BasicFixture()
    try fixture.module.configure([("realm", "a \"b\" \\ c")])
    #expect(fixture.send("alice:x").challenges == ["Basic realm=\"a \\\"b\\\" \\\\ c\", charset=\"UTF-8\""])
  }

  static let faults: [(what: String, name: ByteString, value: ParameterValue)] = [
    ("a realm that is no text", "realm", .integer(1)), ("a realm with a line feed", "realm", "a\nb"),
    ("accounts that are no list", "accounts", "alice"), ("an account that is no map", "accounts", .list(["alice"])),
    ("two accounts of one name", "accounts", .list([BasicFixture.alice, BasicFixture.bob, BasicFixture.alice])),
    ("a name with a colon", "accounts", .list([BasicFixture.account("a:b", "x")])),
    ("an empty name", "accounts", .list([BasicFixture.account("", "x")])),
    ("an empty role", "accounts", .list([BasicFixture.account("a", "x", roles: [""])])),
    ("no iterations", "accounts", .list([altered("iterations", .integer(0))])),
    ("too many iterations", "accounts", .list([altered("iterations", .integer(.max))])),
    ("a short salt", "accounts", .list([altered("salt", .bytes([1, 2, 3]))])),
    ("a short hash", "accounts", .list([altered("hash", .bytes([1, 2, 3]))])),
    ("a hash as text", "accounts", .list([altered("hash", "0123456789abcdef0123456789abcdef")])),
    ("required as text", "required", "yes"), ("an unknown parameter", "password", "x"),
  ]

  static func altered(_ field: ByteString, _ value: ParameterValue) -> ParameterValue {
    guard case .map(var fields) = BasicFixture.alice else { return .list([]) }
    for index in fields.indices where fields[index].name == field { fields[index].value = value }
    return .map(fields)
  }

  @Test("settings that are wrong are refused, and what was in force stays", arguments: faults.indices)
  func refused(index: Int) throws {
    let (what, name, value) = BasicAuthenticationTests.faults[index]
    let fixture = try BasicFixture()
    #expect(throws: ParameterFault.self, "\(what)") { try fixture.module.configure([(name, value)]) }
    fixture.module.rollback()
    fixture.module.commit()
    #expect(fixture.send("alice:wonderland").status == 200)
  }

  @Test("realm and accounts must be given at the start; later, what is not given stays")
  func start() throws {
    let fixture = try BasicFixture(nil)
    #expect(throws: ParameterFault("basic-authentication.accounts", expected: "to be given at the start")) {
      try fixture.module.configure([("realm", "shop")])
    }
    #expect(throws: ParameterFault("basic-authentication.realm", expected: "to be given at the start")) {
      try fixture.module.configure([("accounts", .list([]))])
    }
    #expect(throws: ParameterFault("basic-authentication.realm", expected: "to be given once")) {
      try fixture.module.configure([("realm", "a"), ("realm", "b"), ("accounts", .list([]))])
    }
    try fixture.module.configure([("realm", "shop"), ("accounts", .list([BasicFixture.alice]))])
    try fixture.module.configure([("realm", "other")])
    #expect(fixture.send("alice:wonderland").status == 200)
  }
}
