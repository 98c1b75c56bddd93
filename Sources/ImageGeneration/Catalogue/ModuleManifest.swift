/// What the catalogue says of one module of the library OS, in one version.
public struct ModuleManifest: Hashable, Sendable {
  /// What part a module plays in an image.
  public enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
    /// How an image talks to what runs it.
    case platform
    /// What other modules stand on; linked as far as they call it.
    case support
    /// What a resource asks for besides its application, such as a way to get its address.
    case feature
    /// A security module.
    case mechanism
    /// What answers requests.
    case application
  }

  /// The name, as in parameters and reports.
  public var name: String
  /// The version, such as `1.0.0`.
  public var version: String
  /// What it does, in one sentence.
  public var summary: String
  /// What part it plays.
  public var kind: Kind
  /// Its SPDX licence expression.
  public var license: String
  /// The archives it consists of, without folder and `.a`.
  public var archives: [String]
  /// The capabilities it provides besides the one that has its name.
  public var provides: [String]
  /// The capabilities that other modules of the image must provide.
  public var requires: [String]
  /// The capabilities that no other module of the image may provide.
  public var conflicts: [String]
  /// What can be set.
  public var parameters: [ModuleParameter]

  /// A manifest.
  public init(
    name: String, version: String, summary: String = "", kind: Kind, license: String = "Apache-2.0",
    archives: [String] = [], provides: [String] = [], requires: [String] = [], conflicts: [String] = [],
    parameters: [ModuleParameter] = []
  ) {
    self.name = name
    self.version = version
    self.summary = summary
    self.kind = kind
    self.license = license
    self.archives = archives
    self.provides = provides
    self.requires = requires
    self.conflicts = conflicts
    self.parameters = parameters
  }

  /// Everything it provides: its own name first.
  public var capabilities: [String] { [name] + provides.filter { $0 != name } }

  /// Its name with its version.
  public var identity: ModuleVersion { ModuleVersion(name: name, version: version) }

  /// The parameter of that name.
  public func parameter(_ name: String) -> ModuleParameter? { parameters.first { $0.name == name } }
}

/// A module in one version, as vulnerability notices name them.
public struct ModuleVersion: Hashable, Sendable, Codable, Comparable, CustomStringConvertible {
  /// The module's name.
  public var name: String
  /// Its version.
  public var version: String

  /// A version of a module.
  public init(name: String, version: String) {
    self.name = name
    self.version = version
  }

  /// Name and version, as in `firewall 1.0.0`.
  public var description: String { "\(name) \(version)" }

  /// By name, then by the numbers in the version.
  public static func < (left: ModuleVersion, right: ModuleVersion) -> Bool {
    guard left.name == right.name else { return left.name < right.name }
    return left.isOlder(than: right)
  }

  /// Whether the version has the smaller number at the first place where the two differ (`1.9.0` before `1.10.0`).
  func isOlder(than other: ModuleVersion) -> Bool {
    let own = version.split(separator: ".", omittingEmptySubsequences: false)
    let others = other.version.split(separator: ".", omittingEmptySubsequences: false)
    for (part, counterpart) in zip(own, others) where part != counterpart {
      if let number = Int(part), let counterpart = Int(counterpart), number != counterpart {
        return number < counterpart
      }
      return part < counterpart
    }
    return own.count < others.count
  }
}

/// When a parameter can be set.
public enum ParameterStage: String, Hashable, Sendable, Codable, CaseIterable, Comparable {
  /// In the image: another value is another image.
  case build
  /// At start: another value is another instance.
  case boot
  /// At start, and over the control channel while the image runs.
  case run

  /// Earlier stages come first.
  public static func < (left: ParameterStage, right: ParameterStage) -> Bool {
    left.order < right.order
  }

  private var order: Int {
    switch self {
    case .build: 0
    case .boot: 1
    case .run: 2
    }
  }
}

/// A parameter that a module declares.
public struct ModuleParameter: Hashable, Sendable {
  /// The name.
  public var name: String
  /// When it can be set.
  public var stage: ParameterStage
  /// Whether an image does not start without it.
  public var isRequired: Bool
  /// The values it takes.
  public var shape: ParameterShape
  /// What it means, with its unit and default.
  public var summary: String

  /// A parameter.
  public init(name: String, stage: ParameterStage, isRequired: Bool, shape: ParameterShape, summary: String = "") {
    self.name = name
    self.stage = stage
    self.isRequired = isRequired
    self.shape = shape
    self.summary = summary
  }
}
