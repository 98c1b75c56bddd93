import Cedar
import Foundation
import Testing

@testable import PolicyAnalysis

/// The solver of this host; tests that ask one are skipped where there is none. It has more time than it needs on a machine
/// that does nothing else.
let solver = Solver.installed(milliseconds: 120_000)
let noSolver: Comment = "no solver is installed (apt-get install z3)"

@Suite("comparing what two sets of policies permit", .enabled(if: solver != nil, noSolver))
struct ComparisonTests {
  static let schema = """
    entity Team in [Team];
    entity Color enum ["red", "green"];
    entity User in [Team] {
      level: Long, dept: String, boss?: User, tags: Set<String>, home: ipaddr, since: datetime, rate: decimal,
      color: Color, place: { city: String, floor?: Long }
    } tags String;
    entity File { owner: User, readers: Set<User>, groups: Set<Team>, isPublic: Bool, size: Long, wait: duration };
    action any;
    action read, write in [any] appliesTo {
      principal: [User], resource: [File], context: { mode: String, source?: ipaddr, limit: Long, now: datetime }
    };
    """

  func relation(_ old: String, _ new: String) throws -> PolicyComparison {
    let solver = try #require(solver)
    return try PolicyAnalyzer(schema: try Schema(parsing: Self.schema), solver: solver)
      .compare(try PolicySet(parsing: old), try PolicySet(parsing: new))
  }

