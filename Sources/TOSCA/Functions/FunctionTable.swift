/// The functions that files define (2.0, 10.4), by the names that each file sees.
final class FunctionTable {
  /// A function with its refinements.
  private var visible: [UInt32: [String: FunctionDefinition]] = [:]
  private let findings: FindingCollector
  /// All definitions, and refinements, as they are written.
  let definitions: [FunctionDefinition]

  /// The functions of files that import each other; `template` is the one whose service template refines those it sees.
  init(files: [LoadedFile], template: LoadedFile, findings: FindingCollector) {
    self.findings = findings
    definitions =
      files.flatMap { $0.content.functions.values } + (template.content.topology?.functions.values ?? [])
    let isUsed = files.contains { !$0.content.functions.isEmpty }
    if isUsed {
      let known = Dictionary(files.map { ($0.id, $0) }) { first, _ in first }
      for file in files where file.content.version == .tosca2_0 { visible[file.id] = functions(of: file, known) }
    }
    for own in template.content.topology?.functions.values ?? [] {
      let base = visible[template.id]?[own.name.text]
      visible[template.id, default: [:]][own.name.text] = base.map { refine(own, $0) } ?? own
    }
  }

  /// The function that a name stands for in a file.
  func find(_ name: String, in file: UInt32) -> FunctionDefinition? { visible[file]?[name] }

  /// The names that a file sees, for suggestions.
  func names(in file: UInt32) -> [String] { visible[file].map { Array($0.keys) } ?? [] }

  /// A file's own functions, and those of what it imports, behind the namespaces on the way.
  private func functions(of file: LoadedFile, _ files: [UInt32: LoadedFile]) -> [String: FunctionDefinition] {
    var result: [String: FunctionDefinition] = [:]
    for function in file.content.functions.values { result[function.name.text] = function }
    var seen: Set<String> = ["\(file.id)"]
    var pending: [(file: UInt32, prefix: String, way: [UInt32])] = [(file.id, "", [file.id])]
    while let current = pending.popLast() {
      for (imported, namespace) in files[current.file]?.imports ?? [] {
        guard let other = files[imported], !current.way.contains(imported) else { continue }
        let path = current.prefix + (namespace.map { $0 + ":" } ?? "")
        guard seen.count < 10_000, seen.insert("\(imported) \(path)").inserted else { continue }
        for function in other.content.functions.values {
          add(function, as: path + function.name.text, to: &result)
        }
        pending.append((imported, path, current.way + [imported]))
      }
    }
    return result
  }

  private func add(_ function: FunctionDefinition, as name: String, to result: inout [String: FunctionDefinition]) {
    guard let present = result[name] else {
      result[name] = function
      return
    }
    guard present.name.place != function.name.place else { return }
    findings.report(
      "duplicate-name", at: present.name.place, "the function `\(name.excerpt)` is declared twice in one namespace",
      expected: "each name once, or an import with a `namespace` (TOSCA 2.0, 6.8.4)",
      related: [(function.name.place, "the other declaration")])
  }

  /// A service template may change the implementation of a signature, and add signatures after those that there are.
  private func refine(_ own: FunctionDefinition, _ base: FunctionDefinition) -> FunctionDefinition {
    var result = base
    for (index, signature) in own.signatures.enumerated() {
      guard base.signatures.indices.contains(index) else {
        result.signatures.append(signature)
        continue
      }
      if signature.isEmpty { continue }
      let inherited = base.signatures[index]
      let changes =
        !Self.same(signature.arguments, inherited.arguments)
        || !Self.same(signature.optionalArguments, inherited.optionalArguments)
        || (signature.isVariadic && !inherited.isVariadic)
        || signature.result.map { Self.differs($0, inherited.result) } ?? false
      if changes {
        findings.report(
          "incompatible-refinement", at: signature.place,
          "a service template changes a signature of `\(own.name.text.excerpt)`",
          expected: "another implementation only, or `{}` to leave it (TOSCA 2.0, 10.4)",
          related: [(inherited.place, "the signature is here")])
      }
      if let implementation = signature.implementation { result.signatures[index].implementation = implementation }
    }
    return result
  }

  /// Whether arguments that are said again are those that are refined.
  private static func same(_ own: [SchemaDefinition], _ base: [SchemaDefinition]) -> Bool {
    own.isEmpty || own.count == base.count && zip(own, base).allSatisfy { !differs($0, $1) }
  }

  private static func differs(_ own: SchemaDefinition, _ base: SchemaDefinition?) -> Bool {
    guard let base else { return true }
    if own.type.text != base.type.text { return true }
    if let entry = own.entrySchema { return differs(entry, base.entrySchema) }
    return base.entrySchema != nil
  }
}
