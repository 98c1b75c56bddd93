/// Departures from the standard that are let pass where asked for. Real files are sloppy in ways that peers accept; each
/// such way has a name here, and is off unless it is named. What a tolerance lets pass is reported as a warning, so
/// that it is seen. `Tolerance+Catalogue.swift` describes them for users.
public struct Tolerance: OptionSet, Hashable, Sendable {
  /// One bit for each tolerance.
  public let rawValue: UInt64

  /// A set of tolerances by their bits.
  public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// The file of an artifact need not be there: templates are often checked without their images.
  public static let missingArtifactFiles = Tolerance(rawValue: 1 << 0)
  /// `yes`, `no`, `on` and `off` are Booleans, as in YAML 1.1; the standards build on YAML 1.2, where they are strings.
  public static let oldBooleans = Tolerance(rawValue: 1 << 1)
  /// A section of names with nothing in it (`node_types:`) is an empty map.
  public static let emptySections = Tolerance(rawValue: 1 << 2)
  /// An import that would be fetched over the network is left out.
  public static let networkImports = Tolerance(rawValue: 1 << 3)
  /// TOSCA 2.0: the types `scalar-unit.size`, `.time`, `.frequency` and `.bitrate` of 1.3 are still known.
  public static let formerScalarUnits = Tolerance(rawValue: 1 << 4)
  /// TOSCA 2.0: a file that declares a profile may have a service template (against section 6.7.1).
  public static let serviceTemplateInProfile = Tolerance(rawValue: 1 << 5)
  /// 1.x: the profile for network functions names its own version; such a file is read as Simple Profile 1.2.
  public static let networkFunctionsVersion = Tolerance(rawValue: 1 << 6)
  /// 1.x: other spellings of a version, such as `tosca_simple_yaml_1_0_0`, and those of dialects that build on one.
  public static let versionSpellings = Tolerance(rawValue: 1 << 7)
  /// Keynames, constraints and functions that only an earlier or later version has.
  public static let otherVersions = Tolerance(rawValue: 1 << 8)
  /// Keynames that no version has, where nothing else goes by their place.
  public static let unknownKeynames = Tolerance(rawValue: 1 << 9)
  /// Types that no file declares; what depends on them is not checked.
  public static let unknownTypes = Tolerance(rawValue: 1 << 10)
  /// All files of a reading share one namespace, whatever imports what.
  public static let sharedNamespace = Tolerance(rawValue: 1 << 11)
  /// Imports of files that are missing or empty, and of unknown profiles.
  public static let missingImports = Tolerance(rawValue: 1 << 12)
  /// Properties and attributes that the type does not declare.
  public static let undeclaredProperties = Tolerance(rawValue: 1 << 13)
  /// Requirements and capabilities that the type does not declare.
  public static let undeclaredRequirements = Tolerance(rawValue: 1 << 14)
  /// Interfaces, operations and artifacts that the type does not declare.
  public static let undeclaredOperations = Tolerance(rawValue: 1 << 15)
  /// Required properties and inputs without a value.
  public static let missingProperties = Tolerance(rawValue: 1 << 16)
  /// Requirements assigned more often than their occurrences allow.
  public static let extraRequirements = Tolerance(rawValue: 1 << 17)
  /// Targets, members and relationships of another type than the definition asks for.
  public static let mismatchedTargets = Tolerance(rawValue: 1 << 18)
  /// Names of node templates and groups that are not there.
  public static let danglingNames = Tolerance(rawValue: 1 << 19)
  /// Values that violate a constraint.
  public static let violatedConstraints = Tolerance(rawValue: 1 << 20)
  /// Triggers of any form: only that they are there is known.
  public static let freeTriggers = Tolerance(rawValue: 1 << 21)
  /// A key given twice in a map; the first one counts.
  public static let duplicateKeys = Tolerance(rawValue: 1 << 22)
  /// A scalar without its unit is in the base unit: bytes, seconds, Hz or bits a second.
  public static let defaultUnits = Tolerance(rawValue: 1 << 23)
  /// Numbers and Booleans where a string is asked for, and numbers and Booleans in quotes.
  public static let laxScalars = Tolerance(rawValue: 1 << 24)
  /// Functions that the standard does not have; their values stay unknown.
  public static let customFunctions = Tolerance(rawValue: 1 << 25)
  /// Constraint operators that the standard does not have; they always hold.
  public static let customConstraints = Tolerance(rawValue: 1 << 26)
  /// A copy of a node template merges maps inside of properties instead of replacing them.
  public static let mergedCopies = Tolerance(rawValue: 1 << 27)
  /// A property's or input's definition in a type may be a plain value, which is its default.
  public static let plainDefinitions = Tolerance(rawValue: 1 << 28)
  /// `get_property` may name one of several assignments of a requirement by its index, as TOSCA 2.0 has it.
  public static let requirementIndexes = Tolerance(rawValue: 1 << 29)
  /// Types that later overwrite what they inherit by something else.
  public static let looseRefinement = Tolerance(rawValue: 1 << 30)
  /// The types that the standard lists as not normative, and those that peers add, are known without an import.
  public static let nonNormativeTypes = Tolerance(rawValue: 1 << 31)
  /// Lists of names for maps of names, and items whose keynames stand beside the name instead of below it.
  public static let flatItems = Tolerance(rawValue: 1 << 32)
  /// Words that the standard does not list: directives and states of definitions.
  public static let unknownValues = Tolerance(rawValue: 1 << 34)
  /// Mandatory keynames that are left out; what lacks them is left out, too.
  public static let missingKeynames = Tolerance(rawValue: 1 << 35)
  /// TOSCA 2.0: a list or map may leave open what its entries are (against section 9.4).
  public static let untypedCollections = Tolerance(rawValue: 1 << 33)
}
