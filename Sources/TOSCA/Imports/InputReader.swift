/// Reads the values that the user gives for inputs.
struct InputReader {
  /// How much a value may take.
  var limits: Limits
  /// Where findings go.
  var findings: FindingCollector

  /// Puts the values into a scope, over the inputs' defaults.
  func read(_ given: [String: String], into scope: TopologyScope) {
    for (name, definition) in scope.inputs {
      scope.inputValues[name] = definition.value ?? definition.defaultValue
    }
    for (name, text) in given.sorted(by: { $0.key < $1.key }) {
      let isSensitive = scope.inputs[name]?.isSensitive ?? false
      let label = "--set \(name)"
      guard scope.inputs[name] != nil else {
        let id = findings.table.add(SourceTable.Source(name: label, text: nil, path: nil))
        findings.report(
          "unknown-input", at: findings.table.start(of: id), "the template has no input `\(name.excerpt)`",
          expected: ValueTyper.oneOf(scope.inputs.keys) ?? "no inputs: the template has none",
          suggestion: nearest(name, among: scope.inputs.keys))
        continue
      }
      if text.hasPrefix("@") {
        if let value = file(String(text.dropFirst()), isSensitive) { scope.inputValues[name] = value }
      } else {
        let id = findings.table.add(SourceTable.Source(name: label, text: isSensitive ? nil : text, path: nil))
        let isString = scope.inputs[name]?.schema?.type.text == "string"
        scope.inputValues[name] =
          isString ? string(text, id) : value(Array(text.utf8), id, .argument, isSensitive)
      }
    }
  }

  /// A string from the command line: what YAML makes of it, or, where that is no scalar, the text itself, so that a
  /// password such as `*x: y` needs no quotes.
  private func string(_ text: String, _ id: UInt32) -> YAMLNode {
    let silent = FindingCollector(table: findings.table, limit: 1)
    let node = try? YAMLComposer.compose(
      Array(text.utf8), file: id, limits: limits, findings: silent, plainStyle: .argument)
    if let node, node.text != nil, !silent.hasErrors, node.text != "" || text.hasPrefix("\"") || text.hasPrefix("'") {
      return node
    }
    return YAMLNode.string(text, at: findings.table.start(of: id))
  }

  private func file(_ path: String, _ isSensitive: Bool) -> YAMLNode? {
    let id = findings.table.add(SourceTable.Source(name: path, text: nil, path: path))
    do throws(FileFault) {
      let bytes = try FileAccess.read(path, limit: limits.fileBytes)
      if !isSensitive { findings.table.setText(String(decoding: bytes, as: UTF8.self), of: id) }
      return value(bytes, id, .plain, isSensitive)
    } catch {
      findings.report(
        "unreadable-file", at: findings.table.start(of: id), error.description(limit: limits.fileBytes),
        expected: "a YAML file")
      return nil
    }
  }

  private func value(
    _ bytes: [UInt8], _ id: UInt32, _ style: YAMLNode.ScalarStyle, _ isSensitive: Bool
  ) -> YAMLNode? {
    let start = findings.table.start(of: id)
    // What is wrong with a secret is not said in its own words.
    let collector = isSensitive ? FindingCollector(table: findings.table, limit: 1) : findings
    let node = try? YAMLComposer.compose(
      bytes, file: id, limits: limits, findings: collector, plainStyle: style)
    if isSensitive, collector.hasErrors {
      findings.report("not-yaml", at: start, "the value given is not YAML", expected: "YAML without duplicate keys")
    }
    return node ?? YAMLNode(content: .scalar("", style), place: start)
  }
}
