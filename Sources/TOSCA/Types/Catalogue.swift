/// All types of a reading, and how names are looked up in each file's namespace.
final class Catalogue {
  /// Where findings go.
  let findings: FindingCollector
  private(set) var artifacts = TypeTable<ArtifactType>()
  private(set) var capabilities = TypeTable<CapabilityType>()
  private(set) var dataTypes = TypeTable<DataType>()
  private(set) var groups = TypeTable<GroupType>()
  private(set) var interfaces = TypeTable<InterfaceType>()
  private(set) var nodes = TypeTable<NodeType>()
  private(set) var policies = TypeTable<PolicyType>()
  private(set) var relationships = TypeTable<RelationshipType>()

  /// Where each type's name is declared, by kind and number.
  private var namePlaces = [[Place]](repeating: [], count: TypeKind.allCases.count)
  private var scopes: [UInt32: Scope] = [:]
  private let implicit: Set<UInt32>
  /// The files that belong to profiles, not to the template.
  private let profiles: Set<UInt32>
  private let version: TOSCAVersion
  private let tolerances: Tolerance
  private var common = Scope()
  /// The types that are known though they are not normative, by number.
  private var nonNormative: [TypeKind: Set<Int>] = [:]
  /// The names of all files, where they share one namespace.
  private var shared = Scope()
  private var names = 0

  /// The names that the namespaces of all files may have together. Files that import each other under prefixes have
  /// exponentially many.
  private static let nameLimit = 1_000_000
  private var nodeShapes: [Int: NodeShape] = [:]

  /// The types of the given files, which stand in the order in which they import each other, imported ones first.
  init(
    files: [LoadedFile], implicit: Set<UInt32>, findings: FindingCollector, version: TOSCAVersion,
    tolerances: Tolerance = []
  ) {
    self.tolerances = tolerances
    self.version = version
    self.findings = findings
    self.implicit = implicit
    profiles = Set(files.lazy.filter(\.isProfile).map(\.id))
    var own: [UInt32: Scope] = [:]
    for file in files {
      var scope = Scope()
      declare(file.content.artifactTypes, in: &artifacts, &scope)
      declare(file.content.capabilityTypes, in: &capabilities, &scope)
      declare(file.content.dataTypes, in: &dataTypes, &scope)
      declare(file.content.groupTypes, in: &groups, &scope)
      declare(file.content.interfaceTypes, in: &interfaces, &scope)
      declare(file.content.nodeTypes, in: &nodes, &scope)
      declare(file.content.policyTypes, in: &policies, &scope)
      declare(file.content.relationshipTypes, in: &relationships, &scope)
      own[file.id] = scope
      if implicit.contains(file.id) { common.fill(from: scope) }
    }
    let imports = Dictionary(files.map { ($0.id, $0.imports) }) { first, _ in first }
    if tolerances.contains(.sharedNamespace) { for file in files { shared.fill(from: own[file.id] ?? Scope()) } }
    for file in files { scopes[file.id] = namespace(of: file.id, own, imports) }
    common.addShortNames()
    resolve()
  }

  /// The number of the type that a name stands for in a file; an unknown one is reported.
  func find(_ kind: TypeKind, _ name: Name, in file: UInt32, report: Bool = true) -> Int? {
    // A name that is inherited from a type of another file means what it means there.
    let found =
      lookUp(kind, name.text, in: file)
      ?? (name.place.file != file ? scopes[name.place.file]?[kind, name.text] : nil)
      ?? sharedType(kind, name, report: report)
    findings.recorder?.reference(NameKind(kind), name, target: found.map { namePlaces[kind.rawValue][$0] }) {
      known(kind, in: file)
    }
    if let found {
      if report, tolerances.contains(.nonNormativeTypes) { warnOfNonNormative(kind, found, name, in: file) }
    } else if report {
      reportUnknown([kind], name, in: file)
    }
    return found
  }

  /// A type of another file, where all files share one namespace.
  private func sharedType(_ kind: TypeKind, _ name: Name, report: Bool) -> Int? {
    guard tolerances.contains(.sharedNamespace), let found = shared[kind, name.text] else { return nil }
    if report {
      findings.report(
        "tolerated", .warning, at: name.place,
        "the \(kind.title) `\(name.text.excerpt)` is not imported here; "
          + "tolerated by `\(Tolerance.sharedNamespace.name)`",
        expected: "an import of the file that declares it")
    }
    return found
  }