  /// The relation of two conditions of the same permit.
  @Test(
    "conditions",
    arguments: [
      ("principal.level > 3", "principal.level >= 4", .same),
      ("principal.level > 3", "principal.level > 2", .more),
      ("principal.level > 3", "principal.level > 5", .less),
      ("principal.level > 3", "principal.level < 3", .different),
      // Addition overflows where the comparison does not.
      ("principal.level + 1 > 3", "principal.level > 2", .more),
      ("principal.level * 2 == 8", "principal.level == 4", .same),
      ("-principal.level < 0", "principal.level > 0", .same),
      ("principal.boss == principal", "principal has boss && principal.boss == principal", .same),
      ("!(principal has boss)", "!(principal has boss && principal.boss.level == 1)", .more),
      ("principal.boss.boss.level == 1 || true", "principal has boss && principal.boss has boss", .same),
      (
        "if principal.level == 1 then principal.dept == \"a\" else false",
        "principal.level == 1 && principal.dept == \"a\"", .same
      ),
      ("principal in Team::\"a\"", "principal in [Team::\"a\", Team::\"b\"]", .more),
      ("principal in Team::\"a\" && Team::\"a\" in Team::\"b\"", "principal in Team::\"b\"", .more),
      ("Team::\"a\" in Team::\"b\" && Team::\"b\" in Team::\"a\"", "false", .same),
      ("Team::\"a\" in Team::\"a\"", "true", .same),
      ("principal in Team::\"a\" && Team::\"a\" in Team::\"b\" && !(principal in Team::\"b\")", "false", .same),
      ("principal in resource.groups", "false", .less),
      (
        "principal in resource.groups && resource.groups == [Team::\"a\"]",
        "principal in Team::\"a\" && resource.groups == [Team::\"a\"]", .same
      ),
      ("resource.readers.contains(principal)", "[principal].containsAny(resource.readers)", .same),
      ("resource.readers.containsAll([principal])", "resource.readers.contains(principal)", .same),
      ("resource.readers.isEmpty()", "!resource.readers.contains(principal)", .more),
      ("principal.tags.containsAll([\"a\", \"b\"])", "principal.tags.containsAny([\"a\", \"b\"])", .more),
      ("principal.tags == [\"a\"]", "principal.tags.contains(\"a\")", .more),
      (
        "principal.tags.contains(\"a\") && [\"a\", \"b\"].containsAll(principal.tags) && !principal.tags.contains(\"b\")",
        "principal.tags == [\"a\"]", .same
      ),
      (
        "principal.tags == resource.owner.tags && principal.tags.contains(\"x\")",
        "resource.owner.tags.contains(\"x\")", .more
      ),
      (
        "principal.tags.containsAll(resource.owner.tags) && resource.owner.tags.containsAll(principal.tags)",
        "principal.tags == resource.owner.tags", .same
      ),
      ("context.mode like \"a*\"", "context.mode like \"*a*\"", .more),
      (
        "context.mode like \"a*b\"",
        "context.mode like \"a*\" && context.mode like \"*b\" && context.mode != \"a\" && context.mode != \"b\"", .same
      ),
      ("context.mode like \"ab*ba\"", "context.mode like \"ab*\" && context.mode like \"*ba\"", .more),
      ("context.mode == \"\\u{1F600}*\"", "context.mode like \"\\u{1F600}\\*\"", .same),
      ("principal.home.isInRange(ip(\"10.0.0.0/8\"))", "principal.home.isInRange(ip(\"0.0.0.0/0\"))", .more),
      ("principal.home.isIpv4()", "principal.home.isInRange(ip(\"0.0.0.0/0\"))", .same),
      ("principal.home.isLoopback() && principal.home.isIpv6()", "principal.home == ip(\"::1\")", .same),
      ("principal.home.isMulticast()", "principal.home.isInRange(ip(\"224.0.0.0/4\"))", .less),
      ("context.source.isIpv6() || true", "context has source", .same),
      ("context has source && context.source == principal.home", "context has source", .more),
      ("principal.rate.lessThan(decimal(\"1.5\"))", "principal.rate.lessThanOrEqual(decimal(\"1.5\"))", .more),
      ("true", "context.now.toDate() <= context.now", .less),
      ("context.now.toTime() < duration(\"1d\")", "true", .same),
      ("context.now.durationSince(principal.since).toDays() > 3", "context.now > principal.since", .more),
      ("resource.wait.toSeconds() >= 60", "resource.wait.toMinutes() >= 1", .same),
      // Divisions round towards zero.
      ("resource.wait.toSeconds() < 0", "resource.wait.toMilliseconds() <= -1000", .same),
      (
        "resource.wait.toHours() == -1",
        "resource.wait.toMilliseconds() <= -3600000 && resource.wait.toMilliseconds() > -7200000", .same
      ),
      ("resource.wait.toDays() == 0", "resource.wait.toHours() > -24 && resource.wait.toHours() < 24", .same),
      ("principal.since.offset(duration(\"1d\")) > principal.since", "true", .more),
      ("principal.hasTag(\"a\") && principal.getTag(\"a\") == \"x\"", "principal.getTag(\"a\") == \"x\"", .same),
      ("principal.getTag(context.mode) == \"x\"", "principal.hasTag(context.mode)", .more),
      ("principal.color == Color::\"red\" || principal.color == Color::\"green\"", "true", .same),
      (
        "principal.place has floor && principal.place == {city: \"a\", floor: 1}",
        "principal.place == {floor: 1, city: \"a\"}", .same
      ),
      ("principal.place == {city: \"a\"}", "principal.place.city == \"a\"", .more),
      ("principal == User::\"a\"", "principal == User::\"a\" || principal == User::\"b\"", .more),
      ("principal == User::\"a\" && principal == User::\"b\"", "false", .same),
      ("User::\"a\".level == 1 && principal == User::\"a\"", "principal.level == 1 && principal == User::\"a\"", .same),
      (
        "resource.owner == principal && resource.owner.level == 1",
        "resource.owner == principal && principal.level == 1", .same
      ),
      ("action in Action::\"any\"", "true", .same),
      ("action == Action::\"read\"", "action in [Action::\"read\", Action::\"write\"]", .more),
      ("principal.level == \"a\"", "false", .same), ("principal.level + \"a\" == 1", "false", .same),
      ("[1, \"a\"].contains(principal.dept)", "principal.dept == \"a\"", .same),
      ("principal is User in Team::\"a\"", "principal in Team::\"a\"", .same),
    ] as [(String, String, PolicyRelation)])
  func conditions(old: String, new: String, expected: PolicyRelation) throws {
    let found = try relation(
      "permit (principal, action, resource) when { \(old) };", "permit (principal, action, resource) when { \(new) };")
    #expect(found.relation == expected, "\(found)")
    #expect(found.relation == .unknown || found.limitations.isEmpty)
  }

