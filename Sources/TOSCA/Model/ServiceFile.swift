/// One file of a service template (1.3, 3.10): a service template, or definitions for others to import.
struct ServiceFile: Sendable {
  /// The file's version.
  var version: TOSCAVersion
  /// Its description.
  var description: String?
  /// Its metadata.
  var metadata: OrderedMap<Name>
  /// Of `template_name`, `template_author` and `template_version` those that stand outside the metadata.
  var templateKeynames: Set<String> = []
  /// What it imports.
  var imports: [ImportDefinition]
  /// The repositories it names.
  var repositories: OrderedMap<YAMLNode>
  var artifactTypes: OrderedMap<ArtifactType>
  var capabilityTypes: OrderedMap<CapabilityType>
  var dataTypes: OrderedMap<DataType>
  var groupTypes: OrderedMap<GroupType>
  var interfaceTypes: OrderedMap<InterfaceType>
  var nodeTypes: OrderedMap<NodeType>
  var policyTypes: OrderedMap<PolicyType>
  var relationshipTypes: OrderedMap<RelationshipType>
  /// The functions it defines (2.0).
  var functions = OrderedMap<FunctionDefinition>()
  /// The topology template, in a service template.
  var topology: TopologyTemplate?

  /// Reads a file's root node.
  init(_ node: YAMLNode, _ context: SyntaxContext) {
    var entity = Entity(node, "a service template", context)
    version = context.version
    _ = entity.take("tosca_definitions_version")
    if entity.knows("namespace", from: .simple1_1, to: .simple1_3) { _ = entity.string("namespace") }
    if entity.knows("tosca_default_namespace", to: .simple1_0) { _ = entity.string("tosca_default_namespace") }
    description = entity.string("description")?.text
    metadata = entity.metadata()
    if !context.isVersion2 {
      Self.checkMetadata(node["metadata"], entity)
      // Drafts had them beside the metadata, and files of the early versions have kept that.
      for keyname in ["template_name", "template_author", "template_version"]
      where entity.knows(keyname, to: .simple1_2) && entity.text(keyname) != nil {
        templateKeynames.insert(keyname)
      }
    }
    if let value = entity.take("dsl_definitions") { Self.checkReusables(value, entity) }
    repositories = entity.map("repositories") { Self.repository($1, context) }
    imports = ImportDefinition.readAll(&entity)
    artifactTypes = Self.types(&entity)
    capabilityTypes = Self.types(&entity)
    dataTypes = Self.types(&entity)
    groupTypes = Self.types(&entity)
    interfaceTypes = Self.types(&entity)
    nodeTypes = Self.types(&entity)
    policyTypes = Self.types(&entity)
    relationshipTypes = Self.types(&entity)
    if context.isVersion2 {
      let profile = entity.string("profile")
      functions = FunctionDefinition.readAll(&entity)
      topology = entity.take("service_template").map { TopologyTemplate($0, context) }
      if let profile, let key = entity.key("service_template") {
        context.findings.warn(
          "service-in-profile", unless: .serviceTemplateInProfile, at: key,
          "a file that declares the profile `\(profile.text.excerpt)` has a service template",
          expected: "`profile` or `service_template` (TOSCA 2.0, 6.7.1)")
      }
    } else {
      topology = entity.take("topology_template").map { TopologyTemplate($0, context) }
    }
    entity.finish()
  }

  /// What others refer to by aliases: a map, whose values 2.0 asks to be there. Before, it has no type (1.3, 3.10.1).
  private static func checkReusables(_ value: YAMLNode, _ entity: Entity) {
    guard entity.context.isVersion2 else { return }
    guard let entries = value.entries else {
      entity.reportForm(value, "`dsl_definitions`", "a map")
      return
    }
    let scalars = entries.map(\.value).filter { $0.text != nil }
    for value in entity.context.findings.table.withoutAnchors(scalars) {
      entity.reportForm(value, "a definition in `dsl_definitions`", "a value with an anchor (TOSCA 2.0, 6.3)")
    }
  }

  private static func types<Type: TypeDefinition>(_ entity: inout Entity) -> OrderedMap<Type> {
    let context = entity.context
    return entity.map(Type.kind.section) { Type($0, $1, context) }
  }

  /// The keynames of metadata that 1.3 defines (3.10.1.1) have strings.
  private static func checkMetadata(_ metadata: YAMLNode?, _ entity: Entity) {
    for keyname in ["template_name", "template_author"] {
      if let value = metadata?[keyname] { _ = entity.string(value, "the metadata `\(keyname)`") }
    }
    if let value = metadata?["template_version"], value.isNull {
      entity.reportForm(value, "the metadata `template_version`", "a version such as `1.0`")
    }
  }

  private static func repository(_ node: YAMLNode, _ context: SyntaxContext) -> YAMLNode? {
    if node.text != nil, !node.isNull { return node }
    var entity = Entity(node, "a repository", context, orText: true)
    _ = entity.string("description")
    if context.isVersion2 { _ = entity.metadata() }
    if entity.string("url") == nil, entity.key("url") == nil { entity.reportMissing("url") }
    if entity.take("credential") != nil, context.isVersion2 {
      context.findings.report(
        "unknown-key", .warning, at: entity.key("credential") ?? node.place,
        "`credential` is no keyname of a repository since TOSCA 2.0", expected: "`url` (TOSCA 2.0, 6.5)")
    }
    entity.finish()
    return node
  }
}
