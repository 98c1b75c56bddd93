/// Departures from the standard that are let pass where asked for. Real files are sloppy in ways that peers accept; each
/// such way has a name here, and is off unless it is named. What a tolerance lets pass is reported as a warning, so
/// that it is seen.
public struct Tolerance: OptionSet, Hashable, Sendable {
  /// One bit for each tolerance.
  public let rawValue: UInt32

  /// A set of tolerances by their bits.
  public init(rawValue: UInt32) { self.rawValue = rawValue }

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

  /// TOSCA 2.0: a list or map may leave open what its entries are (against section 9.4).
  public static let untypedCollections = Tolerance(rawValue: 1 << 20)

  /// The tolerances by the names that users give.
  public static let names: [(name: String, tolerance: Tolerance)] = [
    ("missing-artifact-files", .missingArtifactFiles), ("old-booleans", .oldBooleans),
    ("empty-sections", .emptySections), ("network-imports", .networkImports),
    ("former-scalar-units", .formerScalarUnits), ("service-template-in-profile", .serviceTemplateInProfile),
    ("network-functions-version", .networkFunctionsVersion), ("untyped-collections", .untypedCollections),
  ]
}
