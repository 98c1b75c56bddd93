/// An artifact type (1.3, 3.7.4).
struct ArtifactType: TypeDefinition {
  static let kind = TypeKind.artifact
  var header: TypeHeader
  var properties: OrderedMap<PropertyDefinition>
  /// The media type of the files.
  var mimeType: Name?
  /// The endings of the files' names.
  var fileExtensions: [Name]

  init(_ name: Name, _ node: YAMLNode, _ context: SyntaxContext) {
    var entity = Entity(node, "an artifact type", context)
    header = TypeHeader(name, &entity)
    properties = PropertyDefinition.readAll("properties", .property, &entity)
    mimeType = entity.string("mime_type")
    fileExtensions = entity.strings("file_ext") ?? []
    entity.finish()
  }

  func inheriting(from parent: ArtifactType) -> ArtifactType {
    var result = self
    result.properties = properties.over(parent.properties) { $0.refining($1) }
    result.mimeType = mimeType ?? parent.mimeType
    if fileExtensions.isEmpty { result.fileExtensions = parent.fileExtensions }
    return result
  }
}
