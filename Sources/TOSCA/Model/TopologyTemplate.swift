/// The topology template of a service template (1.3, 3.9).
struct TopologyTemplate: Sendable {
  /// Its description.
  var description: String?
  /// Its inputs.
  var inputs: OrderedMap<PropertyDefinition>
  /// Its node templates.
  var nodeTemplates: OrderedMap<NodeTemplate>
  /// Its relationship templates.
  var relationshipTemplates: OrderedMap<RelationshipTemplate>
  /// Its groups.
  var groups: OrderedMap<GroupDefinition>
  /// Its policies, in order.
  var policies: OrderedMap<PolicyDefinition>
  /// Its outputs.
  var outputs: OrderedMap<PropertyDefinition>
  /// Its workflows.
  var workflows: OrderedMap<WorkflowDefinition>
  /// The functions it defines, or refines (2.0, 10.4).
  var functions = OrderedMap<FunctionDefinition>()
  /// How it stands for a node of another topology.
  var substitutionMappings: SubstitutionMappings?

  /// Reads a topology template.
  init(_ node: YAMLNode, _ context: SyntaxContext) {
    var entity = Entity(node, context.isVersion2 ? "a service template" : "a topology template", context)
    if context.isVersion2 { _ = entity.metadata() }
    description = entity.string("description")?.text
    inputs = PropertyDefinition.readAll("inputs", .incoming, &entity)
    nodeTemplates = entity.map("node_templates") { NodeTemplate($0, $1, context) }
    if context.isVersion2, entity.key("node_templates") == nil { entity.reportMissing("node_templates") }
    relationshipTemplates = entity.map("relationship_templates") { RelationshipTemplate($0, $1, context) }
    groups = entity.map("groups") { GroupDefinition($0, $1, context) }
    policies = OrderedMap()
    // Some versions' examples write a map where the grammar says a list; both are unambiguous.
    if node["policies"]?.entries != nil, context.version < .simple1_3 {
      policies = entity.map("policies") { PolicyDefinition($0, $1, context) }
    } else {
      for policy in entity.list("policies", read: { PolicyDefinition($0, $1, context) }) {
        if let earlier = policies[policy.name.text] {
          context.findings.report(
            "duplicate-name", at: policy.name.place, "the policy `\(policy.name.text.excerpt)` is already defined",
            expected: "each name once", related: [(earlier.name.place, "it is first defined here")])
        } else {
          policies[policy.name.text] = policy
        }
      }
    }
    outputs = PropertyDefinition.readAll("outputs", .outgoing, &entity)
    if context.isVersion2 { functions = FunctionDefinition.readAll(&entity, isRefinement: true) }
    workflows =
      entity.knows("workflows", from: .simple1_1)
      ? entity.map("workflows") { WorkflowDefinition($0, $1, context) } : OrderedMap()
    substitutionMappings = entity.take("substitution_mappings").map { SubstitutionMappings($0, context) }
    resolveCopies(context)
    entity.finish()
  }

  /// Puts relationship templates together that are copies of others. What is copied is no copy itself (1.3, 3.8.3.3; 2.0,
  /// 7.2 and 7.4); node templates are copied when they are bound.
  private mutating func resolveCopies(_ context: SyntaxContext) {
    for template in nodeTemplates.values {
      guard let copy = template.copy, let source = nodeTemplates[copy.text], source.copy != nil,
        source.name.text != template.name.text
      else { continue }
      reportCopy(of: copy, source.name, context)
    }
    let written = relationshipTemplates
    for (name, template) in written {
      guard let copy = template.copy else { continue }
      guard let source = written[copy.text], source.name.text != name else {
        context.findings.report(
          "unknown-relationship", at: copy.place,
          "`\(name.excerpt)` is to be a copy of `\(copy.text.excerpt)`",
          expected: "another relationship template", suggestion: nearest(copy.text, among: written.keys))
        continue
      }
      if source.copy != nil { reportCopy(of: copy, source.name, context) }
      var root = source
      for _ in written.keys where root.copy != nil {
        guard let next = root.copy.flatMap({ written[$0.text] }) else { break }
        root = next
      }
      relationshipTemplates[name] = template.copying(source.copy == nil ? source : source.copying(root))
    }
  }

  private func reportCopy(of copy: Name, _ source: Name, _ context: SyntaxContext) {
    context.findings.report(
      "copied-copy", at: copy.place, "`\(copy.text.excerpt)` is a copy itself",
      expected: "a template that is complete", related: [(source.place, "it is defined here")])
  }
}
