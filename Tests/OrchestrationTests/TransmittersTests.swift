import Crypto
import Foundation
import SharedSignals
import State
import Testing

@testable import Orchestration

@Suite("Transmitters of shared signals")
struct TransmittersTests {
  private let key = P256.Signing.PrivateKey()
  private let now = Date(timeIntervalSince1970: 1_700_000_000)

  private static func encoded(_ data: Data) -> String {
    data.base64EncodedString().replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
      .replacingOccurrences(of: "=", with: "")
  }

  private func transmitter(_ name: String = "idp", issuer: String = "https://idp.example") -> Transmitter {
    let point = key.publicKey.rawRepresentation
    let (x, y) = (Self.encoded(point.prefix(32)), Self.encoded(point.suffix(32)))
    return Transmitter(
      name: name, issuer: issuer, audience: "https://testudo.example", tenant: "default", service: nil,
      keys: #"{"keys": [{"kty": "EC", "crv": "P-256", "kid": "a", "x": "\#(x)", "y": "\#(y)"}]}"#)
  }

  private func token(_ identifier: String, issuer: String = "https://idp.example", issued: Int = 1_700_000_000) throws
    -> String
  {
    let claims = """
      {"iss": "\(issuer)", "aud": "https://testudo.example", "jti": "\(identifier)", "iat": \(issued),
       "events": {"\(SharedSignal.Kind.sessionRevoked.type)": {}}}
      """
    let signed =
      Self.encoded(Data(#"{"alg": "ES256", "kid": "a", "typ": "secevent+jwt"}"#.utf8)) + "."
      + Self.encoded(Data(claims.utf8))
    return signed + "." + Self.encoded(try key.signature(for: Data(signed.utf8)).rawRepresentation)
  }

  private func code(_ transmitters: Transmitters, _ token: String, _ now: Date) -> SignalRefusal.Code? {
    do throws(Transmitters.Refusal) {
      _ = try transmitters.receive(token, now: now)
      return nil
    } catch {
      if case .token(let refusal) = error { return refusal.code }
      return nil
    }
  }

  private func store() throws -> any StateStore { try SQLiteStateStore(path: ":memory:") }

  @Test("a token comes in once, also after the store was opened again")
  func replay() throws {
    let store = try store()
    let transmitters = try Transmitters(store: store)
    try transmitters.add(transmitter())
    let token = try token("1")
    let receipt = try transmitters.receive(token, now: now)
    #expect(receipt.signals.map(\.kind) == [.sessionRevoked])
    #expect(code(transmitters, token, now) == .invalidRequest)
    try transmitters.remember(receipt, now: now)
    #expect(code(try Transmitters(store: store), token, now) == .invalidRequest)
    #expect(try transmitters.receive(try self.token("2"), now: now).token.identifier == "2")
    // What had no effect yet when it all ended is accepted again.
    #expect(try Transmitters(store: store).receive(try self.token("2"), now: now).token.identifier == "2")
  }

  @Test("what is too old to come in again is forgotten")
  func forgetting() throws {
    let store = try store()
    let transmitters = try Transmitters(store: store)
    try transmitters.add(transmitter())
    for index in 0..<20 {
      try transmitters.remember(try transmitters.receive(try token("\(index)"), now: now), now: now)
    }
    #expect(try store.values(under: "signals/seen/").count == 20)
    let later = now.addingTimeInterval(100_000)
    let next = try token("next", issued: 1_700_100_000)
    try transmitters.remember(try transmitters.receive(next, now: later), now: later)
    #expect(try store.values(under: "signals/seen/").count == 1)
    #expect(code(transmitters, try token("0"), later) == .invalidRequest)
    #expect(try transmitters.remove("idp").name == "idp")
    #expect(try store.values(under: "signals/").isEmpty)
  }

  @Test("strangers, and those who are known no more, are refused by their issuer")
  func strangers() throws {
    let transmitters = try Transmitters(store: try store())
    #expect(code(transmitters, try token("1"), now) == .invalidIssuer)
    try transmitters.add(transmitter())
    #expect(code(transmitters, try token("1", issuer: "https://evil.example"), now) == .invalidIssuer)
    _ = try transmitters.remove("idp")
    #expect(code(transmitters, try token("1"), now) == .invalidIssuer)
    #expect(throws: OrchestrationFault.self) { try transmitters.remove("idp") }
  }

  @Test("an issuer has one transmitter, and names and keys are checked")
  func adding() throws {
    let transmitters = try Transmitters(store: try store())
    try transmitters.add(transmitter())
    try transmitters.add(transmitter())
    #expect(transmitters.list().count == 1)
    #expect(throws: OrchestrationFault.self) { try transmitters.add(transmitter("other")) }
    #expect(throws: OrchestrationFault.self) { try transmitters.add(transmitter("No Name", issuer: "x")) }
    var keyless = transmitter("third", issuer: "y")
    keyless.keys = "{}"
    #expect(throws: OrchestrationFault.self) { try transmitters.add(keyless) }
  }
}
