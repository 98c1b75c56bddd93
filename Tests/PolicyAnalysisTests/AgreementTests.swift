import Cedar
import Testing

@testable import PolicyAnalysis

@Suite("proofs and evaluation agree", .enabled(if: solver != nil, noSolver))
struct AgreementTests {
  @Test("no request that is evaluated contradicts what was proved of all", arguments: 0..<16)
  func comparison(seed: Int) throws {
    var generator = ConformingGenerator(seed: UInt64(seed) &* 977)
    let schema = try Schema(parsing: ConformingGenerator.schema)
    let analyzer = PolicyAnalyzer(schema: schema, solver: try #require(solver))
    for _ in 0..<4 {
      var texts = (0..<Int.random(in: 1...4, using: &generator.numbers)).map { _ in generator.policy() }
      let old = try PolicySet(parsing: texts.joined(separator: "\n"))
      // Mostly a small change, so that both directions are met.
      let position = generator.pick(Array(texts.indices))
      if generator.chance(30) { texts.remove(at: position) } else { texts[position] = generator.policy() }
      let new = try PolicySet(parsing: texts.joined(separator: "\n"))
      let found = try analyzer.compare(old, new)
      if case .undecided = found.gained { #expect(!found.limitations.isEmpty) }
      let unconfirmed = found.limitations.filter { $0.message.contains("not confirmed") }
      #expect(unconfirmed.isEmpty, "\(old)\n---\n\(new)")
      for _ in 0..<8 {
        let entities = try generator.entities()
        let before = Authorizer(policies: old, entities: entities)
        let after = Authorizer(policies: new, entities: entities)
        for _ in 0..<20 {
          let request = generator.request()
          switch (before.decide(request).decision, after.decide(request).decision) {
          case (.deny, .allow):
            if case .never = found.gained {
              Issue.record("seed \(seed): \(request)\n\(entities.json)\n\(old)\n---\n\(new)")
            }
          case (.allow, .deny):
            if case .never = found.lost {
              Issue.record("seed \(seed): \(request)\n\(entities.json)\n\(old)\n---\n\(new)")
            }
          default: break
          }
        }
      }
    }
  }

  /// A formula that a request's values decide must have the value that evaluation gives.
  @Test("a policy that is proved never to apply never does", arguments: 0..<12)
  func never(seed: Int) throws {
    var generator = ConformingGenerator(seed: UInt64(seed) &* 31 &+ 5)
    let analyzer = PolicyAnalyzer(
      schema: try Schema(parsing: ConformingGenerator.schema), solver: try #require(solver))
    let set = try PolicySet(parsing: (0..<8).map { _ in generator.policy() }.joined(separator: "\n"))
    let remarks = try analyzer.remarks(set.policies).remarks
    for _ in 0..<12 {
      let entities = try generator.entities()
      for _ in 0..<12 {
        let request = generator.request()
        let evaluator = Evaluator(request: request, entities: entities)
        let applies = set.policies.map { (try? evaluator.applies($0)) == true }
        let isForbidden = zip(set.policies, applies).contains { $0.effect == .forbid && $1 }
        for remark in remarks where applies[remark.policy] {
          #expect(remark.code != .neverApplies, "\(set.policies[remark.policy])")
          if remark.code == .shadowed { #expect(isForbidden) }
          if let other = remark.other {
            #expect(applies[other], "\(set.policies[remark.policy])\n\(set.policies[other])")
          }
        }
      }
    }
  }
}
