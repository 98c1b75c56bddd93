import Foundation
import State
import Testing

@testable import Orchestration

@Suite("Tokens of callers of the API")
struct AccessTokensTests {
  private func store() throws -> SQLiteStateStore {
    try SQLiteStateStore(
      path: FileManager.default.temporaryDirectory.appending(path: "testudo-tokens-\(UUID().uuidString).sqlite").path)
  }

  @Test("a token is known by its text, also to the next control plane, until it is revoked; only a hash is kept")
  func life() throws {
    let store = try store()
    let tokens = try AccessTokens(store: store, journal: Journal(store: store))
    let made = try tokens.create(AccessTokenRequest(name: "gateway", role: .decisionCaller), tenant: "shop")
    #expect(tokens.token(of: made.text) == made.token)
    // The secret may have underscores of its own.
    let secret = try #require(made.text.split(separator: "_", maxSplits: 2).last)
    #expect(secret.count > 20)
    for value in try store.values(under: "") {
      #expect(!String(decoding: value.bytes, as: UTF8.self).contains(secret))
    }
    let next = try AccessTokens(store: store, journal: Journal(store: store))
    #expect(next.token(of: made.text) == made.token)
    #expect(next.list(tenant: "shop") == [made.token] && next.list(tenant: "bank").isEmpty)
    #expect(throws: OrchestrationFault.self) { try next.revoke(made.token.id, tenant: "bank") }
    _ = try next.revoke(made.token.id, tenant: "shop")
    #expect(next.token(of: made.text) == nil)
    #expect(try AccessTokens(store: store, journal: Journal(store: store)).token(of: made.text) == nil)
  }

  @Test("texts that differ anywhere are nobody's, and so is one that has ended")
  func strangers() throws {
    let store = try store()
    let tokens = try AccessTokens(store: store, journal: Journal(store: store))
    let made = try tokens.create(AccessTokenRequest(name: "ci", role: .viewer), tenant: nil)
    for index in made.text.indices {
      var other = made.text
      other.replaceSubrange(index...index, with: made.text[index] == "x" ? "y" : "x")
      #expect(tokens.token(of: other) == nil)
    }
    for text in ["", "testudo_", made.text + "x", String(made.text.dropLast()), String(repeating: "a", count: 10_000)] {
      #expect(tokens.token(of: text) == nil)
    }
    let short = try tokens.create(AccessTokenRequest(name: "ci", role: .viewer, lifetime: 1), tenant: nil)
    let end = ContinuousClock.now + .seconds(15)
    while tokens.token(of: short.text) != nil, ContinuousClock.now < end { usleep(50_000) }
    #expect(tokens.token(of: short.text) == nil)
  }

  @Test("what cannot be a token is refused")
  func refused() throws {
    let store = try store()
    let tokens = try AccessTokens(store: store, journal: Journal(store: store))
    #expect(throws: OrchestrationFault.self) { try tokens.create(.init(name: "", role: .viewer), tenant: nil) }
    #expect(throws: OrchestrationFault.self) { try tokens.create(.init(name: "a\n", role: .viewer), tenant: nil) }
    #expect(throws: OrchestrationFault.self) { try tokens.create(.init(name: "a", role: .viewer), tenant: "No") }
    #expect(throws: OrchestrationFault.self) {
      try tokens.create(.init(name: "a", role: .viewer, lifetime: 0), tenant: nil)
    }
  }
}
