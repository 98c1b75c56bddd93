public import TOSCA

/// Something that runs already and is no unikernel. Resources that connect to it reach it through the port forwarder of
/// their service, which listens for them inside the service's network.
public struct ExternalService: Hashable, Sendable, Codable {
  /// The node template's name.
  public var name: String
  /// The IPv4 address where the host reaches it.
  public var address: String
  /// The TCP port there.
  public var port: Int
  /// The port of the forwarder inside the service's network that leads to it. Each of a service's has its own.
  public var accessPort: Int
  /// Whether nobody but this service may reach it through the host.
  public var isExclusive: Bool
  /// How it is known where it is spoken to over TLS; nil where in clear.
  public var security: BackendSecurity?
  /// Where it stands in the template.
  public var place: SourceRange

  /// The first of the access ports.
  public static let firstAccessPort = 40_000
  /// How many a service may have: the most that a port forwarder has place for.
  public static let maximumCount = 32

  /// An external service.
  public init(
    name: String, address: String, port: Int, accessPort: Int, isExclusive: Bool = false,
    security: BackendSecurity? = nil, place: SourceRange
  ) {
    self.security = security
    self.name = name
    self.address = address
    self.port = port
    self.accessPort = accessPort
    self.isExclusive = isExclusive
    self.place = place
  }

  /// `address:port` where the host reaches it.
  public var target: String { "\(address):\(port)" }
}
