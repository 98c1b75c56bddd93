/// An import (1.3, 3.6.8).
struct ImportDefinition: Sendable {
  /// The file, or the name of a profile.
  var file: Name
  /// The repository that has the file.
  var repository: Name?
  /// What the imported names are put behind.
  var prefix: Name?
  /// Whether `file` is the name of a profile (2.0, 6.8.1).
  var isProfile = false

  /// Reads `imports`.
  static func readAll(_ entity: inout Entity) -> [ImportDefinition] {
    guard let value = entity.take("imports") else { return [] }
    guard let items = value.items else {
      entity.reportForm(value, "`imports`", "a list of files")
      return []
    }
    let context = entity.context
    return items.compactMap { ImportDefinition(withoutName($0, context), context) }
  }

  private static let keynames = ["file", "repository", "namespace_prefix", "namespace_uri"]

  /// 1.0 gives each import a name of its own: `- name: file` or `- name: { file: … }`.
  private static func withoutName(_ node: YAMLNode, _ context: SyntaxContext) -> YAMLNode {
    guard !context.isVersion2, let entries = node.entries, entries.count == 1, let entry = entries.first,
      !keynames.contains(entry.name),
      context.version < .simple1_3 || nearest(entry.name, among: keynames) == nil
    else { return node }
    return entry.value
  }

  private init?(_ node: YAMLNode, _ context: SyntaxContext) {
    if node.entries == nil {
      let entity = Entity(
        YAMLNode(content: .mapping([]), place: node.place), "an import", context, orText: true)
      guard let file = entity.string(node, "an import") else { return nil }
      self.file = file
      return
    }
    var entity = Entity(node, "an import", context, orText: true)
    if context.isVersion2 {
      let url = entity.string("url")
      let profile = entity.string("profile")
      repository = entity.string("repository")
      prefix = entity.string("namespace")
      _ = entity.string("description")
      _ = entity.metadata()
      entity.finish()
      isProfile = url == nil
      if let url, profile != nil || (repository != nil && url.text.contains("://")) {
        entity.reportForm(node, "an import", "`url` or `profile`; a `repository` only with a relative `url`")
      }
      if let profile, repository != nil {
        context.findings.report(
          "wrong-syntax", at: profile.place, "an import of a profile has no repository", expected: "`url`")
      }
      guard let file = url ?? profile else {
        if entity.key("url") == nil, entity.key("profile") == nil { entity.reportMissing("url") }
        return nil
      }
      self.file = file
      return
    }
    let file = entity.string("file")
    repository = entity.string("repository")
    prefix = entity.string("namespace_prefix")
    _ = entity.string("namespace_uri")
    entity.finish()
    guard let file else {
      if entity.key("file") == nil { entity.reportMissing("file") }
      return nil
    }
    self.file = file
  }
}
