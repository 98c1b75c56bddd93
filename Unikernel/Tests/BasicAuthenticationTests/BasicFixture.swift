import BasicAuthentication
import Cryptography
import Foundation
import Interchange
import LibraryOS
import LibraryOSTesting
import Testing

/// Basic authentication with a clock and a record of events.
final class BasicFixture {
  let clock = ManualClock(wallMilliseconds: 1_700_000_000_000)
  let recorder = EventRecorder()
  let module: BasicAuthentication
  let pipeline = Pipeline()
  let application = Application(name: "application")

  init(_ accounts: [ParameterValue]? = [alice, bob], required: Bool = false) throws {
    module = BasicAuthentication(
      clock: clock, random: RepeatableRandom(), events: recorder, failures: FailureLog(random: RepeatableRandom()))
    pipeline.add(module)
    pipeline.add(application)
    if let accounts {
      try module.configure([
        ("realm", "shop"), ("accounts", .list(accounts)), ("required", .boolean(required)),
      ])
    }
  }

  static let alice = account("alice", "wonderland", roles: ["clerk", "reader"])
  static let bob = account("bob", "builder:s", iterations: 3000)

  static func account(
    _ name: ByteString, _ password: String, iterations: Int = 100, roles: [ByteString] = []
  ) -> ParameterValue {
    let salt = Array("salt of ".utf8) + name.bytes
    var computation = PBKDF2Computation(password: Array(password.utf8), salt: salt, iterations: iterations)
    return map([
      ("name", .text(name)), ("salt", .bytes(salt)), ("iterations", .integer(Int64(iterations))),
      ("hash", .bytes(computation.advance(iterations: iterations) ?? [])),
      ("roles", .list(roles.map { .text($0) })),
    ])
  }

  static func header(_ credentials: String) -> ByteString {
    ByteString("Basic " + Data(credentials.utf8).base64EncodedString())
  }

  /// Sends a request with these `Authorization` fields and does the work that follows.
  func send(_ fields: [ByteString], from host: UInt8 = 7, settle: Bool = true) -> Outcome {
    let outcome = Outcome()
    let exchange = Exchange(
      request: HTTPRequest(
        method: "GET", path: "/", headers: fields.map { HTTPField("authorization", $0) }),
      source: Endpoint(IPv4Address(10, 0, 0, host), port: 1024), arrival: clock.now, pipeline: pipeline,
      completion: { outcome.response = $0 })
    outcome.exchange = exchange
    pipeline.advance(exchange)
    if settle { work() }
    return outcome
  }

  /// Sends credentials.
  func send(_ credentials: String, from host: UInt8 = 7, settle: Bool = true) -> Outcome {
    send([BasicFixture.header(credentials)], from: host, settle: settle)
  }

  /// Does background work until there is none.
  func work() {
    var slices = 0
    while module.isPending {
      module.advance(at: clock.now)
      slices += 1
      guard slices < 100_000 else {
        Issue.record("work never ends")
        return
      }
    }
  }

  /// What came of a request.
  final class Outcome {
    var exchange: Exchange?
    var response: HTTPResponse?
    var status: Int? { response?.status }
    var principal: Principal? { exchange?.principal }
    var challenges: [ByteString] { response?.headers.filter { $0.name == "www-authenticate" }.map(\.value) ?? [] }
  }

  /// Answers everything with 200.
  final class Application: LibraryOS.Application {
    let name: ByteString
    let counters: [Counter] = []

    init(name: ByteString) { self.name = name }
    func prepare(_ parameters: [Parameter]) throws(ParameterFault) {}
    func commit() {}
    func rollback() {}
    func claim(_ path: ByteString) -> Int? { 0 }
    func respond(to exchange: Exchange) { exchange.finish(.text(200, "hello")) }
  }
}
