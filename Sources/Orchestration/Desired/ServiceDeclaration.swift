public import ImageGeneration
public import SecTOSCA

/// A service as its owner declared it with `up` and changed it since: the desired state that is stored.
public struct ServiceDeclaration: Hashable, Sendable, Codable {
  /// A policy file that was applied.
  public struct PolicyFile: Hashable, Sendable, Codable {
    /// The file's name, for messages.
    public var file: String
    /// The policies.
    public var text: String

    /// A policy file.
    public init(file: String, text: String) {
      self.file = file
      self.text = text
    }
  }

  /// The tenant the service belongs to.
  public var tenant: String
  /// The service's name, unique in its tenant.
  public var name: String
  /// The template, as it was named to `up`.
  public var source: String
  /// What the template said then. Its root is a folder of ours with copies of the files it names, so that a file that is
  /// changed later changes nothing that runs.
  public var service: ProtectedService
  /// What its images are made for.
  public var target: Target
  /// The level set by hand, if any.
  public var level: String?
  /// The phase of its life, if somebody said so.
  public var phase: OrchestrationPhase?
  /// What was revoked of what the template makes valid.
  public var revocations: [Revocation]?
  /// What of the tenant's version of policies concerns the service. Not stored with it, but with the tenant.
  public var policies = AppliedPolicies()
  /// Whether it is being taken down.
  public var isRemoved: Bool
  /// Policies applied while versions were each service's, and their number: they become the tenant's first version when
  /// they are read.
  var formerPolicies: [String: [PolicyFile]]?
  var formerVersion: Int?

  private enum CodingKeys: String, CodingKey {
    case tenant, name, source, service, target, level, phase, revocations, isRemoved
    case formerPolicies = "policies"
    case formerVersion = "policyVersion"
  }

  /// A service as it is declared now.
  public init(
    tenant: String, name: String, source: String, service: ProtectedService, target: Target, level: String?
  ) {
    self.tenant = tenant
    self.name = name
    self.source = source
    self.service = service
    self.target = target
    self.level = level
    self.isRemoved = false
  }

  /// What its commands are about.
  var scope: ServiceScope { .service(name, tenant: tenant) }

  /// The key it is stored under.
  public var key: String { ServiceDeclaration.key(tenant: tenant, name: name) }

  static let prefix = "services/"

  static func key(tenant: String, name: String) -> String { "\(prefix)\(tenant)/\(name)" }
}
