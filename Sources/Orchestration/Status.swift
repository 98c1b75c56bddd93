/// One unikernel, as `testudo ps` shows it. The names are promised.
public struct UnikernelStatus: Hashable, Sendable, Codable {
  /// The service it belongs to.
  public var service: String
  /// The resource it is an instance of.
  public var resource: String
  /// The tenant the service belongs to.
  public var tenant: String
  /// The machine it runs on.
  public var host: String
  /// The level whose protection it enforces.
  public var level: String
  /// `process` or `microvm`.
  public var target: String
  /// `starting`, `ready`, `draining`, `failed`, `stopped` or `quarantined`.
  public var state: String
  /// The image's digest.
  public var image: String
  /// The image's size.
  public var imageBytes: Int
  /// Its address in the service's network.
  public var address: String
  /// What a client on this machine can open.
  public var urls: [String]
  /// The process it runs as.
  public var pid: Int32?
  /// The version of the policies it acknowledged.
  public var policyVersion: Int
  /// The security modules in force, sorted.
  public var mechanisms: [String]
  /// When it was started (RFC 3339).
  public var since: String
  /// The instance's identifier.
  public var instance: String
  /// What of its protection this host lacks, each in one line.
  public var warnings: [String]
  /// What the checks of its memory have found; `nil` where none was made.
  public var integrity: IntegrityStatus?
  /// Why it must give its place to a fresh one; `nil` where it need not.
  public var withdrawn: String?
  /// What came of the probes that it had to pass before others could reach it; `nil` of one that an older version started.
  public var probes: [ProbeOutcome]?

  /// One unikernel.
  public init(
    service: String, resource: String, tenant: String, host: String, level: String, target: String, state: String,
    image: String, imageBytes: Int, address: String, urls: [String], pid: Int32?, policyVersion: Int,
    mechanisms: [String], since: String, instance: String, warnings: [String] = [],
    integrity: IntegrityStatus? = nil, withdrawn: String? = nil, probes: [ProbeOutcome]? = nil
  ) {
    self.probes = probes
    self.warnings = warnings
    self.service = service
    self.resource = resource
    self.tenant = tenant
    self.host = host
    self.level = level
    self.target = target
    self.state = state
    self.image = image
    self.imageBytes = imageBytes
    self.address = address
    self.urls = urls
    self.pid = pid
    self.policyVersion = policyVersion
    self.mechanisms = mechanisms
    self.since = since
    self.instance = instance
    self.integrity = integrity
    self.withdrawn = withdrawn
  }
}

/// A service, in short.
public struct ServiceStatus: Hashable, Sendable, Codable {
  /// The tenant.
  public var tenant: String
  /// The service's name.
  public var name: String
  /// The template it was made of.
  public var source: String
  /// The level in force or, while it changes, the one that is due.
  public var level: String
  /// The level set by hand, if any.
  public var levelSetByHand: String?
  /// The phase of its life.
  public var phase: String
  /// The levels it has, lowest first.
  public var levels: [String]
  /// The number of the policies in force.
  public var policyVersion: Int
  /// What a client on this machine can open.
  public var urls: [String]
  /// Its unikernels.
  public var unikernels: [UnikernelStatus]

  /// A service, in short.
  public init(
    tenant: String, name: String, source: String, level: String, levelSetByHand: String?, phase: String,
    levels: [String], policyVersion: Int, urls: [String], unikernels: [UnikernelStatus]
  ) {
    self.tenant = tenant
    self.name = name
    self.source = source
    self.level = level
    self.levelSetByHand = levelSetByHand
    self.phase = phase
    self.levels = levels
    self.policyVersion = policyVersion
    self.urls = urls
    self.unikernels = unikernels
  }
}

/// A step that was carried out, or failed, with the time it took; or one that begins: what long commands show as they go.
public struct StepOutcome: Hashable, Sendable, Codable {
  /// The service it belongs to.
  public var service: String
  /// What was done, for people.
  public var text: String
  /// Why.
  public var reason: String
  /// How long it took, in milliseconds.
  public var milliseconds: Double
  /// Why it failed, if it did.
  public var failure: String?
  /// Whether it only begins; another outcome of the same step follows.
  public var isUnderWay: Bool?

  /// A step that was carried out, or failed; or one that begins.
  public init(
    service: String, text: String, reason: String, milliseconds: Double, failure: String? = nil,
    isUnderWay: Bool? = nil
  ) {
    self.isUnderWay = isUnderWay
    self.service = service
    self.text = text
    self.reason = reason
    self.milliseconds = milliseconds
    self.failure = failure
  }
}

/// That an enforcement point has a version of the policies in force: it said so itself.
public struct PolicyAcknowledgement: Hashable, Sendable, Codable {
  /// The tenant.
  public var tenant: String?
  /// The service.
  public var service: String
  /// The resource.
  public var resource: String
  /// The instance that enforces.
  public var instance: String
  /// The version it acknowledged.
  public var version: Int
  /// The version that is due.
  public var due: Int
  /// Whether it has what is due.
  public var converged: Bool
  /// When it acknowledged (RFC 3339).
  public var acknowledged: String?
  /// When it last proved that it is there (RFC 3339).
  public var confirmed: String?
  /// The digest of the settings that it acknowledged, policies included.
  public var digest: String?

  /// An enforcement point's version.
  public init(
    tenant: String?, service: String, resource: String, instance: String, version: Int, due: Int, converged: Bool,
    acknowledged: String?, confirmed: String?, digest: String? = nil
  ) {
    self.tenant = tenant
    self.confirmed = confirmed
    self.digest = digest
    self.service = service
    self.resource = resource
    self.instance = instance
    self.version = version
    self.due = due
    self.converged = converged
    self.acknowledged = acknowledged
  }
}

/// An entry of the event log, as `testudo events` shows it.
public struct EventRecord: Hashable, Sendable, Codable {
  /// Its number, from 1; 0 before it is stored.
  public var number: Int
  /// When it happened (RFC 3339, UTC, milliseconds).
  public var time: String
  /// `informational`, `low`, `medium` or `high`.
  public var severity: String
  /// The tenant.
  public var tenant: String
  /// The service.
  public var service: String
  /// The resource, if it is about one.
  public var resource: String?
  /// The instance, if it is about one.
  public var instance: String?
  /// What happened, in kebab case: `level-changed`, `image-generated`, `firewall.dropped`.
  public var kind: String
  /// What happened, for people.
  public var message: String
  /// Details by name.
  public var details: [String: String]
  /// What it has in common with all that came of the same cause; nil in old entries.
  public var correlation: String?

  /// An event that happened just now or was read from the log.
  public init(
    number: Int = 0, time: String, severity: String, tenant: String, service: String, resource: String? = nil,
    instance: String? = nil, kind: String, message: String, details: [String: String] = [:],
    correlation: String? = nil
  ) {
    self.correlation = correlation
    self.number = number
    self.time = time
    self.severity = severity
    self.tenant = tenant
    self.service = service
    self.resource = resource
    self.instance = instance
    self.kind = kind
    self.message = message
    self.details = details
  }
}
