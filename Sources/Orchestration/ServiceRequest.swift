public import ImageGeneration

/// What `up` and `plan` ask for.
public struct ServiceRequest: Hashable, Sendable, Codable {
  /// The template, or a folder with one; absolute.
  public var path: String
  /// The service's name; `nil` takes that of the template's folder.
  public var name: String?
  /// The tenant the service belongs to.
  public var tenant: String
  /// The level to set by hand; `nil` leaves it to triggers.
  public var level: String?
  /// What images are made for.
  public var target: Target
  /// Inputs of the template, as `--set` has them.
  public var inputs: [String: String]

  /// A request; `path` is absolute.
  public init(
    path: String, name: String? = nil, tenant: String = "default", level: String? = nil, target: Target = .process,
    inputs: [String: String] = [:]
  ) {
    self.path = path
    self.name = name
    self.tenant = tenant
    self.level = level
    self.target = target
    self.inputs = inputs
  }
}