  private func lookUp(_ kind: TypeKind, _ name: String, in file: UInt32) -> Int? {
    scopes[file]?[kind, name] ?? common[kind, name]
  }

  /// The names of a kind that a file sees, with the places of their declarations.
  private func known(_ kind: TypeKind, in file: UInt32) -> [(name: String, place: Place?)] {
    let names = Set(scopes[file].map { Array($0.names(kind)) } ?? []).union(common.names(kind))
    // The profile's types have short names, too, which would hide the others in a list.
    let shown = names.filter { !$0.hasPrefix("tosca:") }.sorted()
    return (kind == .data ? Primitive.names(in: version).map { ($0, nil) } : [])
      + shown.map { name in (name, lookUp(kind, name, in: file).map { namePlaces[kind.rawValue][$0] }) }
  }

  private func warnOfNonNormative(_ kind: TypeKind, _ type: Int, _ name: Name, in file: UInt32) {
    guard nonNormative[kind]?.contains(type) == true, !implicit.contains(file) else { return }
    findings.report(
      "tolerated", .warning, at: name.place,
      "the \(kind.title) `\(name.text.excerpt)` is not normative; tolerated by `\(Tolerance.nonNormativeTypes.name)`",
      expected: "an import of a file that declares it")
  }

  /// The names of the types of a kind that a file sees, for suggestions.
  func names(_ kind: TypeKind, in file: UInt32) -> [String] {
    (scopes[file].map { Array($0.names(kind)) } ?? []) + common.names(kind)
  }

  /// Reports a name that stands for no type of the given kinds.
  func reportUnknown(_ kinds: [TypeKind], _ name: Name, in file: UInt32) {
    var known: [String] = []
    for kind in kinds {
      known += scopes[file].map { Array($0.names(kind)) } ?? []
      known += common.names(kind)
      if kind == .data { known += Primitive.names(in: version) }
    }
    let other = TypeKind.allCases.first { !kinds.contains($0) && lookUp($0, name.text, in: file) != nil }
    let title = kinds.map(\.title).joined(separator: " or ")
    let described = kinds.map(\.described).joined(separator: " or ")
    findings.report(
      "unknown-type", at: name.place, "unknown \(title) `\(name.text.excerpt)`",
      expected: other.map { "\(described); `\(name.text.excerpt)` is the name of \($0.described)" }
        ?? "\(described) of this file\(version == .tosca2_0 ? " or its imports" : ", its imports or the Simple Profile")",
      suggestion: nearest(name.text, among: known))
  }

  /// What a node type gives each of its nodes.
  func shape(ofNodeType type: Int) -> NodeShape {
    if let known = nodeShapes[type] { return known }
    let shape = NodeShape(nodes.types[type], in: self)
    nodeShapes[type] = shape
    return shape
  }

  /// What values a type name stands for.
  enum Shape: Hashable {
    /// A primitive, `list` or `map`.
    case primitive(Primitive)
    /// A data type that derives from a primitive.
    case derived(Int, Primitive)
    /// A data type with properties.
    case complex(Int)
  }

  /// What values a schema's type stands for; an unknown type is reported.
  func shape(_ name: Name, in file: UInt32, report: Bool = true) -> Shape? {
    if let primitive = Primitive(name: name.text, version) { return .primitive(primitive) }
    if version == .tosca2_0, name.text.hasPrefix("scalar-unit."),
      find(.data, name, in: file, report: false) == nil, let primitive = Primitive(name: name.text)
    {
      if report {
        findings.warn(
          "former-type", unless: .formerScalarUnits, at: name.place, "`\(name.text)` is a type of TOSCA 1.3",
          expected: "a type that derives from `scalar` (TOSCA 2.0, 9.1.2.2)")
      }
      return .primitive(primitive)
    }
    guard let type = find(.data, name, in: file, report: report) else { return nil }
    return shape(ofDataType: type)
  }

  /// What values a data type stands for.
  func shape(ofDataType type: Int) -> Shape {
    for ancestor in [type] + dataTypes.ancestors[type] {
      let header = dataTypes.declared[ancestor].header
      if let base = header.derivedFrom, dataTypes.parents[ancestor] == nil,
        let primitive = Primitive(name: base.text, version)
      {
        return .derived(type, primitive)
      }
    }
    return .complex(type)
  }

