import Interchange
import Patterns
import SecTOSCA

extension ConfigurationValues {
  /// Filters of requests, each under the name of its requirement, and the tables of all of their patterns.
  mutating func addRequestFilters(_ filters: [(name: String, filter: RequestFilter)]) {
    // What cannot be made was reported with the template; without its parameters, no image starts.
    guard let patterns = try? FilterPatterns(filters.map(\.filter)),
      let tables = try? patterns.automata.map({ try PatternTable($0) })
    else { return }
    set("request-filter", "tables", .list(tables.map { .bytes($0.bytes) }))
    set("request-filter", "filters", .list(filters.map { $0.filter.value(named: $0.name, patterns) }))
  }
}

extension PatternTable {
  /// The table of an automaton.
  init(_ automaton: PatternAutomaton) throws(DecodingFault) {
    try self.init(
      patternCount: automaton.patternCount, classCount: automaton.classCount, classes: automaton.classes,
      transitions: automaton.transitions, start: automaton.start, firstFound: automaton.firstFound,
      found: Array(automaton.found[automaton.firstFound...]), foundAtEnd: automaton.foundAtEnd)
  }
}

extension RequestFilter {
  fileprivate func value(named name: String, _ patterns: FilterPatterns) -> ParameterValue {
    let ambiguous =
      switch ambiguity {
      case .refuse: "all"
      case .refuseInPath: "path"
      case .pass: "none"
      }
    return .record([
      "name": .string(name), "ambiguous": .string(ambiguous),
      "beyond": .string(refusesLongerBodies ? "refuse" : "pass"),
      "default": .number(defaultStatus ?? 0), "inspected-bytes": .number(inspectedBytes),
      "rules": .list(allRules.map { $0.value(patterns) }),
    ])
  }
}

extension RequestFilter.Rule {
  /// What is empty is left out.
  fileprivate func value(_ patterns: FilterPatterns) -> ParameterValue {
    var fields = [ParameterField("name", .string(name)), ParameterField("status", .number(status ?? 0))]
    let lists: KeyValuePairs = [
      "methods": methods, "paths": paths, "sources": sources, "present": present, "absent": absent,
      "media-types": mediaTypes,
    ]
    for (name, items) in lists where !items.isEmpty { fields.append(ParameterField(ByteString(name), .strings(items))) }
    let bounds: KeyValuePairs = [
      "target": over.target, "query": over.query, "headers": over.headers, "header-bytes": over.headerBytes,
      "body": over.body,
    ]
    let over = bounds.compactMap { name, bound in bound.map { ParameterField(ByteString(name), .number($0)) } }
    if !over.isEmpty { fields.append(ParameterField("over", .map(over))) }
    if !matches.isEmpty { fields.append(ParameterField("matches", .list(matches.map { $0.value(patterns) }))) }
    return .map(fields)
  }
}

extension RequestFilter.Match {
  fileprivate func value(_ patterns: FilterPatterns) -> ParameterValue {
    var fields = [
      ParameterField("part", .string(part.rawValue.replacing("_", with: "-"))),
      ParameterField(
        "any",
        .list(
          patterns.places(of: self).map {
            .record(["table": .number($0.automaton), "bits": .number(Int($0.bits))])
          })),
    ]
    if let header { fields.append(ParameterField("header", .string(header))) }
    return .map(fields)
  }
}
