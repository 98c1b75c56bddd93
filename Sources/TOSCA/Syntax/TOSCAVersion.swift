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
    case .simple1_0, .simple1_1, .simple1_2: "tosca/simple/1.0"
    case .simple1_3: "tosca/simple/1.3"
    case .tosca2_0: nil
    }
  }

  static func < (one: TOSCAVersion, other: TOSCAVersion) -> Bool { one.order < other.order }

  private var order: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