  /// Whether a type derives, at whatever distance, from one that is unknown, so that what it has cannot be said.
  func isOpen(_ kind: TypeKind, _ type: Int) -> Bool {
    let (parents, ancestors) = lineage(kind, type)
    return ([type] + ancestors).contains { ancestor in
      guard parents[ancestor] == nil, let base = header(kind, ancestor).derivedFrom else { return false }
      return kind != .data || Primitive(name: base.text, version) == nil
    }
  }

  /// Whether a type is another or derives from it, or may do so for all that is known.
  func mayDerive(_ kind: TypeKind, _ type: Int, from base: Int) -> Bool {
    type == base || lineage(kind, type).ancestors.contains(base) || isOpen(kind, type)
  }

  private func lineage(_ kind: TypeKind, _ type: Int) -> (parents: [Int?], ancestors: [Int]) {
    switch kind {
    case .artifact: (artifacts.parents, artifacts.ancestors[type])
    case .capability: (capabilities.parents, capabilities.ancestors[type])
    case .data: (dataTypes.parents, dataTypes.ancestors[type])
    case .group: (groups.parents, groups.ancestors[type])
    case .interface: (interfaces.parents, interfaces.ancestors[type])
    case .node: (nodes.parents, nodes.ancestors[type])
    case .policy: (policies.parents, policies.ancestors[type])
    case .relationship: (relationships.parents, relationships.ancestors[type])
    }
  }

  /// Whether a data type is, or derives from, the type `json` of the Simple Profile (1.3, 5.3.2).
  func isJSON(dataType type: Int) -> Bool {
    guard version == .tosca2_0 else { return dataTypes.reference(type).derives(from: "tosca.datatypes.json") }
    return ([type] + dataTypes.ancestors[type]).contains { ancestor in
      let header = dataTypes.declared[ancestor].header
      return header.name.text == "json" && profiles.contains(header.file)
    }
  }

  /// Whether a file belongs to the profile that every file knows.
  func isImplicit(_ file: UInt32) -> Bool { implicit.contains(file) }

  /// The names that a file sees: its own, and those of what it imports, at whatever distance, behind the prefixes on
  /// the way. Files may import each other; a way that leads back to a file on it ends there.
  private func namespace(
    of file: UInt32, _ own: [UInt32: Scope], _ imports: [UInt32: [(file: UInt32, prefix: String?)]]
  ) -> Scope {
    var result = own[file] ?? Scope()
    var seen: Set<String> = ["\(file)"]
    var pending: [(file: UInt32, prefix: String, way: [UInt32])] = [(file, "", [file])]
    while let current = pending.popLast() {
      for (imported, prefix) in imports[current.file] ?? [] {
        // The profile that every file knows need not be copied into each namespace.
        guard let scope = own[imported], !implicit.contains(imported), !current.way.contains(imported) else { continue }
        let path = current.prefix + (prefix.map { $0 + ":" } ?? "")
        guard seen.insert("\(imported) \(path)").inserted else { continue }
        names += 1 + TypeKind.allCases.reduce(0) { $0 + scope.names($1).count }
        guard names <= Self.nameLimit else {
          reportTooManyNames(in: file)
          return result
        }
        merge(scope, path, into: &result)
        pending.append((imported, path, current.way + [imported]))
      }
    }
    return result
  }

  private func reportTooManyNames(in file: UInt32) {
    findings.report(
      "too-many-names", at: findings.table.start(of: file),
      "the imports of all files, under all their prefixes, bring more than \(Self.nameLimit) names",
      expected: "imports without a prefix, or of fewer files")
  }

  private func declare<Definition: TypeDefinition>(
    _ types: OrderedMap<Definition>, in table: inout TypeTable<Definition>, _ scope: inout Scope
  ) {
    let isNormative = !tolerances.contains(.nonNormativeTypes)
    for type in types.values {
      let number = table.add(type)
      scope[Definition.kind, type.header.name.text] = number
      namePlaces[Definition.kind.rawValue].append(type.header.name.place)
      if !isNormative, implicit.contains(type.header.file),
        findings.table.sources[Int(type.header.file)].name.hasSuffix("/non-normative.yaml")
      {
        nonNormative[Definition.kind, default: []].insert(number)
      }
    }
  }

