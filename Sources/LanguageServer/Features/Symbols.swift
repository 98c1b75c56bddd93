import TOSCA

extension LanguageServer {
  /// The names that a document declares, as a tree.
  mutating func symbols(_ parameters: DocumentParameters) throws(ResponseError) -> [DocumentSymbol] {
    let path = try openPath(parameters.textDocument.uri)
    guard let document = workspace.documents[path], let service = workspace.services(of: path).first,
      let name = service.names[path]
    else { return [] }
    let declared = service.index.declarations.filter { $0.place.file == name }
    var position = 0
    return Self.tree(declared, &position, inside: nil, document)
  }

  /// The declarations from a position on that lie inside another one. They are sorted by place, so that what is inside
  /// follows what it is in.
  private static func tree(
    _ declared: [ReadingIndex.Declaration], _ position: inout Int, inside outer: SourceRange?, _ document: Document
  ) -> [DocumentSymbol] {
    var result: [DocumentSymbol] = []
    while position < declared.count {
      let declaration = declared[position]
      if let outer, !declaration.place.isInside(outer) { break }
      position += 1
      let children = tree(declared, &position, inside: declaration.extent, document)
      let detail = declaration.kind.title + (declaration.type.map { " " + $0 } ?? "")
      result.append(
        DocumentSymbol(
          name: declaration.name.isEmpty ? "\"\"" : declaration.name, detail: detail,
          kind: symbolKind(declaration.kind),
          range: document.range(of: declaration.extent), selectionRange: document.range(of: declaration.place),
          children: children))
    }
    return result
  }

  private static func symbolKind(_ kind: NameKind) -> Int {
    switch kind {
    case .artifactType, .capabilityType, .groupType, .nodeType, .policyType, .relationshipType: 5
    case .dataType: 23
    case .interfaceType, .interface: 11
    case .nodeTemplate, .relationshipTemplate: 19
    case .group: 3
    case .policy: 14
    case .workflow, .operation, .function: 12
    case .step, .trigger: 24
    case .input, .output, .parameter: 13
    case .property, .attribute: 7
    case .capability, .requirement: 8
    case .artifact, .repository, .file: 1
    }
  }
}
