/// The ancestors that a type may have. What is kept of each type grows with them.
private let derivationLimit = 100

/// The types of one kind: first as declared, then, resolved, with everything they inherit.
struct TypeTable<Definition: TypeDefinition> {
  /// The types, by number. After `resolve`, with what they inherit.
  private(set) var types: [Definition] = []
  /// The types as declared, by number.
  private(set) var declared: [Definition] = []
  /// The parent of each, where there is one.
  private(set) var parents: [Int?] = []
  /// The ancestors' numbers of each, nearest first.
  private(set) var ancestors: [[Int]] = []
  /// The public form of each.
  private var references: [TypeReference] = []

  /// Adds a declared type and returns its number.
  mutating func add(_ definition: Definition) -> Int {
    declared.append(definition)
    return declared.count - 1
  }

  /// Works out what each type inherits. A type that derives from itself, at whatever distance, is reported and cut
  /// loose.
  mutating func resolve(findings: FindingCollector, parent: (Definition) -> Int?) {
    parents = declared.map(parent)
    types = declared
    ancestors = Array(repeating: [], count: declared.count)
    var done = [Bool](repeating: false, count: declared.count)
    var positions = [Int?](repeating: nil, count: declared.count)
    for index in declared.indices where !done[index] {
      var chain: [Int] = []
      var current: Int? = index
      while let type = current, !done[type] {
        if let start = positions[type] {
          reportCycle(Array(chain[start...]), findings)
          parents[chain[chain.count - 1]] = nil
          break
        }
        positions[type] = chain.count
        chain.append(type)
        current = parents[type]
      }
      for type in chain.reversed() {
        if let base = parents[type], ancestors[base].count >= derivationLimit {
          reportTooDeep(type, findings)
          parents[type] = nil
        }
        if let base = parents[type] {
          types[type] = declared[type].inheriting(from: types[base])
          ancestors[type] = [base] + ancestors[base]
        }
        done[type] = true
      }
    }
    references = types.indices.map { type in
      TypeReference(name: types[type].header.name.text, ancestors: ancestors[type].map { types[$0].header.name.text })
    }
  }

  /// Whether a type is another or derives from it.
  func derives(_ type: Int, from other: Int) -> Bool { type == other || ancestors[type].contains(other) }

  /// The public form of a type.
  func reference(_ type: Int) -> TypeReference { references[type] }

  private func reportTooDeep(_ type: Int, _ findings: FindingCollector) {
    let header = declared[type].header
    findings.report(
      "too-deep", at: header.derivedFrom?.place ?? header.name.place,
      "the \(Definition.kind.title) `\(header.name.text.excerpt)` derives from more than \(derivationLimit) others",
      expected: "at most \(derivationLimit) ancestors")
  }

  private func reportCycle(_ cycle: [Int], _ findings: FindingCollector) {
    let names = (cycle + [cycle[0]]).map { "`\(declared[$0].header.name.text.excerpt)`" }
    let shown = names.count > 8 ? Array(names.prefix(7)) + ["…"] : names
    for type in cycle.prefix(1) {
      let header = declared[type].header
      findings.report(
        "type-cycle", at: header.derivedFrom?.place ?? header.name.place,
        "the \(Definition.kind.title) `\(header.name.text.excerpt)` derives from itself: "
          + shown.joined(separator: " → "),
        expected: "a derivation without a cycle",
        related: cycle.dropFirst().prefix(8).map { (declared[$0].header.name.place, "it leads through this type") })
    }
  }
}
