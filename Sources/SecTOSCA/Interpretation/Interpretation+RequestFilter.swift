import TOSCA

/// Rules about requests. What goes into images is checked here, down to the automata of patterns.
extension Interpretation {
  /// The most rules of a filter.
  static let mostRules = 200
  /// The longest body that can be inspected, and the largest bound, in bytes.
  static let largestBody = 64 << 20

  mutating func readRequestFilter(_ properties: Properties) -> RequestFilter? {
    let before = findings.count
    let items = list("rules", of: properties) ?? []
    if items.count > Self.mostRules {
      report(
        "invalid-value", at: properties.values["rules"]?.place ?? properties.place,
        "`rules` of \(properties.holder) has \(items.count) entries", expected: "at most \(Self.mostRules)")
    }
    var rules: [RequestFilter.Rule] = []
    for item in items.prefix(Self.mostRules) {
      guard let rule = Properties(item, holder: "a rule of \(properties.holder)") else {
        report(
          "invalid-value", at: item.place, "a rule of \(properties.holder) is not a map",
          expected: "`name`, `action`, and more")
        continue
      }
      if let read = readRule(rule, of: properties.holder) { rules.append(read) }
    }
    let known = RequestFilter.RuleSet.allCases.map(\.rawValue)
    var sets: [RequestFilter.RuleSet] = []
    for name in texts("rule_sets", of: properties) ?? [] {
      guard let set = RequestFilter.RuleSet(rawValue: name.value) else {
        report(
          "invalid-value", at: name.place, "`rule_sets` of \(properties.holder) has `\(name.value)`",
          expected: enumeration(known, last: "or"), suggestion: nearest(name.value, among: known))
        continue
      }
      if !sets.contains(set) { sets.append(set) }
    }
    let refusesRest = choice("default", of: properties, from: ["allow", "deny"])?.value == "deny"
    let status = readStatus(of: properties, isMeant: refusesRest, "`default: deny`")
    let ambiguity = choice(
      "ambiguous_encoding", of: properties, from: ["refuse", "refuse_in_path", "pass"]
    ).flatMap { RequestFilter.Ambiguity(rawValue: $0.value) }
    let inspected = amount("inspected_body", of: properties, in: 1...Self.largestBody, unit: "bytes")
    let longer = choice("longer_body", of: properties, from: ["refuse", "pass"])
    guard findings.count == before else { return nil }
    if rules.isEmpty, sets.isEmpty, !refusesRest, ambiguity == .pass {
      report(
        "invalid-value", at: properties.place, "\(properties.holder) refuses nothing",
        expected: "`rules`, `rule_sets` or `default: deny`")
      return nil
    }
    return RequestFilter(
      rules: rules, ruleSets: sets, defaultStatus: refusesRest ? status : nil, ambiguity: ambiguity ?? .refuse,
      inspectedBytes: inspected ?? 1 << 20, refusesLongerBodies: longer?.value != "pass")
  }

  /// The status of a refusal, which nothing else has.
  private mutating func readStatus(of properties: Properties, isMeant: Bool, _ action: String) -> Int {
    guard let value = properties.values["status"], value.content != .null else { return 403 }
    if !isMeant {
      report(
        "misplaced-property", at: value.place,
        "`status` of \(properties.holder) has no meaning where nothing is refused",
        expected: "\(action) beside it")
    }
    return integer("status", of: properties, in: 400...499) ?? 403
  }

