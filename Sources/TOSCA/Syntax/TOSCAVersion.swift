/// The versions of TOSCA, by `tosca_definitions_version`. Each has its grammar; what a file may say is asked of it,
/// so that a version is added here and at the keynames that differ, and nowhere else.
enum TOSCAVersion: String, CaseIterable, Comparable {
  case simple1_0 = "tosca_simple_yaml_1_0"
  case simple1_1 = "tosca_simple_yaml_1_1"
  case simple1_2 = "tosca_simple_yaml_1_2"
  case simple1_3 = "tosca_simple_yaml_1_3"
  case tosca2_0 = "tosca_2_0"

  /// The profile whose types every file of the version knows without an import.
  var implicitProfile: String? {
    switch self {
    case .simple1_0: "tosca/simple/1.0"
    case .simple1_1: "tosca/simple/1.1"
    case .simple1_2: "tosca/simple/1.2"
    case .simple1_3: "tosca/simple/1.3"
    case .tosca2_0: nil
    }
  }

  /// The profile with the types that the standard does not make normative.
  var nonNormativeProfile: String? {
    switch self {
    case .simple1_0, .simple1_1, .simple1_2: "tosca/simple/1.0/non-normative"
    case .simple1_3: "tosca/simple/1.3/non-normative"
    case .tosca2_0: nil
    }
  }

  /// The version in messages: `1.3`.
  var number: String {
    switch self {
    case .simple1_0: "1.0"
    case .simple1_1: "1.1"
    case .simple1_2: "1.2"
    case .simple1_3: "1.3"
    case .tosca2_0: "2.0"
    }
  }

  /// The version that a text names in another way than the standards, and the tolerance that lets it pass; nil where it
  /// names none. Dialects are read as the version that they build on.
  static func spelt(_ text: String) -> (TOSCAVersion, Tolerance)? {
    if text.hasPrefix("tosca_simple_profile_for_nfv_1") { return (.simple1_2, .networkFunctionsVersion) }
    let dialects: [(prefix: String, version: TOSCAVersion)] = [
      ("alien_dsl_1", .simple1_0), ("alien_dsl_2", .simple1_2), ("alien_dsl_3", .simple1_3),
      ("tosca_simple_unfurl_1", .simple1_3), ("tosca_simple_profile_for_mec_1", .simple1_2),
    ]
    if let dialect = dialects.first(where: { text.hasPrefix($0.prefix) }) {
      return (dialect.version, .versionSpellings)
    }
    let prefixes = ["tosca_simple_profile_yaml_", "tosca_simple_yaml_", "tosca_simple_", "tosca_"]
    let written = text.lowercased().replacing(".", with: "_")
    guard let prefix = prefixes.first(where: { written.hasPrefix($0) }) else { return nil }
    let numbers = written.dropFirst(prefix.count).split(separator: "_").prefix(2).joined(separator: ".")
    return allCases.first { $0.number == numbers }.map { ($0, .versionSpellings) }
  }

  static func < (one: TOSCAVersion, other: TOSCAVersion) -> Bool { one.order < other.order }

  private var order: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
