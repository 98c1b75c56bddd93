/// An artifact of a node type or template (1.3, 3.6.7).
struct ArtifactDefinition: Sendable {
  /// Its name.
  var name: Name
  /// Its type; nil in the short form, where the file's ending says it.
  var type: Name?
  /// Whether it is written in the short form.
  var isShort = false
  /// The file; nil where a template's artifact leaves it to the one of its type.
  var file: Name?
  /// The repository that has the file.
  var repository: Name?
  /// The values of its properties, as written.
  var properties: OrderedMap<YAMLNode>
  /// The checksum that the file must have.
  var checksum: Name?
  /// The algorithm of the checksum.
  var checksumAlgorithm: Name?
  /// The file in whose namespace and folder names are looked up.
  var definingFile: UInt32

  /// Reads a definition, or its short form: the file.
  init?(_ name: Name, _ node: YAMLNode, _ context: SyntaxContext) {
    self.name = name
    definingFile = context.file
    properties = OrderedMap()
    if !context.isVersion2, case .scalar(let text, let style) = node.content,
      CoreSchema.kind(of: text, style) == .string
    {
      file = Name(text: text, place: node.place)
      isShort = true
      return
    }
    var entity = Entity(node, "an artifact", context, orText: !context.isVersion2)
    guard entity.isMap else { return nil }
    type = entity.string("type")
    file = entity.string("file")
    repository = entity.string("repository")
    _ = entity.string("description")
    if context.isVersion2 {
      // The table of keynames and the grammar (2.0, 12.2) call it differently.
      _ = entity.string("version")
      _ = entity.string("artifact_version")
      checksum = entity.string("checksum")
    } else {
      _ = entity.string("deploy_path")
      if entity.knows("version", from: .simple1_3) { _ = entity.text("version") }
      if entity.knows("artifact_version", from: .simple1_3) { _ = entity.text("artifact_version") }
      if entity.knows("checksum", from: .simple1_3) { checksum = entity.text("checksum") }
    }
    if entity.knows("checksum_algorithm", from: .simple1_3) { checksumAlgorithm = entity.string("checksum_algorithm") }
    properties = entity.map("properties") { $1 }
    if entity.knows("metadata", from: .tosca2_0) { _ = entity.metadata() }
    if context.isVersion2 { reportMissing(entity) }
    entity.finish()
  }

  /// Reports the keynames that 2.0 makes mandatory (12.2).
  private func reportMissing(_ entity: Entity) {
    let place = name.text.isEmpty ? nil : name.place
    for keyname in ["type", "file"] where entity.key(keyname) == nil { entity.reportMissing(keyname, at: place) }
    if let key = entity.key("checksum"), entity.key("checksum_algorithm") == nil {
      entity.reportMissing("checksum_algorithm", at: key)
    }
  }

  /// This definition over the one of the node's type: what it does not say is the type's (1.3, 3.6.7.2).
  func refining(_ base: ArtifactDefinition) -> ArtifactDefinition {
    var result = self
    if type == nil, file == nil || base.type == nil { result.type = base.type }
    if file == nil {
      result.file = base.file
      result.repository = repository ?? base.repository
      result.definingFile = base.definingFile
    }
    result.properties = properties.over(base.properties)
    return result
  }
}
