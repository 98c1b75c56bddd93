import Cedar
import Foundation
import Interchange
import Testing

@testable import PolicyDecision

/// Texts, documents and bundles that somebody made to break what reads them: clean mistakes, or right answers.
@Suite("Hostile policies, entities and bundles")
struct HostileTextTests {
  private struct Numbers: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state ^ (state >> 29)
    }
  }

  private static let sample = """
    @id("clerks") permit (principal in Role::"clerk", action in [Action::"GET", Action::"PUT"], resource in Path::"/orders")
    when { context.host like "*.example" && (principal has name && principal.name != "mallory") }
    unless { context.source.isInRange(ip("10.0.0.0/8")) };
    @id("lock") forbid (principal, action, resource) when { [1, 2].contains(1 + 1) && (if true then false else context has x) };
    """

  private let questions = [
    HTTPPolicyRequest(method: "GET", path: "/"),
    HTTPPolicyRequest(
      user: "carl", scheme: "basic", roles: ["clerk"], method: "PUT", path: "/orders/17", host: "shop.example",
      source: PolicyAddress(ipv4: 0x0B00_0001)),
    HTTPPolicyRequest(user: "mallory", scheme: "bearer", roles: ["clerk"], method: "GET", path: "/orders"),
  ]

  private func compile(_ text: String) -> Result<[UInt8], PolicyFindings> {
    HTTPPolicyCompiler.compile([PolicySource(file: "hostile.cedar", text: text)], attributes: ["x"])
  }

  @Test("a bundle with any byte altered is refused, or decides with its index as without", arguments: 0..<8)
  func altered(bit: Int) throws {
    let bytes = try compile(Self.sample).get()
    var read = 0
    for index in bytes.indices {
      var altered = bytes
      altered[index] ^= 1 << UInt8(bit)
      guard let bundle = try? PolicyBundle(decoding: altered) else { continue }
      read += 1
      for question in questions {
        #expect(bundle.decide(question).isAllowed == bundle.trace(question).isAllowed, "byte \(index)")
      }
    }
    #expect(read < bytes.count)
  }

  @Test(
    "texts with letters changed, left out, doubled and swapped give findings or a bundle that can be read",
    arguments: 0..<8)
  func mutated(seed: Int) throws {
    var numbers = Numbers(state: UInt64(seed))
    let alphabet = Array("(){}[];,:=!<>&|.\"?@ \n\\abip0129".unicodeScalars)
    var compiled = 0
    for _ in 0..<300 {
      var scalars = Array(Self.sample.unicodeScalars)
      for _ in 0..<Int.random(in: 1...3, using: &numbers) {
        let index = Int.random(in: 0..<scalars.count, using: &numbers)
        switch Int.random(in: 0..<4, using: &numbers) {
        case 0: scalars[index] = alphabet[Int.random(in: 0..<alphabet.count, using: &numbers)]
        case 1: scalars.remove(at: index)
        case 2: scalars.insert(scalars[index], at: index)
        default: scalars.swapAt(index, Int.random(in: 0..<scalars.count, using: &numbers))
        }
      }
      var text = ""
      text.unicodeScalars.append(contentsOf: scalars)
      switch compile(text) {
      case .failure(let failure):
        #expect(!failure.findings.isEmpty && failure.findings.allSatisfy { $0.line >= 1 && $0.column >= 1 })
      case .success(let bytes):
        compiled += 1
        let bundle = try PolicyBundle(decoding: bytes)
        for question in questions { #expect(bundle.decide(question).isAllowed == bundle.trace(question).isAllowed) }
      }
    }
    #expect(compiled > 0 && compiled < 300)
  }

  @Test("one policy of a megabyte is compiled or refused as a whole")
  func large() throws {
    let names = (0..<40_000).map { "\"name-of-somebody-\($0)\"" }.joined(separator: ", ")
    let text =
      "permit (principal, action, resource) when { principal has name && [\(names)].contains(principal.name) };"
    #expect(text.utf8.count > 1_000_000)
    let bundle = try PolicyBundle(decoding: try compile(text).get())
    func decide(_ user: ByteString) -> Bool {
      bundle.decide(HTTPPolicyRequest(user: user, scheme: "basic", method: "GET", path: "/")).isAllowed
    }
    #expect(decide("name-of-somebody-39999") && !decide("name-of-somebody-40000"))
    let value = String(repeating: "a", count: 1 << 20)
    let long = try compile("permit (principal, action, resource) when { context.query == \"\(value)\" };").get()
    #expect(try PolicyBundle(decoding: long).policies.count == 1)
  }

  @Test("nesting of 10,000 is a finding", arguments: ["(", "!", "[", "if true then ", "{a: ", "context.x == ("])
  func nested(opening: String) {
    let text = "permit (principal, action, resource) when { " + String(repeating: opening, count: 10_000)
    let closed = text + "true" + String(repeating: ")", count: 10_000) + " };"
    for text in [text, closed] {
      guard case .failure(let failure) = compile(text) else {
        Issue.record("nesting of 10,000 was compiled")
        return
      }
      #expect(!failure.findings.isEmpty)
    }
  }

  @Test("entities that are above themselves, near or far, are refused", arguments: [1, 2, 10_000])
  func cycle(length: Int) {
    let entities = (0..<length).map { number in
      #"{"uid":{"type":"Role","id":"\#(number)"},"attrs":{},"parents":[{"type":"Role","id":"\#((number + 1) % length)"}]}"#
    }
    #expect(throws: PolicyFindings.self) {
      try DecisionPoint(
        DecisionSources(policies: .init(""), entities: "[" + entities.joined(separator: ",") + "]"), version: 1)
    }
    // Without the last link there is none. A chain of 10,000 would be right as well, and takes long.
    guard length < 100 else { return }
    let open = "[" + entities.dropLast().joined(separator: ",") + "]"
    #expect(throws: Never.self) {
      try DecisionPoint(DecisionSources(policies: .init(""), entities: open), version: 1)
    }
  }
}
