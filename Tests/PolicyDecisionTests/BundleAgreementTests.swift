import Cedar
import Interchange
import Testing

@testable import PolicyDecision

@Suite("bundles decide as Cedar does")
struct BundleAgreementTests {
  @Test("generated policies give the same decision, policies and errors for generated requests", arguments: 0..<40)
  func generated(seed: Int) throws {
    var generator = PolicyGenerator(seed: UInt64(seed) * 7919)
    var seen = (allowed: 0, denied: 0, failed: 0)
    for _ in 0..<12 {
      let texts = (0..<12).map { _ in generator.policy() }
      let text = texts.joined(separator: "\n")
      let set = try PolicySet(parsing: text)
      // Ill-typed policies are part of the question, so the check that would refuse them is left out.
      let located = set.policies.map { HTTPPolicyCompiler.Located(policy: $0, file: "generated") }
      let bytes = try HTTPPolicyCompiler.lower(located).get().bundle
      let bundle = try PolicyBundle(decoding: bytes)
      for _ in 0..<12 {
        let request = generator.request()
        let expected = Authorizer(policies: set, entities: request.cedarEntities).decide(request.cedarRequest)
        let whole = bundle.trace(request)
        let names = whole.applied.map { bundle.policies[$0].name.description }
        let failed = whole.failed.map { bundle.policies[$0].name.description }
        #expect(whole.isAllowed == (expected.decision == .allow), "\(request)\n\(text)")
        #expect(names == expected.reason, "\(request)\n\(text)")
        #expect(failed == expected.errors.map(\.policy), "\(request)\n\(text)\n\(expected.errors)")
        let indexed = bundle.decide(request)
        #expect(indexed.isAllowed == whole.isAllowed, "\(request)\n\(text)")
        #expect(indexed.determining == whole.applied.first, "\(request)\n\(text)")
        #expect(indexed.errors == whole.failed.count, "\(request)\n\(text)")
        if indexed.isAllowed { seen.allowed += 1 } else { seen.denied += 1 }
        seen.failed += indexed.errors
      }
    }
    #expect(seen.allowed > 0 && seen.denied > 0 && seen.failed > 0, "the generator is too tame: \(seen)")
  }

  @Test("the index leaves out what cannot apply, and nothing else")
  func index() throws {
    var text = ""
    for number in 0..<2000 {
      text +=
        "permit (principal in Role::\"r\(number)\", action == Action::\"GET\", resource in Path::\"/p\(number)\");\n"
    }
    text += "forbid (principal, action, resource == Path::\"/p7/secret\");\n"
    let bytes = try HTTPPolicyCompiler.compile([PolicySource(file: "p", text: text)], attributes: []).get()
    let bundle = try PolicyBundle(decoding: bytes)
    func decide(_ roles: [ByteString], _ path: ByteString) -> PolicyDecisionRecord {
      bundle.decide(HTTPPolicyRequest(user: "u", scheme: "basic", roles: roles, method: "GET", path: path))
    }
    #expect(decide(["r7"], "/p7/x/y") == PolicyDecisionRecord(isAllowed: true, determining: 7, errors: 0))
    #expect(decide(["r7"], "/p7") == PolicyDecisionRecord(isAllowed: true, determining: 7, errors: 0))
    #expect(decide(["r8"], "/p7").isAllowed == false)
    #expect(decide(["r8", "r7"], "/p77").isAllowed == false)
    #expect(decide(["r7"], "/p7/secret") == PolicyDecisionRecord(isAllowed: false, determining: 2000, errors: 0))
    #expect(decide(["r1999", "r3"], "/p1999/").determining == 1999)
  }

  @Test("a bundle cut anywhere is refused, and so is one with something after it")
  func truncation() throws {
    let text = """
      @id("a") permit (principal in Role::"clerk", action in [Action::"GET"], resource in Path::"/orders")
      when { context.source.isInRange(ip("10.0.0.0/8")) && ["a", "b"].contains(context.host) || context has x.y };
      forbid (principal, action, resource) unless { {a: [1, principal]} == {a: [2]} || resource.path like "a*b" };
      """
    let bytes = try HTTPPolicyCompiler.compilePolicies(
      [PolicySource(file: "p", text: text.replacing("context has x.y", with: "context has host"))], attributes: []
    ).get().bundle
    #expect(throws: Never.self) { try PolicyBundle(decoding: bytes) }
    for length in 0..<bytes.count {
      #expect(throws: DecodingFault.self) { try PolicyBundle(decoding: Array(bytes[..<length])) }
    }
    #expect(throws: DecodingFault.trailing) { try PolicyBundle(decoding: bytes + [0]) }
  }

  @Test("a bundle with bytes changed is refused or still evaluates", arguments: 0..<20)
  func corruption(seed: Int) throws {
    var generator = PolicyGenerator(seed: UInt64(seed) &+ 99)
    let set = try PolicySet(parsing: (0..<6).map { _ in generator.policy() }.joined(separator: "\n"))
    let bytes = try HTTPPolicyCompiler.lower(set.policies.map { .init(policy: $0, file: "g") }).get().bundle
    var refused = 0
    for _ in 0..<400 {
      var changed = bytes
      for _ in 0..<Int.random(in: 1...3, using: &generator.numbers) {
        let index = Int.random(in: 0..<changed.count, using: &generator.numbers)
        changed[index] = UInt8.random(in: 0...255, using: &generator.numbers)
      }
      if let bundle = try? PolicyBundle(decoding: changed) {
        for _ in 0..<3 { _ = bundle.decide(generator.request()) }
      } else {
        refused += 1
      }
    }
    #expect(refused > 0)
  }
}