  private mutating func readRule(_ properties: Properties, of holder: String) -> RequestFilter.Rule? {
    let before = findings.count
    let name = text("name", of: properties, required: true)
    if let name,
      !(1...64).contains(name.value.utf8.count) || !name.value.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
    {
      report(
        "invalid-value", at: name.place, "the name of a rule of \(holder) is `\(name.value)`",
        expected: "1 to 64 printable ASCII characters without spaces")
    }
    var properties = properties
    properties.holder = name.map { "`\($0.value)` of \(holder)" } ?? properties.holder
    if value("action", of: properties, required: true) == nil { return nil }
    let refuses = choice("action", of: properties, from: ["allow", "deny"])?.value == "deny"
    let status = readStatus(of: properties, isMeant: refuses, "`action: deny`")
    let methods = names("methods", of: properties, expected: "a method in upper case, such as `PUT`") {
      Self.isFieldName($0) && $0 == $0.uppercased()
    }
    var paths: [String] = []
    for path in boundedTexts("paths", of: properties) ?? [] {
      if let prefix = pathPrefix(path, "an entry of `paths` of \(properties.holder)") { paths.append(prefix) }
    }
    let sources = boundedTexts("sources", of: properties) ?? []
    for source in sources { checkNetwork(source, of: "sources", holder: properties.holder) }
    let present = names("present", of: properties, expected: "the name of a header field", isRight: Self.isFieldName)
    let absent = names("absent", of: properties, expected: "the name of a header field", isRight: Self.isFieldName)
    let types = names(
      "media_types", of: properties, expected: "a media type such as `application/json` or `image/*`",
      isRight: Self.isMediaType)
    let size = 0...Self.largestBody
    let over = RequestFilter.Bounds(
      target: amount("target_over", of: properties, in: size, unit: "bytes"),
      query: amount("query_over", of: properties, in: size, unit: "bytes"),
      headers: integer("headers_over", of: properties, in: 0...1000),
      headerBytes: amount("header_size_over", of: properties, in: size, unit: "bytes"),
      body: amount("body_over", of: properties, in: size, unit: "bytes"))
    var matches: [RequestFilter.Match] = []
    for item in list("matches", of: properties) ?? [] {
      guard let match = Properties(item, holder: "a match of \(properties.holder)") else {
        report(
          "invalid-value", at: item.place, "a match of \(properties.holder) is not a map",
          expected: "`part` and `patterns`")
        continue
      }
      if let read = readMatch(match) { matches.append(read) }
    }
    guard findings.count == before, let name else { return nil }
    return RequestFilter.Rule(
      name: name.value, status: refuses ? status : nil, methods: methods, paths: paths, sources: sources.map(\.value),
      present: present.map { $0.lowercased() }, absent: absent.map { $0.lowercased() },
      mediaTypes: types.map { $0.lowercased() }, over: over, matches: matches)
  }

  private mutating func readMatch(_ properties: Properties) -> RequestFilter.Match? {
    let before = findings.count
    guard value("part", of: properties, required: true) != nil else { return nil }
    let part = choice("part", of: properties, from: RequestFilter.Part.allCases.map(\.rawValue))
      .flatMap { RequestFilter.Part(rawValue: $0.value) }
    let header = text("header", of: properties)
    if let header, part != .header || !Self.isFieldName(header.value) {
      report(
        part == .header ? "invalid-value" : "misplaced-property", at: header.place,
        "`header` of \(properties.holder) is `\(header.value)`",
        expected: part == .header ? "the name of a header field" : "`part: header` beside it")
    }
    let patterns = boundedTexts("patterns", of: properties, required: true) ?? []
    if patterns.isEmpty, findings.count == before {
      report(
        "invalid-value", at: properties.values["patterns"]?.place ?? properties.place,
        "`patterns` of \(properties.holder) is empty, so that it is never found", expected: "regular expressions")
    }
    for pattern in patterns {
      do throws(FilterPatterns.Fault) { _ = try FilterPatterns.automaton(of: pattern.value) } catch {
        guard case .unusable(_, let reason) = error else { continue }
        report(
          "unusable-pattern", at: pattern.place, "`\(pattern.value)` of \(properties.holder) cannot be used: \(reason)",
          expected: "a regular expression over bytes, without look-around and back-references, whose automaton is small"
        )
      }
    }
    guard findings.count == before, let part else { return nil }
    return RequestFilter.Match(part: part, header: header?.value.lowercased(), patterns: patterns.map(\.value))
  }

  /// All filters of a resource at a level fit into an image together.
  mutating func checkRequestFilters() {
    var checked: Set<[String]> = []
    for level in levels {
      for resource in resources {
        var filters: [RequestFilter] = []
        var names: [String] = []
        for requirement in due(to: resource.name, at: level) {
          if case .requestFilter(let filter) = requirement.protection {
            filters.append(filter)
            names.append(requirement.name)
          }
        }
        guard let last = names.last, checked.insert(names).inserted else { continue }
        let place = place(of: last, in: level) ?? level.place
        if filters.count > RequestFilter.mostFilters {
          report(
            "filter-too-large", at: place,
            "`\(level.name)` asks for \(filters.count) request filters of `\(resource.name)`",
            expected: "at most \(RequestFilter.mostFilters)")
        }
        do throws(FilterPatterns.Fault) { _ = try FilterPatterns(filters) } catch {
          guard case .tooLarge(let transitions, let automata) = error else { continue }
          report(
            "filter-too-large", at: place,
            "the patterns of \(enumeration(names)), due to `\(resource.name)` at `\(level.name)`, need \(automata) automata "
              + "with \(transitions) transitions",
            expected: "at most \(FilterPatterns.maximumAutomata) with \(FilterPatterns.maximumTransitions) in all")
        }
      }
    }
  }

  private static func isMediaType(_ text: String) -> Bool {
    text.utf8.count <= 128 && text.wholeMatch(of: /[A-Za-z0-9!#$&^_.+\-]+\/([A-Za-z0-9!#$&^_.+\-]+|\*)/) != nil
  }
}

extension RequestFilter {
  /// How many filters a resource can have at a level.
  static let mostFilters = 16
}
