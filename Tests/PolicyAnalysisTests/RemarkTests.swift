import Cedar
import Testing

@testable import PolicyAnalysis

@Suite("remarks on a set of policies")
struct RemarkTests {
  @Test("the same words twice are found without a solver, whatever the annotations")
  func words() throws {
    let policies = try PolicySet(
      parsing: """
        @id("a") permit (principal, action, resource) when { context.x == 1 };
        permit (principal, action, resource) when { context.x == 2 };
        @id("b") permit(principal,action,resource)   when { context.x == 1 };
        forbid (principal, action, resource) when { context.x == 1 };
        """)
    #expect(PolicyRemark.duplicates(policies.policies) == [PolicyRemark(.duplicate, 2, 0)])
  }

  @Test(
    "policies that do nothing are found", .enabled(if: solver != nil, noSolver),
    arguments: [
      (
        "permit (principal, action, resource) when { principal.level > 3 && principal.level < 3 };",
        ["policy-never-applies 0"]
      ),
      (
        "permit (principal, action, resource) when { principal.level > 3 }; permit (principal, action, resource) when { principal.level > 5 };",
        ["redundant-policy 1 by 0"]
      ),
      (
        "permit (principal, action, resource) when { principal.level > 3 }; permit (principal, action, resource) when { 4 <= principal.level };",
        ["duplicate-policy 1 by 0"]
      ),
      (
        "permit (principal, action, resource) when { principal.level == 2 }; forbid (principal, action, resource) when { principal.level < 3 };",
        ["policy-shadowed 0 by 1"]
      ),
      (
        "permit (principal, action, resource) when { principal.level == 2 }; forbid (principal, action == Action::\"read\", resource); forbid (principal, action == Action::\"write\", resource);",
        ["policy-shadowed 0"]
      ),
      (
        "permit (principal, action == Action::\"read\", resource); permit (principal, action == Action::\"write\", resource); permit (principal == User::\"a\", action, resource);",
        ["redundant-policy 2"]
      ),
      // What covers one another in a circle is not dispensable all at once.
      (
        "permit (principal, action, resource) when { principal.level < 5 }; permit (principal, action, resource) when { principal.level > 3 }; permit (principal, action, resource) when { principal.level == 4 || principal.level > 9 || principal.level < 0 };",
        ["redundant-policy 2"]
      ),
      (
        "permit (principal, action, resource) when { ip(principal.dept).isIpv4() }; permit (principal in Team::\"a\", action, resource);",
        []
      ),
    ])
  func remarks(text: String, expected: [String]) throws {
    let analyzer = PolicyAnalyzer(
      schema: try Schema(parsing: ComparisonTests.schema), solver: try #require(solver))
    let found = try analyzer.remarks(try PolicySet(parsing: text).policies).remarks
    #expect(found.map { "\($0.code.rawValue) \($0.policy)" + ($0.other.map { " by \($0)" } ?? "") } == expected)
  }

  @Test(
    "sets of many policies are compared, too, and what there is no time for is said to be undecided",
    .enabled(if: solver != nil, noSolver))
  func many() throws {
    var text = ""
    for index in 0..<40 {
      text += "permit (principal == User::\"u\(index)\", action == Action::\"read\", resource);"
    }
    text += "permit (principal == User::\"u7\", action == Action::\"read\", resource) when { principal.level > 3 };"
    let policies = try PolicySet(parsing: text).policies
    let analyzer = PolicyAnalyzer(
      schema: try Schema(parsing: ComparisonTests.schema), solver: try #require(solver))
    #expect(try analyzer.remarks(policies).remarks == [PolicyRemark(.redundant, 40, 7)])
    let none = try analyzer.remarks(policies, within: 0).remarks
    #expect(none.count == 41 && none.allSatisfy { $0.code == .undecided })
  }

  @Test(
    "policies that have no request in common are told apart by their scopes alone",
    arguments: [
      ("principal, action == Action::\"read\", resource", "principal, action == Action::\"write\", resource", false),
      ("principal == User::\"a\", action, resource", "principal == User::\"b\", action, resource", false),
      ("principal is User, action, resource", "principal is Team, action, resource", false),
      ("principal == User::\"a\", action, resource", "principal is Team, action, resource", false),
      ("principal == User::\"a\", action, resource", "principal in Team::\"b\", action, resource", true),
      ("principal in Team::\"a\", action, resource", "principal in Team::\"b\", action, resource", true),
      ("principal, action in [Action::\"read\"], resource", "principal, action == Action::\"write\", resource", true),
      ("principal, action, resource == F::\"x\"", "principal, action, resource == F::\"x\"", true),
    ])
  func scopes(one: String, other: String, meets: Bool) throws {
    let policies = try PolicySet(parsing: "permit (\(one)); permit (\(other));").policies
    #expect(policies[0].mayMeet(policies[1]) == meets && policies[1].mayMeet(policies[0]) == meets)
  }
}
