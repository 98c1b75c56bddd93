extension Tolerance {
  /// What users are told of a tolerance.
  public struct Entry: Sendable {
    /// The name that users give.
    public var name: String
    /// The tolerance.
    public var tolerance: Tolerance
    /// What it lets pass, in a sentence without its final period.
    public var summary: String
    /// The codes of the errors that it turns into warnings; empty where it changes how something is read.
    public var codes: [String]
  }

  /// All tolerances.
  public static let catalogue: [Entry] = [
    entry("missing-artifact-files", .missingArtifactFiles, "files of artifacts that are not there", "missing-file"),
    entry("old-booleans", .oldBooleans, "`yes`, `no`, `on` and `off` for Booleans, as in YAML 1.1"),
    entry(
      "empty-sections", .emptySections,
      "sections of names with nothing in them, such as `node_types:`, and empty lists for maps, such as `start: []`"),
    entry("network-imports", .networkImports, "imports over the network, which are left out", "import-network"),
    entry("former-scalar-units", .formerScalarUnits, "the types `scalar-unit.*` in TOSCA 2.0"),
    entry(
      "service-template-in-profile", .serviceTemplateInProfile, "a service template in a profile of TOSCA 2.0"),
    entry(
      "network-functions-version", .networkFunctionsVersion,
      "the versions of the profile for network functions, read as Simple Profile 1.2"),
    entry(
      "untyped-collections", .untypedCollections,
      "lists and maps of TOSCA 2.0 that leave open what their entries are"),
    entry(
      "version-spellings", .versionSpellings,
      "other spellings of a version, such as `tosca_simple_yaml_1_0_0`, and those of dialects"),
    entry(
      "other-versions", .otherVersions, "keynames, constraints and metadata that only an earlier or later version has",
      "other-version"),
    entry("unknown-keynames", .unknownKeynames, "keynames that no version has", "unknown-key"),
    entry(
      "unknown-types", .unknownTypes, "types that no file declares; what depends on them is not checked",
      "unknown-type"),
    entry(
      "shared-namespace", .sharedNamespace,
      "names of types from files that are read, but not imported where they are used"),
    entry(
      "missing-imports", .missingImports,
      "imports of files that are missing or empty, and of unknown profiles, and unknown repositories", "missing-import",
      "unknown-profile", "unknown-repository", "empty-file"),
    entry(
      "undeclared-properties", .undeclaredProperties, "properties and attributes that the type does not declare",
      "unknown-property", "unknown-attribute"),
    entry(
      "undeclared-requirements", .undeclaredRequirements,
      "requirements and capabilities that the type does not declare", "unknown-requirement", "unknown-capability"),
    entry(
      "undeclared-operations", .undeclaredOperations,
      "interfaces, operations and artifacts that the type does not declare", "unknown-interface", "unknown-operation",
      "unknown-artifact"),
    entry(
      "missing-properties", .missingProperties, "required properties and inputs without a value", "missing-property",
      "missing-operation-input"),
    entry(
      "extra-requirements", .extraRequirements, "requirements assigned more often than their occurrences allow",
      "too-many-requirements"),
    entry(
      "mismatched-targets", .mismatchedTargets,
      "targets, members and relationships of another type than the definition asks for", "wrong-target",
      "wrong-relationship", "wrong-source", "wrong-member"),
    entry(
      "dangling-names", .danglingNames, "names of nodes, groups, relationships, inputs and steps that are not there",
      "unknown-target", "unknown-member", "unknown-node", "unknown-relationship", "unknown-entity", "unknown-input",
      "unknown-step"),
    entry("violated-constraints", .violatedConstraints, "values that violate a constraint", "constraint-violated"),
    entry("free-triggers", .freeTriggers, "triggers of any form"),
    entry("duplicate-keys", .duplicateKeys, "a key given twice in a map; the first counts", "duplicate-key"),
    entry("default-units", .defaultUnits, "scalars without a unit, which are in bytes, seconds, Hz or bits a second"),
    entry(
      "lax-scalars", .laxScalars,
      "numbers and Booleans where a string is asked for, and numbers and Booleans in quotes"),
    entry(
      "custom-functions", .customFunctions, "functions that the standard does not have; their values stay unknown",
      "unknown-function"),
    entry(
      "custom-constraints", .customConstraints,
      "constraint operators that the standard does not have; they always hold", "unknown-constraint"),
    entry(
      "merged-copies", .mergedCopies,
      "copies of node templates that merge maps inside of properties, and copies of copies", "copied-copy"),
    entry(
      "unknown-values", .unknownValues, "directives and states that the standard does not list", "unknown-value"),
    entry(
      "missing-keynames", .missingKeynames,
      "mandatory keynames that are left out, with what lacks them, and the version of imported files", "missing-key"),
    entry(
      "plain-definitions", .plainDefinitions,
      "plain values in place of definitions of properties and inputs in types; they are defaults"),
    entry("requirement-indexes", .requirementIndexes, "an index after a requirement's name in `get_property`"),
    entry(
      "loose-refinement", .looseRefinement, "types that change what they inherit to something else",
      "incompatible-refinement"),
    entry(
      "flat-items", .flatItems,
      "lists of names for maps of names, and items whose keynames stand beside the name, not below it"),
    entry(
      "non-normative-types", .nonNormativeTypes,
      "types that the standard lists as not normative, and those that peers add"),
  ]

  /// The tolerances by the names that users give: single ones, and those of a peer together.
  public static var names: [(name: String, tolerance: Tolerance)] {
    (catalogue + peers).map { ($0.name, $0.tolerance) }
  }

  /// The name of a single tolerance.
  public var name: String { Self.catalogue.first { $0.tolerance == self }?.name ?? "" }

  /// What peers let pass, together, for files that were written for them.
  public static let peers: [Entry] = [
    Entry(
      name: "tosca-parser", tolerance: ofTOSCAParser, summary: "what OpenStack's tosca-parser does not look at",
      codes: []),
    Entry(name: "puccini", tolerance: ofPuccini, summary: "what Puccini lets its examples do", codes: []),
    Entry(
      name: "alien4cloud", tolerance: ofAlien4Cloud,
      summary: "the dialect of Alien4Cloud and Yorc, without their types",
      codes: []),
    Entry(name: "unfurl", tolerance: ofUnfurl, summary: "what Unfurl adds to 1.3", codes: []),
  ]

  private static let ofTOSCAParser: Tolerance = [
    .missingArtifactFiles, .oldBooleans, .emptySections, .networkImports, .networkFunctionsVersion, .versionSpellings,
    .otherVersions, .unknownKeynames, .unknownTypes, .sharedNamespace, .missingImports, .undeclaredProperties,
    .undeclaredRequirements, .missingProperties, .extraRequirements, .mismatchedTargets, .violatedConstraints,
    .freeTriggers, .duplicateKeys, .plainDefinitions, .laxScalars, .nonNormativeTypes, .flatItems, .missingKeynames,
    .looseRefinement,
  ]
  private static let ofPuccini: Tolerance = [
    .networkImports, .networkFunctionsVersion, .unknownKeynames, .unknownTypes, .defaultUnits, .customFunctions,
    .customConstraints, .mergedCopies, .requirementIndexes, .unknownValues, .missingKeynames,
  ]
  private static let ofAlien4Cloud: Tolerance = [
    .missingArtifactFiles, .oldBooleans, .emptySections, .versionSpellings, .otherVersions, .unknownKeynames,
    .unknownTypes, .sharedNamespace, .missingImports, .undeclaredProperties, .undeclaredRequirements,
    .undeclaredOperations, .missingProperties, .extraRequirements, .mismatchedTargets, .danglingNames, .defaultUnits,
    .laxScalars, .customFunctions, .plainDefinitions, .looseRefinement, .nonNormativeTypes, .flatItems,
  ]
  private static let ofUnfurl: Tolerance = [
    .missingArtifactFiles, .networkImports, .versionSpellings, .otherVersions, .unknownKeynames, .unknownTypes,
    .missingImports, .undeclaredProperties, .undeclaredRequirements, .undeclaredOperations, .missingProperties,
    .extraRequirements, .mismatchedTargets, .laxScalars, .customFunctions, .plainDefinitions, .nonNormativeTypes,
    .emptySections, .missingKeynames, .looseRefinement,
  ]

  /// The tolerance that turns an error of a code into a warning.
  static func lowering(_ code: String) -> Tolerance? { lowered[code] }

  private static let lowered: [String: Tolerance] = {
    var result: [String: Tolerance] = [:]
    for entry in catalogue { for code in entry.codes { result[code] = entry.tolerance } }
    return result
  }()

  private static func entry(
    _ name: String, _ tolerance: Tolerance, _ summary: String, _ codes: String...
  ) -> Entry { Entry(name: name, tolerance: tolerance, summary: summary, codes: codes) }
}
