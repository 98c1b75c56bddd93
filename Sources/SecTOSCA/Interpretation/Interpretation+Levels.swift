import TOSCA

extension Interpretation {
  /// Reads the levels and puts them in order.
  mutating func readLevels() {
    let policies = policies(of: Vocabulary.Policy.level)
    for policy in policies {
      let properties = Properties(of: policy)
      let rank = integer("rank", of: properties, in: 0...1_000_000, required: true)
      let names = readRequires(of: policy)
      guard let rank, let names else { continue }
      if let other = levels.first(where: { $0.rank == rank }) {
        report(
          "duplicate-rank", at: policy.properties["rank"]?.place ?? policy.place,
          "`\(policy.name)` has the rank \(rank), as `\(other.name)` has", expected: "a rank of its own",
          related: [Finding.Related(place: other.place, message: "`\(other.name)` has the rank")])
      }
      requiredNames[policy.name] = names
      requiresPlaces[policy.name] = policy.properties["requires"]?.place
      levels.append(SecurityLevel(name: policy.name, rank: rank, requires: names.map(\.value), place: policy.place))
    }
    levels.sort { $0.rank < $1.rank }
    if policies.isEmpty {
      let place = topology.policies.first?.place ?? topology.nodes.first?.place
      report(
        "no-level",
        at: place ?? SourceRange(file: topology.file ?? topology.root, line: 1, column: 1, endLine: 1, endColumn: 1),
        "the service has no security level, so nothing says what protection is due",
        expected: "a policy of type `\(Vocabulary.Policy.level)`, with `rank` and `requires`")
    }
  }

  /// The names that a level requires, each once.
  private mutating func readRequires(of policy: Policy) -> [Located<String>]? {
    guard let written = texts("requires", of: Properties(of: policy), required: true) else { return nil }
    let known = policies(of: Vocabulary.Policy.requirement).map(\.name)
    var names: [Located<String>] = []
    for name in written {
      if let earlier = names.first(where: { $0.value == name.value }) {
        warn(
          "repeated-requirement", at: name.place, "`\(policy.name)` requires `\(name.value)` twice",
          related: [Finding.Related(place: earlier.place, message: "the first time")])
      } else if known.contains(name.value) {
        names.append(name)
      } else {
        let other = topology.policies.first { $0.name == name.value }.map { "is a `\($0.type.name)`" }
        report(
          "unknown-requirement", at: name.place,
          "`\(policy.name)` requires `\(name.value)`, which \(other ?? "does not exist")",
          expected: "a policy of a type derived from `\(Vocabulary.Policy.requirement)`",
          suggestion: nearest(name.value, among: known))
      }
    }
    return names
  }

  /// The requirements due to a resource at a level that could be read.
  func due(to resource: String, at level: SecurityLevel) -> [SecurityRequirement] {
    level.requires.compactMap { name in requirements.first { $0.name == name && $0.targets.contains(resource) } }
  }

  /// Whether something of a type is due to a resource at a level that could not be read: then nothing is said of what it
  /// would have brought.
  func hasUnreadable(_ type: String, dueTo resource: String, at level: SecurityLevel) -> Bool {
    level.requires.contains { name in
      unreadable[name].map { $0.type == type && $0.targets.contains(resource) } ?? false
    }
  }

  /// The place of a requirement's name in a level.
  func place(of requirement: String, in level: SecurityLevel) -> SourceRange? {
    requiredNames[level.name]?.first { $0.value == requirement }?.place
  }

  /// Two requirements of one kind add to each other, except where to add one would take from the other: who may come in
  /// with a password or a token is identified as well as the weaker of the two, and what either of two policy sets
  /// permits is more than what each permits.
  mutating func checkCombinations() {
    var reported: Set<[String]> = []
    for level in levels {
      for resource in resources {
        let due = due(to: resource.name, at: level)
        for kind in [Protection.Kind.authentication, .authorization, .session, .transportSecurity, .responseHeaders] {
          let same = due.filter { $0.protection.kind == kind.rawValue }
          guard let first = same.first, let second = same.dropFirst().first else { continue }
          guard reported.insert([level.name, first.name, second.name]).inserted else { continue }
          report(
            "contradictory-requirements", at: place(of: second.name, in: level) ?? level.place,
            "`\(level.name)` asks twice for \(kind.rawValue) of `\(resource.name)`: "
              + enumeration([first.name, second.name]),
            expected: kind == .authentication
              ? "one of them, or a third one with `scheme: any_of`"
              : kind == .authorization
                ? "one of them, with all files in its `policies`"
                : kind == .transportSecurity ? "one of them, with all `identities`" : "one of them",
            related: [
              Finding.Related(place: first.place, message: "`\(first.name)`: \(first.protection.summary)"),
              Finding.Related(place: second.place, message: "`\(second.name)`: \(second.protection.summary)"),
            ])
        }
      }
    }
  }