  private func merge(_ other: Scope, _ prefix: String, into scope: inout Scope) {
    for kind in TypeKind.allCases {
      for name in other.names(kind) {
        guard let type = other[kind, name] else { continue }
        let local = prefix + name
        guard let present = scope[kind, local] else {
          scope[kind, local] = type
          continue
        }
        if present != type { reportDuplicate(kind, local, present, type) }
      }
    }
  }

  private func reportDuplicate(_ kind: TypeKind, _ name: String, _ one: Int, _ other: Int) {
    let places = [header(kind, one).name.place, header(kind, other).name.place]
    findings.report(
      "duplicate-name", at: places[0], "the \(kind.title) `\(name.excerpt)` is declared twice in one namespace",
      expected: "each name once, or an import with a `namespace_prefix`",
      related: [(places[1], "the other declaration")])
  }

  /// Whether a type of some kind is another or derives from it.
  func derives(_ kind: TypeKind, _ type: Int, from other: Int) -> Bool {
    switch kind {
    case .artifact: artifacts.derives(type, from: other)
    case .capability: capabilities.derives(type, from: other)
    case .data: dataTypes.derives(type, from: other)
    case .group: groups.derives(type, from: other)
    case .interface: interfaces.derives(type, from: other)
    case .node: nodes.derives(type, from: other)
    case .policy: policies.derives(type, from: other)
    case .relationship: relationships.derives(type, from: other)
    }
  }

  /// The common part of a type of some kind.
  func header(_ kind: TypeKind, _ type: Int) -> TypeHeader {
    switch kind {
    case .artifact: artifacts.declared[type].header
    case .capability: capabilities.declared[type].header
    case .data: dataTypes.declared[type].header
    case .group: groups.declared[type].header
    case .interface: interfaces.declared[type].header
    case .node: nodes.declared[type].header
    case .policy: policies.declared[type].header
    case .relationship: relationships.declared[type].header
    }
  }

  private func resolve() {
    artifacts.resolve(findings: findings) { [unowned self] in parent($0) }
    capabilities.resolve(findings: findings) { [unowned self] in parent($0) }
    dataTypes.resolve(findings: findings) { [unowned self] in parent($0) }
    groups.resolve(findings: findings) { [unowned self] in parent($0) }
    interfaces.resolve(findings: findings) { [unowned self] in parent($0) }
    nodes.resolve(findings: findings) { [unowned self] in parent($0) }
    policies.resolve(findings: findings) { [unowned self] in parent($0) }
    relationships.resolve(findings: findings) { [unowned self] in parent($0) }
  }

  private func parent<Definition: TypeDefinition>(_ type: Definition) -> Int? {
    guard let base = type.header.derivedFrom else { return nil }
    if Definition.kind == .data, Primitive(name: base.text, version) != nil { return nil }
    return find(Definition.kind, base, in: type.header.file)
  }
}

/// The names of one namespace, by kind.
struct Scope {
  private var types: [[String: Int]] = Array(repeating: [:], count: TypeKind.allCases.count)

  /// The type of a name.
  subscript(kind: TypeKind, name: String) -> Int? {
    get { types[kind.rawValue][name] }
    set { types[kind.rawValue][name] = newValue }
  }

  /// The names of a kind.
  func names(_ kind: TypeKind) -> Dictionary<String, Int>.Keys { types[kind.rawValue].keys }

  /// Adds what another namespace has and this one has not.
  mutating func fill(from other: Scope) {
    for kind in types.indices { types[kind].merge(other.types[kind]) { own, _ in own } }
  }

  /// Adds the short names of the Simple Profile's types (1.3, 5.1): `Compute` and `tosca:Compute` for
  /// `tosca.nodes.Compute`. Where the last part stands for several types, the one with fewest parts has it.
  mutating func addShortNames() {
    for kind in TypeKind.allCases {
      let prefix = kind.profilePrefix
      let names = types[kind.rawValue].filter { $0.key.hasPrefix(prefix) }
        .sorted { ($0.key.utf8.count, $0.key) < ($1.key.utf8.count, $1.key) }
      for (name, type) in names {
        let rest = String(name.dropFirst(prefix.count))
        let last = rest.split(separator: ".").last.map(String.init) ?? rest
        for short in [rest, last] where types[kind.rawValue][short] == nil {
          types[kind.rawValue][short] = type
          types[kind.rawValue]["tosca:" + short] = type
        }
      }
    }
  }
}
