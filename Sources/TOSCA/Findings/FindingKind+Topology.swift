extension FindingKind {
  /// What is wrong with how the parts of a topology fit together.
  static let connections: [FindingKind] = [
    FindingKind(
      "allocation-exceeded", "More is allocated of a capability's property than there is.", tosca2: "8.5.5"),
    FindingKind(
      "ambiguous-requirement", "Several nodes meet a requirement that names none.", simpleProfile: "3.8.2",
      tosca2: "8.5.3"),
    FindingKind(
      "ambiguous-substitution", "Several templates can stand for a node.", simpleProfile: "3.8.13", tosca2: "15.1"),
    FindingKind("copied-copy", "A template copies one that is a copy itself.", tosca2: "7.2"),
    FindingKind(
      "filter-not-met", "The node that a requirement names does not meet the node filter.", simpleProfile: "3.8.2",
      tosca2: "8.6"),
    FindingKind("incompatible-types", "A list of valid types does not allow what is brought together.", tosca2: "8.2"),
    FindingKind("missing-mapping", "No property is mapped to an input that must have a value.", tosca2: "15.2"),
    FindingKind(
      "no-substitution", "No template is known that stands for a node.", simpleProfile: "3.8.13", tosca2: "15.1"),
    FindingKind("reserved-name", "A type has the name of a built-in one.", tosca2: "9.1"),
    FindingKind(
      "substitution-cycle", "A template has in itself the node that it stands for.", simpleProfile: "3.8.13",
      tosca2: "15.1"),
    FindingKind(
      "too-few-requirements", "The assignments of a requirement stand for too few relationships.", tosca2: "8.5.4"),
    FindingKind(
      "too-many-relationships", "A capability is the target of more relationships than it takes.",
      simpleProfile: "3.7.2"),
    FindingKind("too-many-nodes", "Counts make more nodes than a reading spells out.", tosca2: "14.2"),
    FindingKind("too-many-substitutions", "More topologies stand for nodes than a reading may take."),
    FindingKind(
      "unfulfilled-requirement", "No node meets a requirement that names none.", simpleProfile: "3.8.2",
      tosca2: "8.5.3"),
    FindingKind(
      "unknown-allocation", "An allocation is of a property that the capability does not have.", tosca2: "8.5.5"),
    FindingKind(
      "unknown-output", "A mapping names an output that does not exist.", simpleProfile: "3.8.9", tosca2: "15.3"),
    FindingKind(
      "unknown-workflow", "A workflow that is named does not exist.", simpleProfile: "3.6.23", tosca2: "13.2"),
    FindingKind("unused-default", "A default has no effect where no value is required.", tosca2: "9.5"),
    FindingKind("unused-filter", "A node filter has no effect without the directive select.", tosca2: "7.2.1"),
    FindingKind("unused-mapping", "An outgoing parameter has a mapping, which has no effect.", tosca2: "9.8"),
    FindingKind("unused-value", "An incoming parameter has a value, which has no effect.", tosca2: "9.8"),
    FindingKind(
      "workflow-cycle", "The steps of a workflow, or workflows, lead back to where they were.",
      simpleProfile: "3.8.7", tosca2: "13.2"),
    FindingKind(
      "wrong-capability", "A capability is not the one that the requirement's definition asks for.", tosca2: "8.5.2"),
    FindingKind("wrong-context", "A name or function has no meaning where it stands.", tosca2: "10.3"),
    FindingKind("wrong-mapping", "A mapping leads to what cannot stand for its source.", tosca2: "15.5"),
    FindingKind("wrong-path", "A step of a path cannot follow the one before it.", tosca2: "10.3"),
  ]
}
