/// The modules of an image, with the reasons for each.
public struct Selection: Hashable, Sendable {
  /// The modules, by name.
  public var modules: [SelectedModule]

  /// A selection, in any order.
  public init(modules: [SelectedModule]) {
    self.modules = modules.sorted { $0.manifest.identity < $1.manifest.identity }
  }

  /// The sorted names of the security modules.
  public var mechanisms: [String] {
    modules.filter { $0.manifest.kind == .mechanism }.map(\.manifest.name)
  }

  /// The sorted names of the applications.
  public var applications: [String] {
    modules.filter { $0.manifest.kind == .application }.map(\.manifest.name)
  }

  /// Whether a module of that name is in.
  public func contains(_ name: String) -> Bool { modules.contains { $0.manifest.name == name } }
}

/// A module that was selected.
public struct SelectedModule: Hashable, Sendable {
  /// The module.
  public var manifest: ModuleManifest
  /// Why it is in: sorted, never empty.
  public var reasons: [Reason]

  /// A module and why it is in.
  public init(manifest: ModuleManifest, reasons: [Reason]) {
    self.manifest = manifest
    self.reasons = reasons.sorted()
  }
}

/// Why a module is in an image.
public struct Reason: Hashable, Sendable, Codable, Comparable, CustomStringConvertible {
  /// What kind of reason it is.
  public enum Kind: String, Hashable, Sendable, Codable {
    /// A security requirement calls for it.
    case requirement
    /// The resource runs it.
    case application
    /// The target needs it.
    case target
    /// Another module stands on it.
    case dependency
  }

  /// What kind of reason it is.
  public var kind: Kind
  /// The requirement, application, target or module.
  public var name: String

  /// A reason.
  public init(kind: Kind, name: String) {
    self.kind = kind
    self.name = name
  }

  /// In words: `requirement passwords`, `needed by http`.
  public var description: String {
    kind == .dependency ? "needed by \(name)" : "\(kind.rawValue) \(name)"
  }

  /// By kind, then by name.
  public static func < (left: Reason, right: Reason) -> Bool {
    (left.kind.rawValue, left.name) < (right.kind.rawValue, right.name)
  }
}