  @Test(
    "whole sets",
    arguments: [
      ("permit (principal, action, resource);", "permit (principal == User::\"a\", action, resource);", .less),
      ("", "permit (principal, action, resource);", .more),
      (
        "permit (principal, action, resource); forbid (principal, action, resource) when { principal.level < 1 };",
        "permit (principal, action, resource) unless { principal.level < 1 };", .same
      ),
      (
        "permit (principal, action == Action::\"read\", resource); permit (principal, action == Action::\"write\", resource);",
        "permit (principal, action in Action::\"any\", resource);", .same
      ),
      // A policy that is in error is left out: a forbid that errs forbids nothing.
      (
        "permit (principal, action, resource); forbid (principal, action, resource) when { principal.boss.level == 1 };",
        "permit (principal, action, resource) unless { principal.boss.level == 1 };", .less
      ),
      (
        "permit (principal in Team::\"a\", action, resource);",
        "permit (principal is User in Team::\"a\", action, resource is File);", .same
      ),
      ("permit (principal is File, action, resource);", "", .same),
      ("permit (principal, action == Action::\"other\", resource);", "", .same),
    ] as [(String, String, PolicyRelation)])
  func sets(old: String, new: String, expected: PolicyRelation) throws {
    #expect(try relation(old, new).relation == expected)
  }

  @Test("a request that proves a difference is decided differently by both sets")
  func witness() throws {
    let old = "permit (principal, action, resource) when { principal.boss in Team::\"a\" && context.limit > 10 };"
    let new = "permit (principal, action, resource) when { principal.boss in Team::\"a\" };"
    let found = try relation(old, new)
    guard case .proved(let witness) = found.gained else {
      Issue.record("\(found)")
      return
    }
    #expect(witness.old.decision == .deny && witness.new.decision == .allow)
    #expect(witness.new.reason == ["policy0"])
    let principal = try #require(witness.entities[witness.request.principal])
    guard case .entity(let boss)? = principal.attributes["boss"] else {
      Issue.record("\(principal)")
      return
    }
    #expect(witness.entities.isEntity(boss, in: EntityUID(type: "Team", id: "a")))
    #expect(Set(principal.attributes.keys).isSuperset(of: ["level", "dept", "tags", "home", "since", "rate", "color"]))
  }

  @Test("what has no exact form is said with its place, and never taken for the same")
  func unsupported() throws {
    let old = "permit (principal, action, resource) when { ip(principal.dept).isIpv4() };"
    let new = "permit (principal, action, resource) when { ip(principal.dept).isIpv6() };"
    let found = try relation(old, new)
    #expect(found.relation == .unknown)
    #expect(found.limitations.first?.message == "`ip` of a string that is not written out")
    #expect(found.limitations.first?.range?.description == "1:45")
    // What both say with the same words cannot make a difference, and what one adds is still found.
    #expect(try relation(old, old + "permit (principal, action, resource) when { false };").relation == .same)
    #expect(
      try relation(old, old + "permit (principal, action, resource) when { principal.level > 1 };").relation == .more)
  }

  @Test("hundreds of groups are no burden where they are only asked for, and a bound where all meet all")
  func manyGroups() throws {
    let teams = (0..<300).map { "Team::\"t\($0)\"" }
    let old =
      "permit (principal, action, resource) when { principal in [\(teams.dropLast().joined(separator: ", "))] };"
    let new = "permit (principal, action, resource) when { principal in [\(teams.joined(separator: ", "))] };"
    #expect(try relation(old, new).relation == .more)
    let some = teams.prefix(60)
    let met = some.map { team in some.filter { $0 != team }.map { "\(team) in \($0)" }.joined(separator: " || ") }
    let found = try relation("", "permit (principal, action, resource) when { (\(met.joined(separator: ") && ("))) };")
    #expect(found.relation == .unknown)
    #expect(found.limitations.first?.message.contains("triples") == true)
  }

  @Test("groups between are put in where the schema has them so")
  func between() throws {
    let schema = """
      entity Company; entity Team in [Company]; entity User in [Team]; entity File;
      action read appliesTo { principal: [User], resource: [File] };
      """
    let analyzer = PolicyAnalyzer(schema: try Schema(parsing: schema), solver: try #require(solver))
    let found = try analyzer.compare(
      PolicySet(), try PolicySet(parsing: "permit (principal in Company::\"c\", action, resource);"))
    guard case .proved(let witness) = found.gained else {
      Issue.record("\(found)")
      return
    }
    #expect(witness.entities[witness.request.principal]?.parents.map(\.type) == ["Team"])
  }

  @Test("a program that is no solver is a fault, not an answer")
  func notASolver() throws {
    #expect(Solver.installed(path: "/nowhere:/dev") == nil)
    let analyzer = PolicyAnalyzer(
      schema: try Schema(parsing: Self.schema), solver: Solver(program: URL(fileURLWithPath: "/bin/false")))
    #expect(throws: SolverFault.self) {
      try analyzer.compare(PolicySet(), try PolicySet(parsing: "permit (principal, action, resource);"))
    }
  }
}
