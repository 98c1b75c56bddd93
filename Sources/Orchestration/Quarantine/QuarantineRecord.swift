public import Hosting

/// What was known of an instance when it was put into quarantine. It is stored with the instance.
public struct QuarantineRecord: Hashable, Sendable, Codable {
  /// Since when it is there (RFC 3339).
  public var since: String
  /// Why, for people.
  public var cause: String
  /// Connections from outside that the port forwarder had open to it.
  public var forwardedConnections: Int
  /// Who could connect to it, as `SERVICE/RESOURCE ADDRESS`.
  public var clients: [String]
  /// What it was told to connect to, likewise.
  public var backends: [String]
  /// What had passed through its interface.
  public var traffic: InterfaceTraffic?
}

/// An instance in quarantine, as `testudo quarantine list` shows it.
public struct QuarantinedInstance: Hashable, Sendable, Codable {
  /// The tenant.
  public var tenant: String
  /// The service.
  public var service: String
  /// The resource that it is an instance of.
  public var resource: String
  /// Its identifier.
  public var instance: String
  /// The digest of its image.
  public var image: String
  /// Its address, as it was.
  public var address: String
  /// Its process, which stands still.
  public var pid: Int32?
  /// When it was started (RFC 3339).
  public var started: String
  /// What was known of it.
  public var record: QuarantineRecord
  /// The file that its memory was written to last, if it was.
  public var dump: String?
}

/// Which instances a command is about: `SERVICE/RESOURCE`, all of a resource, or `SERVICE/RESOURCE/INSTANCE`, with the
/// beginning of an identifier.
public struct InstanceReference: Hashable, Sendable, Codable, CustomStringConvertible {
  /// The service.
  public var service: String
  /// The resource.
  public var resource: String
  /// The beginning of the instance's identifier; `nil` for all of the resource.
  public var instance: String?

  /// A reference to instances.
  public init(service: String, resource: String, instance: String? = nil) {
    self.service = service
    self.resource = resource
    self.instance = instance
  }

  /// Reads a reference; `nil` where it is none.
  public init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard (2...3).contains(parts.count), parts.allSatisfy({ !$0.isEmpty }) else { return nil }
    self.init(service: parts[0], resource: parts[1], instance: parts.count == 3 ? parts[2] : nil)
  }

  /// As it is written.
  public var description: String { ([service, resource] + (instance.map { [$0] } ?? [])).joined(separator: "/") }

  func includes(_ id: String, of name: String) -> Bool { name == resource && id.hasPrefix(instance ?? "") }
}
