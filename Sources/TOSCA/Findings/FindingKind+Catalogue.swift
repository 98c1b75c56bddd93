extension FindingKind {
  /// What is wrong with the text, before its names mean anything.
  static let syntax: [FindingKind] = [
    FindingKind("alias-bomb", "The aliases of a file multiply beyond what a reading may take."),
    FindingKind("duplicate-key", "A map has the same key twice.", simpleProfile: "1.2", tosca2: "5.1"),
    FindingKind("malformed-function", "A key that begins with `$` stands among other keys.", tosca2: "10.1"),
    FindingKind("missing-key", "A mandatory keyname is missing.", simpleProfile: "3.6–3.10", tosca2: "5.2"),
    FindingKind("not-yaml", "The text is not YAML.", simpleProfile: "1.2", tosca2: "5.1"),
    FindingKind("several-documents", "A file has more than one YAML document.", simpleProfile: "3.10", tosca2: "6"),
    FindingKind("too-deep", "Lists, maps or functions nest deeper than a reading may take."),
    FindingKind("too-many-findings", "There are more findings than are listed."),
    FindingKind("unknown-anchor", "An alias refers to an anchor that is not complete before it."),
    FindingKind("unknown-constraint", "A constraint has an operator that does not exist.", simpleProfile: "3.6.3"),
    FindingKind(
      "unknown-key", "A keyname is not one of its entity's.", simpleProfile: "3.6–3.10", tosca2: "5.1"),
    FindingKind("unknown-tag", "A YAML tag has no meaning in TOSCA.", tosca2: "9.1"),
    FindingKind(
      "unknown-value", "A keyname with a fixed set of values has another one.", simpleProfile: "3.6.10", tosca2: "9.4"),
    FindingKind(
      "wrong-syntax", "A value has not the form that the grammar asks for.", simpleProfile: "3.6–3.10", tosca2: "6–16"),
  ]

  /// What is wrong with files, imports and versions.
  static let files: [FindingKind] = [
    FindingKind("artifact-outside", "An artifact's file lies outside the template's folder."),
    FindingKind("empty-file", "The file has no content.", simpleProfile: "3.10", tosca2: "6"),
    FindingKind(
      "import-cycle", "An import leads back to a file that is being read.", simpleProfile: "3.6.8", tosca2: "6.8.2"),
    FindingKind("import-network", "An import would be fetched over the network."),
    FindingKind("import-outside", "An import lies outside the template's folder."),
    FindingKind(
      "missing-file", "A file that is named does not exist.", simpleProfile: "3.6.7", tosca2: "12.2"),
    FindingKind(
      "missing-import", "The file that is to be imported does not exist.", simpleProfile: "3.6.8", tosca2: "6.8.1"),
    FindingKind("missing-profile", "The Simple Profile's types are not installed.", simpleProfile: "5"),
    FindingKind("missing-topology", "The file has no service template.", simpleProfile: "3.9", tosca2: "6.9"),
    FindingKind(
      "missing-version", "The file does not say its TOSCA version.", simpleProfile: "3.10.3.1", tosca2: "6.2"),
    FindingKind("no-template", "A folder does not say which of its files is the template.", tosca2: "17.3"),
    FindingKind("not-tosca", "The file is not a map that begins with a TOSCA version.", simpleProfile: "3.10"),
    FindingKind(
      "service-in-profile", "A file that declares a profile has a service template as well.", tosca2: "6.7"),
    FindingKind("too-many-files", "A template needs more files than a reading may take."),
    FindingKind("unknown-profile", "An imported profile is not known.", tosca2: "6.8.2.1"),
    FindingKind("unknown-repository", "A repository is not declared.", simpleProfile: "3.6.6", tosca2: "6.5"),
    FindingKind(
      "other-version", "A keyname that another version of TOSCA has, but not the file's.", simpleProfile: "3.6–3.10"),
    FindingKind(
      "unknown-version", "The file's TOSCA version does not exist.", simpleProfile: "3.10.3.1", tosca2: "6.2"),
    FindingKind("unreadable-file", "A file cannot be read."),
    FindingKind("unsupported-archive", "An archive is of a kind that is not read."),
    FindingKind(
      "version-not-first", "`tosca_definitions_version` is not the first keyname of the file.", tosca2: "6.2"),
  ]

  /// What is wrong with types and definitions.
  static let types: [FindingKind] = [
    FindingKind(
      "duplicate-name", "A name is declared twice in one namespace.", simpleProfile: "3.2", tosca2: "6.8.4"),
    FindingKind(
      "fixed-value", "A property with a fixed value is given another one.", tosca2: "9.4"),
    FindingKind(
      "incompatible-refinement", "A derived definition changes what it inherits, instead of narrowing it.",
      simpleProfile: "3.7", tosca2: "5.1.3"),
    FindingKind("former-type", "A type that TOSCA 1.3 had built in, and 2.0 has not.", tosca2: "9.1"),
    FindingKind("type-cycle", "A type derives from itself.", simpleProfile: "3.7.1", tosca2: "6.4.2"),
    FindingKind(
      "unknown-type", "A type is not declared in the file, its imports or its profile.", simpleProfile: "3.7",
      tosca2: "6.4"),
    FindingKind("unchecked-schema", "A schema is of a kind that is not evaluated.", simpleProfile: "3.6.3"),
    FindingKind("untyped-collection", "A list or map does not say what its entries are.", tosca2: "9.3, 9.4"),
    FindingKind(
      "wrong-constraint", "A constraint does not apply to its type, or its operand is of the wrong type.",
      simpleProfile: "3.6.3", tosca2: "9.11"),
    FindingKind("wrong-scalar", "The units of a scalar type contradict each other.", tosca2: "9.1.2.2"),
  ]

  /// What is wrong with values and functions.
  static let values: [FindingKind] = [
    FindingKind(
      "constraint-violated", "A value does not fulfil a constraint of its definition.", simpleProfile: "3.6.3",
      tosca2: "9.11"),
    FindingKind(
      "function-cycle", "A value depends on itself through functions.", simpleProfile: "4", tosca2: "10.2.1"),
    FindingKind(
      "missing-input", "An input without a default has no value.", simpleProfile: "3.9.2.1", tosca2: "6.9.2"),
    FindingKind(
      "missing-operation-input", "A required input of an interface or operation has no value.",
      simpleProfile: "3.6.14"),
    FindingKind(
      "missing-property", "A required property has no value.", simpleProfile: "3.6.10", tosca2: "9.4"),
    FindingKind("too-long", "Functions make a string longer than a reading may take."),
    FindingKind("too-many-evaluations", "Functions take more steps than a reading may take."),
    FindingKind(
      "unknown-artifact", "A function names an artifact that does not exist.", simpleProfile: "4.8", tosca2: "10.2.1.4"),
    FindingKind(
      "unknown-attribute", "An attribute is not defined by its type.", simpleProfile: "3.6.12", tosca2: "9.6"),
    FindingKind(
      "unknown-entity", "A function names neither a template nor a keyword.", simpleProfile: "4.1", tosca2: "10.3"),
    FindingKind("unknown-function", "A function does not exist.", simpleProfile: "4", tosca2: "10.2"),
    FindingKind("unknown-input", "An input is not declared.", simpleProfile: "4.4.1", tosca2: "10.2.1.1"),
    FindingKind(
      "unknown-property", "A property is not defined by its type.", simpleProfile: "3.6.10", tosca2: "9.4"),
    FindingKind(
      "wrong-arguments", "A function has arguments of the wrong number or form.", simpleProfile: "4", tosca2: "10.2"),
    FindingKind("wrong-type", "A value is not of its definition's type.", simpleProfile: "3.3", tosca2: "9.1"),
  ]

  /// What is wrong with templates, groups, policies, workflows and mappings.
  static let topologies: [FindingKind] = [
    FindingKind("host-cycle", "A node is hosted on itself, at whatever distance.", simpleProfile: "5.7.4"),
    FindingKind(
      "too-many-requirements", "A requirement is assigned more often than its definition allows.",
      simpleProfile: "3.7.3", tosca2: "8.5.4"),
    FindingKind(
      "unassigned-requirement", "A requirement is assigned less often than its definition asks for.",
      simpleProfile: "3.7.3", tosca2: "8.5.4"),
    FindingKind(
      "unknown-capability", "A capability is not defined by the node's type.", simpleProfile: "3.8.1", tosca2: "8.3"),
    FindingKind(
      "unknown-interface", "An interface is not defined by the type.", simpleProfile: "3.7.5", tosca2: "11.3"),
    FindingKind("unknown-member", "A group's member is no node template.", simpleProfile: "3.8.5", tosca2: "16.2"),
    FindingKind("unknown-node", "A node template does not exist.", simpleProfile: "3.8.3", tosca2: "7.2"),
    FindingKind(
      "unknown-operation", "An operation is not defined by its interface.", simpleProfile: "3.6.17", tosca2: "11.5"),
    FindingKind(
      "unknown-relationship", "A relationship is neither a template nor a type.", simpleProfile: "3.8.2", tosca2: "8.5"),
    FindingKind(
      "unknown-requirement", "A requirement is not defined by the node's type.", simpleProfile: "3.8.2", tosca2: "8.5"),
    FindingKind(
      "unknown-step", "A step that is to follow is not in the workflow.", simpleProfile: "3.8.7", tosca2: "13.2.2"),
    FindingKind(
      "unknown-target", "What a requirement, policy or step aims at does not exist.", simpleProfile: "3.8",
      tosca2: "8.5, 16.4, 13.2.2"),
    FindingKind(
      "wrong-member", "A node is not of a type that the group takes.", simpleProfile: "3.7.11", tosca2: "16.1"),
    FindingKind(
      "wrong-relationship", "A relationship is not of the type that the requirement asks for.", simpleProfile: "3.8.2",
      tosca2: "8.5"),
    FindingKind(
      "wrong-source", "A capability does not take nodes of this type.", simpleProfile: "3.7.7", tosca2: "8.1"),
    FindingKind(
      "wrong-target", "The target is not of the type that is asked for, or does not offer the capability.",
      simpleProfile: "3.8.2, 3.7.12", tosca2: "8.5, 16.3"),
  ]

  /// What is wrong with how reading was set up, and what is let pass on request.
  static let settings: [FindingKind] = [
    FindingKind("tolerated", "A departure from the standard was let pass, as asked for."),
    FindingKind("unknown-tolerance", "A tolerance that `.testudo.yaml` names does not exist."),
    FindingKind("wrong-folder", "A folder that `.testudo.yaml` names is not one below it."),
    FindingKind("wrong-setting", "The value of a key of a configuration file cannot be used."),
  ]
}