  /// Who is known by a certificate is asked for one, at the same level.
  mutating func checkCertificates() {
    var reported: Set<[String]> = []
    for level in levels {
      for resource in resources {
        let due = due(to: resource.name, at: level)
        let combined = CombinedProtection(due)
        guard !hasUnreadable(Vocabulary.Policy.transportSecurity, dueTo: resource.name, at: level),
          combined.authentication?.ways.contains(where: { $0.scheme == .certificate }) ?? false,
          (combined.transportSecurity?.clients ?? TransportSecurity.ClientAuthentication.none)
            == TransportSecurity.ClientAuthentication.none,
          let requirement = due.first(where: { $0.protection.kind == Protection.Kind.authentication.rawValue }),
          reported.insert([resource.name, requirement.name]).inserted
        else { continue }
        report(
          "no-client-certificates", at: place(of: requirement.name, in: level) ?? requirement.place,
          "`\(requirement.name)` knows clients of `\(resource.name)` by their certificates, which nothing at "
            + "`\(level.name)` asks them for",
          expected: "a `\(Vocabulary.Policy.transportSecurity)` with `clients: requested` or `required` at the level",
          related: [Finding.Related(place: requirement.place, message: "`\(requirement.name)`")])
      }
    }
  }

  /// A resource that passes requests on to one which speaks TLS verifies its certificate, and has none itself to show.
  mutating func checkBackends() {
    var reported: Set<[String]> = []
    for level in levels {
      for resource in resources {
        guard
          let sealed = due(to: resource.name, at: level).first(where: {
            $0.protection.kind == Protection.Kind.transportSecurity.rawValue
          }), case .transportSecurity(let security) = sealed.protection
        else { continue }
        // A resource without a usable certificate would be spoken to in clear.
        let isNamed = BackendSecurity(backend: resource.name, security: security) != nil
        guard security.clients == .required || !isNamed else { continue }
        for client in resources where client.backends.contains(resource.name) {
          guard reported.insert([client.name, resource.name, sealed.name]).inserted else { continue }
          report(
            "encrypted-backend", at: sealed.place,
            isNamed
              ? "`\(sealed.name)` requires certificates of the clients of `\(resource.name)`, and `\(client.name)`, which "
                + "passes requests on to it, has none"
              : "the first certificate of `\(sealed.name)` has no DNS name by which `\(client.name)`, which passes requests "
                + "on to `\(resource.name)`, could know it",
            expected: isNamed
              ? "`clients: requested` or `none`, or a target that only clients outside the service connect to"
              : "a certificate with a DNS name among its alternative names",
            related: [Finding.Related(place: client.place, message: "`\(client.name)`")])
        }
      }
    }
  }

  /// A level never asks for less than the one below it. Levels that name something that could not be read are left out:
  /// that has been reported, and what they ask for is not known.
  mutating func checkOrderOfLevels() {
    let readable = Set(requirements.map(\.name))
    let whole = levels.filter { level in
      level.requires.allSatisfy(readable.contains)
        && level.requires.count
          == topology.policies.first { $0.name == level.name }?.properties["requires"]?.list
          .map { Set($0.map(\.string)).count }
    }
    for (lower, upper) in zip(whole, whole.dropFirst()) where lower.rank < upper.rank {
      var affected: [Strength.Weakening: [String]] = [:]
      var order: [Strength.Weakening] = []
      for resource in resources {
        let weakenings = Strength.weakenings(
          from: due(to: resource.name, at: lower), to: due(to: resource.name, at: upper))
        for weakening in weakenings {
          if affected[weakening] == nil { order.append(weakening) }
          affected[weakening, default: []].append(resource.name)
        }
      }
      for weakening in order { report(weakening, of: affected[weakening] ?? [], from: lower, to: upper) }
    }
  }

  private mutating func report(
    _ weakening: Strength.Weakening, of resources: [String], from lower: SecurityLevel, to upper: SecurityLevel
  ) {
    // The weaker requirement of the same kind, where the level names one.
    let culprit = upper.requires.first { name in
      requirements.contains { requirement in
        requirement.name == name && requirement.protection.kind == weakening.kind
          && !Set(requirement.targets).isDisjoint(with: resources) && !weakening.requirements.contains(name)
      }
    }
    let place = culprit.flatMap { self.place(of: $0, in: upper) } ?? requiresPlaces[upper.name] ?? upper.place
    report(
      "level-lowers-protection", at: place,
      "`\(upper.name)` asks for less than `\(lower.name)` below it: the \(weakening.kind) of "
        + "\(enumeration(resources)) falls from `\(weakening.before)` to `\(weakening.after)`",
      expected: "\(enumeration(weakening.requirements)), or at least as much",
      related: weakening.requirements.compactMap { name in
        self.place(of: name, in: lower).map {
          Finding.Related(place: $0, message: "`\(lower.name)` asks for `\(name)`: \(weakening.before)")
        }
      })
  }

  /// What is declared and never due is probably forgotten.
  mutating func checkUse() {
    var used = Set(requiredNames.values.joined().map(\.value))
    for policy in policies(of: Vocabulary.Policy.authentication) where used.contains(policy.name) {
      used.formUnion(policy.properties["of"]?.list?.compactMap(\.string) ?? [])
    }
    guard !levels.isEmpty else { return }
    for policy in policies(of: Vocabulary.Policy.requirement) where !used.contains(policy.name) {
      warn(
        "unused-requirement", at: policy.place, "no level requires `\(policy.name)`",
        expected: "`\(policy.name)` in the `requires` of a level")
    }
  }
}
