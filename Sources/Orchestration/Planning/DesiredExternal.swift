/// An external service that resources connect to.
public struct DesiredExternal: Hashable, Sendable, Codable {
  /// The name of its node.
  public var name: String
  /// The port of the forwarder inside the service's network that leads to it.
  public var accessPort: Int
  /// `address:port` where the host reaches it.
  public var target: String

  /// Whether nobody else may reach it through the host.
  public var isExclusive: Bool

  /// An external service.
  public init(name: String, accessPort: Int, target: String, isExclusive: Bool = false) {
    self.name = name
    self.accessPort = accessPort
    self.target = target
    self.isExclusive = isExclusive
  }

  /// From which port to where, and for whom, to be compared with what the port forwarder and the host's firewall do.
  public var lead: String { DesiredExternal.lead(port: accessPort, to: target, isExclusive: isExclusive) }

  /// What a port forwarder does that listens at `place`, as `address:port`.
  static func lead(from place: String, to target: String, isExclusive: Bool) -> String {
    lead(port: place.split(separator: ":").last.flatMap { Int($0) } ?? 0, to: target, isExclusive: isExclusive)
  }

  private static func lead(port: Int, to target: String, isExclusive: Bool) -> String {
    "\(port) \(target)" + (isExclusive ? exclusiveMark : "")
  }

  private static let exclusiveMark = " exclusive"

  /// The same lead where nobody keeps others away from the target.
  static func unenclosed(_ lead: String) -> String {
    lead.hasSuffix(exclusiveMark) ? String(lead.dropLast(exclusiveMark.count)) : lead
  }
}
