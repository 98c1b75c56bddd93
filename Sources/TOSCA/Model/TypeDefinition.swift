/// The kinds of types. A name stands for one type of each kind.
enum TypeKind: Int, CaseIterable, Sendable {
  case artifact, capability, data, group, interface, node, policy, relationship

  /// The kind in messages: `node type`.
  var title: String {
    switch self {
    case .artifact: "artifact type"
    case .capability: "capability type"
    case .data: "data type"
    case .group: "group type"
    case .interface: "interface type"
    case .node: "node type"
    case .policy: "policy type"
    case .relationship: "relationship type"
    }
  }

  /// The kind with its article: `an artifact type`.
  var described: String { (self == .artifact || self == .interface ? "an " : "a ") + title }

  /// The section of a file that declares types of the kind.
  var section: String {
    self == .data ? "data_types" : title.replacing(" type", with: "_types")
  }

  /// What the names of the Simple Profile's types of the kind begin with (1.3, 5.1).
  var profilePrefix: String {
    switch self {
    case .artifact: "tosca.artifacts."
    case .capability: "tosca.capabilities."
    case .data: "tosca.datatypes."
    case .group: "tosca.groups."
    case .interface: "tosca.interfaces."
    case .node: "tosca.nodes."
    case .policy: "tosca.policies."
    case .relationship: "tosca.relationships."
    }
  }
}

extension String {
  fileprivate func replacing(_ suffix: String, with other: String) -> String {
    hasSuffix(suffix) ? String(dropLast(suffix.count)) + other : self
  }
}

/// What the definitions of all kinds of types have in common (1.3, 3.7.1).
struct TypeHeader: Sendable {
  /// The type's name.
  var name: Name
  /// The type it derives from.
  var derivedFrom: Name?
  /// Its version.
  var version: Name?
  /// Its description.
  var description: String?
  /// Its metadata.
  var metadata: OrderedMap<Name>
  /// The file that declares it, in whose namespace its names are looked up.
  var file: UInt32

  /// Reads the common keynames.
  init(_ name: Name, _ entity: inout Entity) {
    self.name = name
    derivedFrom = entity.string("derived_from")
    version = entity.context.isVersion2 ? entity.string("version") : entity.text("version")
    if let version, VersionText(version.text) == nil {
      entity.context.findings.report(
        "wrong-syntax", at: version.place, "`version` of \(entity.what) cannot be `\(version.text.excerpt)`",
        expected: Primitive.version.description)
    }
    metadata = entity.knows("metadata", from: .simple1_1) ? entity.metadata() : OrderedMap()
    description = entity.string("description")?.text
    file = entity.context.file
  }
}

/// A type of some kind.
protocol TypeDefinition: Sendable {
  /// The kind.
  static var kind: TypeKind { get }
  /// The common part.
  var header: TypeHeader { get }
  /// The properties that the type declares.
  var properties: OrderedMap<PropertyDefinition> { get }
  /// Reads the definition.
  init(_ name: Name, _ node: YAMLNode, _ context: SyntaxContext)
  /// This definition with what it inherits from its parent, whose own inheritance is already worked out.
  func inheriting(from parent: Self) -> Self
}
