import TOSCA

/// A name in a service: what it stands for, and where it is written there.
struct NamedPlace {
  /// The service.
  var service: Service
  /// Where the name is written.
  var place: SourceRange
  /// What it is the name of.
  var kind: NameKind
  /// Where what it stands for is declared.
  var target: SourceRange
}

extension LanguageServer {
  /// Where what a name stands for is declared.
  mutating func definition(_ parameters: PositionParameters) throws(ResponseError) -> Location? {
    guard let name = try name(at: parameters.position, of: parameters.textDocument.uri) else { return nil }
    return location(name.target, in: name.service)
  }

  /// Where a name is used.
  mutating func references(_ parameters: ReferenceParameters) throws(ResponseError) -> [Location] {
    guard let name = try name(at: parameters.position, of: parameters.textDocument.uri) else { return [] }
    let places = uses(of: name, inAllServices: true)
    let declaration = location(name.target, in: name.service)
    var result = places.compactMap { location($0.place, in: $0.service) }
    if parameters.context?.includeDeclaration ?? true, let declaration { result.insert(declaration, at: 0) }
    var seen = Set<Location>()
    return result.filter { seen.insert($0).inserted }
  }

  /// Where in a document the name at a position is written.
  mutating func highlights(_ parameters: PositionParameters) throws(ResponseError) -> [DocumentHighlight] {
    guard let name = try name(at: parameters.position, of: parameters.textDocument.uri) else { return [] }
    let places = [name.target] + uses(of: name, inAllServices: false).map(\.place)
    let uri = parameters.textDocument.uri
    return places.compactMap { location($0, in: name.service) }.filter { $0.uri == uri }
      .map { DocumentHighlight(range: $0.range) }
  }

  /// What the name at a position stands for; nil where there is no name that stands for anything.
  mutating func name(at position: Position, of uri: String) throws(ResponseError) -> NamedPlace? {
    let path = try openPath(uri)
    guard let document = workspace.documents[path] else { return nil }
    let (line, column) = document.place(of: position)
    for service in workspace.services(of: path) {
      guard let file = service.names[path] else { continue }
      if let found = service.index.reference(at: file, line: line, column: column), let target = found.target {
        return NamedPlace(service: service, place: found.place, kind: found.kind, target: target)
      }
      if let found = service.index.declaration(at: file, line: line, column: column) {
        return NamedPlace(service: service, place: found.place, kind: found.kind, target: found.place)
      }
    }
    return nil
  }

  /// The uses of what a name stands for, without its declaration.
  mutating func uses(of name: NamedPlace, inAllServices: Bool) -> [NamedPlace] {
    guard let path = name.service.paths[name.target.file] else { return [] }
    let services = inAllServices ? workspace.allServices(with: path) : [name.service]
    var seen = Set<String>()
    var result: [NamedPlace] = []
    for service in services {
      guard let file = service.names[path] else { continue }
      var target = name.target
      target.file = file
      for reference in service.index.references where reference.target == target {
        let place = reference.place
        let key = "\(service.paths[place.file] ?? place.file):\(place.line):\(place.column)"
        guard seen.insert(key).inserted else { continue }
        result.append(NamedPlace(service: service, place: place, kind: reference.kind, target: target))
      }
    }
    return result
  }
}
