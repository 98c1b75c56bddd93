import TOSCA

/// Each kind of requirement but authentication.
extension Interpretation {
  /// The most entries that a list of a requirement may have.
  static let longestList = 256

  mutating func checkNetwork(_ source: Located<String>, of property: String, holder: String) {
    do {
      _ = try IPNetwork(source.value)
    } catch {
      switch error {
      case .malformed:
        report(
          "invalid-network", at: source.place,
          "`\(property)` of \(holder) has `\(source.value)`, which is no network",
          expected: "a network in CIDR form, such as `10.0.0.0/8` or `2001:db8::/32`")
      case .hostBits(let network):
        report(
          "invalid-network", at: source.place,
          "`\(source.value)` in `\(property)` of \(holder) has bits after the prefix",
          expected: "the first address of the network", suggestion: network)
      }
    }
  }

  mutating func readAuthorization(_ properties: Properties) -> Authorization? {
    let before = findings.count
    let place = choice("decision", of: properties, from: ["local", "remote"])?.value ?? "local"
    if place == "remote" { return readRemoteAuthorization(properties, before: before) }
    for name in ["deadline", "cache"] {
      if let value = properties.values[name] {
        report(
          "invalid-value", at: value.place, "`\(name)` of \(properties.holder) has no meaning where images decide",
          expected: "`decision: remote` beside it")
      }
    }
    let policies = boundedTexts("policies", of: properties, required: true) ?? []
    let lease = amount("lease", of: properties, in: 2...(30 * 86_400), unit: "seconds (2 s to 30 d)")
    let keeps = properties.values["on_lapse"]?.string == "keep"
    let schema = text("schema", of: properties)
    for file in policies + (schema.map { [$0] } ?? []) {
      do {
        try files.checkFile(file.value)
      } catch {
        let kind = file == schema ? "a Cedar schema" : "a file with Cedar policies"
        report(error, of: file, expected: "\(kind), relative to the template")
      }
    }
    if policies.isEmpty, findings.count == before {
      report(
        "invalid-value", at: properties.values["policies"]?.place ?? properties.place,
        "`policies` of \(properties.holder) is empty, so everything would be refused", expected: "at least one file")
    }
    guard findings.count == before else { return nil }
    return Authorization(
      policyFiles: policies.map(\.value), schemaFile: schema?.value, leaseSeconds: keeps ? nil : lease)
  }

  /// The tenant's decision point has policies of its own, which `testudo decision set` gives it.
  private mutating func readRemoteAuthorization(_ properties: Properties, before: Int) -> Authorization? {
    for name in ["policies", "schema"] {
      if let value = properties.values[name] {
        report(
          "invalid-value", at: value.place,
          "`\(name)` of \(properties.holder) would not be looked at: the tenant's decision point decides",
          expected: "no `\(name)` beside `decision: remote`; `testudo decision set` gives them to the decision point")
      }
    }
    let deadline = milliseconds("deadline", of: properties, in: 1...10_000) ?? 200
    let cache = milliseconds("cache", of: properties, in: 0...3_600_000) ?? 5000
    guard findings.count == before else { return nil }
    return Authorization(
      policyFiles: [], schemaFile: nil,
      remote: .init(deadlineMilliseconds: deadline, cacheMilliseconds: cache))
  }

  private mutating func milliseconds(
    _ name: String, of properties: Properties, in range: ClosedRange<Int>
  ) -> Int? {
    guard let value = value(name, of: properties) else { return nil }
    guard let seconds = value.amount, case let count = (seconds * 1000).rounded(), count >= Double(range.lowerBound),
      count <= Double(range.upperBound)
    else {
      var found = "not a time"
      if case .scalar(_, let text) = value.content { found = "`\(text)`" }
      report(
        "invalid-value", at: value.place, "`\(name)` of \(properties.holder) is \(found)",
        expected: "from \(range.lowerBound) ms to \(range.upperBound) ms")
      return nil
    }
    return Int(count)
  }

  mutating func readAudit(_ properties: Properties) -> Audit? {
    let before = findings.count
    let severity = choice("minimum_severity", of: properties, from: Audit.severities)
    guard findings.count == before else { return nil }
    let index = severity.flatMap { Audit.severities.firstIndex(of: $0.value) } ?? 0
    return Audit(minimumSeverity: index + 1)
  }

  mutating func readSurfaceBudget(_ properties: Properties) -> SurfaceBudget? {
    let before = findings.count
    let bytes = amount("image_size", of: properties, in: 1...(1 << 40), unit: "bytes")
    let calls = integer("system_calls", of: properties, in: 1...1000)
    guard findings.count == before else { return nil }
    guard bytes != nil || calls != nil else {
      report(
        "missing-property", at: properties.place, "\(properties.holder) sets no bound",
        expected: "`image_size` or `system_calls`")
      return nil
    }
    return SurfaceBudget(maximumImageBytes: bytes, maximumSystemCalls: calls)
  }

  mutating func readLifetime(_ properties: Properties) -> Lifetime? {
    let longest = 10 * 365 * 86_400
    return amount("maximum", of: properties, in: 1...longest, unit: "seconds", required: true).map(
      Lifetime.init(seconds:))
  }

  mutating func readRuntimeIntegrity(_ properties: Properties) -> RuntimeIntegrity? {
    let before = findings.count
    let interval = amount(
      "interval", of: properties, in: 1...RuntimeIntegrity.longestInterval, unit: "seconds (1 s to 1 d)", required: true
    )
    let reaction = choice("on_violation", of: properties, from: RuntimeIntegrity.Reaction.allCases.map(\.rawValue))
    guard findings.count == before, let interval else { return nil }
    return RuntimeIntegrity(
      intervalSeconds: interval,
      onViolation: reaction.flatMap { RuntimeIntegrity.Reaction(rawValue: $0.value) } ?? .quarantine)
  }

  /// A list of texts that is not too long.
  mutating func boundedTexts(
    _ name: String, of properties: Properties, required: Bool = false
  ) -> [Located<String>]? {
    guard let texts = texts(name, of: properties, required: required) else { return nil }
    guard texts.count <= Self.longestList else {
      report(
        "invalid-value", at: properties.values[name]?.place ?? properties.place,
        "`\(name)` of \(properties.holder) has \(texts.count) entries", expected: "at most \(Self.longestList)")
      return nil
    }
    return texts
  }
}

extension Audit {
  /// The names of the severities, from 1 on.
  static let severities = ["informational", "low", "medium", "high"]
}
