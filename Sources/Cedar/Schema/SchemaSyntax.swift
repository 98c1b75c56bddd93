/// What stands in a schema, before names are resolved.
enum SchemaSyntax {
  struct Namespace {
    /// Empty for what stands outside all namespaces.
    var name: String
    var entities: [Entity] = []
    var actions: [Action] = []
    var types: [CommonType] = []
  }

  /// A name that a declaration uses, and where.
  struct Reference {
    var name: String
    var range: SourceSpan
  }

  indirect enum TypeExpression {
    case name(Reference)
    /// A name that can only be that of an entity type; the JSON form has these.
    case entity(Reference)
    case set(TypeExpression)
    case record([Attribute])
  }

  struct Attribute {
    var name: CedarString
    var type: TypeExpression
    var isRequired: Bool
  }

  struct Entity {
    var names: [Reference]
    var parents: [Reference] = []
    var attributes: TypeExpression = .record([])
    var tags: TypeExpression?
    var identifiers: [CedarString]?
  }

  /// An action above another: its identifier, and its type where that is given.
  struct ActionParent {
    var type: String?
    var id: CedarString
    var range: SourceSpan
  }

  struct Action {
    var names: [(id: CedarString, range: SourceSpan)]
    var parents: [ActionParent] = []
    var principals: [Reference] = []
    var resources: [Reference] = []
    var context: TypeExpression = .record([])
  }

  struct CommonType {
    var name: Reference
    var type: TypeExpression
  }
}
