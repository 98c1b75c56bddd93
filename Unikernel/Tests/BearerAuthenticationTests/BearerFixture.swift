import BearerAuthentication
import Interchange
import LibraryOS
import LibraryOSTesting
import Testing

/// Bearer authentication with a clock, at second 1700000000, and a record of events.
final class BearerFixture {
  let clock = ManualClock(wallMilliseconds: 1_700_000_000_000)
  let recorder = EventRecorder()
  let module: BearerAuthentication
  let pipeline = Pipeline()

  init(
    keys: [ParameterValue]? = [es256, hs256], audience: ByteString? = "shop", required: Bool = false,
    issuer: ByteString = "https://issuer.example"
  ) throws {
    module = BearerAuthentication(
      clock: clock, random: RepeatableRandom(), events: recorder, failures: FailureLog(random: RepeatableRandom()))
    pipeline.add(module)
    guard let keys else { return }
    var values: [(ByteString, ParameterValue)] = [
      ("realm", "shop"), ("issuer", .text(issuer)), ("keys", .list(keys)), ("required", .boolean(required)),
    ]
    if let audience { values.append(("audience", .text(audience))) }
    try module.configure(values)
  }

  static let es256 = key("e1", "ES256", TokenForge.publicKey)
  static let hs256 = key("h1", "HS256", TokenForge.secret)

  static func key(_ id: ByteString, _ algorithm: ByteString, _ bytes: [UInt8]) -> ParameterValue {
    map([("id", .text(id)), ("algorithm", .text(algorithm)), ("key", .bytes(bytes))])
  }

  /// What the module makes of a request with these `Authorization` fields.
  func send(_ fields: [String], as principal: Principal = .visitor, from host: UInt8 = 7) -> Outcome {
    let exchange = Exchange(
      request: HTTPRequest(
        method: "GET", path: "/", headers: fields.map { HTTPField("authorization", ByteString($0)) }),
      source: Endpoint(IPv4Address(10, 0, 0, host), port: 1024), arrival: clock.now,
      pipeline: pipeline, completion: { _ in })
    exchange.principal = principal
    var response: HTTPResponse?
    switch module.examine(exchange) {
    case .proceed: break
    case .respond(let answer): response = answer
    case .suspend: Issue.record("tokens are verified at once")
    }
    return Outcome(
      response: response, principal: exchange.principal, challenges: exchange.challenges,
      reason: recorder.events.last?.details.last?.value.textValue)
  }

  /// What it makes of a token.
  func send(token: String, from host: UInt8 = 7) -> Outcome {
    send(["Bearer " + token], from: host)
  }

  /// What came of a request. No response: it goes on.
  struct Outcome {
    var response: HTTPResponse?
    var principal: Principal
    var challenges: [ByteString]
    var reason: ByteString?

    var shownChallenges: [ByteString] {
      response?.headers.filter { $0.name == "www-authenticate" }.map(\.value) ?? []
    }
  }
}
