internal import CBearSSL
import Interchange
import LibraryOS

/// The parameters of TLS, as far as they were given.
struct TransportSettings {
  /// The most identities, and the most authorities.
  static let maximumIdentities = 16
  static let maximumAuthorities = 16
  /// The most clients that can be named.
  static let maximumAllowedClients = 256

  /// Whether clients are asked for certificates.
  enum ClientAuthentication {
    /// They are not asked.
    case none
    /// They are asked, and may have none; what they show must be valid.
    case requested
    /// Who shows none is refused.
    case required
  }

  /// What the server shows of itself. The first is for clients that name no host, or another one.
  var identities: [Identity] = []
  /// Whether clients are asked for certificates.
  var clientAuthentication = ClientAuthentication.none
  /// Who signs clients' certificates.
  var authorities: [Authority] = []
  /// The names of the clients that may come in, of those with a valid certificate; `nil` for all.
  var allowedClients: [ByteString]?
  /// The values by which connections are let in, or opened, as they were given.
  private(set) var admission: [Parameter] = []
  /// Servers that are spoken to over TLS.
  var backends: [Backend] = []
  /// Whether the image's own endpoint speaks TLS. It does so for as long as the image runs, or does not.
  var servesSecurely = true
  /// `Strict-Transport-Security: max-age` in seconds (RFC 6797); 0 for none.
  var strictSeconds: Int64 = 0
  /// How long a handshake may take.
  var handshakeTimeout = TimeSpan.seconds(10)
  /// How many connections there may be at once.
  var maximumConnections = 128

  /// Changes what `parameters` name, and keeps the rest.
  mutating func apply(
    _ parameters: [Parameter], isFirst: Bool, curves: UnsafePointer<br_ec_impl>
  ) throws(ParameterFault) {
    for index in 0..<parameters.count {
      let parameter = parameters[index]
      let qualified = "transport-security." + parameter.name
      guard !parameters[..<index].contains(where: { $0.name == parameter.name }) else {
        throw ParameterFault(qualified, expected: "to be given once")
      }
      switch parameter.name {
      case "client-authentication", "client-authorities", "allowed-clients", "backends":
        if let known = admission.firstIndex(where: { $0.name == parameter.name }) {
          admission[known] = parameter
        } else {
          admission.append(parameter)
        }
      default: break
      }
      switch parameter.name {
      case "identities": identities = try TransportSettings.identities(parameter.value, curves: curves)
      case "client-authentication":
        guard let mode = TransportSettings.mode(parameter.value) else {
          throw ParameterFault(qualified, expected: "none, requested or required")
        }
        clientAuthentication = mode
      case "client-authorities": authorities = try TransportSettings.authorities(parameter.value)
      case "allowed-clients": allowedClients = try TransportSettings.names(parameter.value)
      case "backends": backends = try TransportSettings.backends(parameter.value, curves: curves)
      case "endpoint" where isFirst:
        switch parameter.value.textValue {
        case .some("tls"): servesSecurely = true
        case .some("clear"): servesSecurely = false
        default: throw ParameterFault(qualified, expected: "tls or clear")
        }
      case "strict-seconds":
        strictSeconds = try TransportSettings.integer(
          parameter, in: 0...315_360_000, expected: "an integer from 0 to 315360000")
      case "handshake-timeout-ms" where isFirst:
        let value = try TransportSettings.integer(
          parameter, in: 100...600_000, expected: "an integer from 100 to 600000")
        handshakeTimeout = .milliseconds(Int(value))
      case "maximum-connections" where isFirst:
        let value = try TransportSettings.integer(parameter, in: 1...65_536, expected: "an integer from 1 to 65536")
        maximumConnections = Int(value)
      default:
        throw ParameterFault(qualified, expected: "a parameter of transport-security that can change now")
      }
    }
    guard !servesSecurely || !identities.isEmpty else { throw Identity.fault("to be given at the start") }
    guard clientAuthentication == .none || !authorities.isEmpty else {
      throw ParameterFault("transport-security.client-authorities", expected: "at least one, where clients are asked")
    }
    guard allowedClients == nil || clientAuthentication == .required else {
      throw ParameterFault(
        "transport-security.allowed-clients", expected: "none, where clients may have no certificate")
    }
  }

  private static func integer(
    _ parameter: Parameter, in range: ClosedRange<Int64>, expected: ByteString
  ) throws(ParameterFault) -> Int64 {
    guard let value = parameter.value.integerValue, range.contains(value) else {
      throw ParameterFault("transport-security." + parameter.name, expected: expected)
    }
    return value
  }

  private static func mode(_ value: ParameterValue) -> ClientAuthentication? {
    guard let text = value.textValue else { return nil }
    switch text {
    case "none": return ClientAuthentication.none
    case "requested": return .requested
    case "required": return .required
    default: return nil
    }
  }

  private static func identities(
    _ value: ParameterValue, curves: UnsafePointer<br_ec_impl>
  ) throws(ParameterFault) -> [Identity] {
    guard let items = value.listValue, items.count <= maximumIdentities else {
      throw Identity.fault("a list of at most 16 identities")
    }
    var identities: [Identity] = []
    for item in items { identities.append(try Identity(item, curves: curves)) }
    return identities
  }

  private static func backends(
    _ value: ParameterValue, curves: UnsafePointer<br_ec_impl>
  ) throws(ParameterFault) -> [Backend] {
    guard let items = value.listValue, items.count <= Backend.maximumCount else {
      throw Backend.fault("a list of at most 64 backends")
    }
    var backends: [Backend] = []
    for item in items {
      let backend = try Backend(item, curves: curves)
      for other in backends where other.addresses.contains(where: { backend.addresses.contains($0) }) {
        throw Backend.fault("each address once")
      }
      backends.append(backend)
    }
    return backends
  }

  /// Names, of which a star alone stands for all.
  private static func names(_ value: ParameterValue) throws(ParameterFault) -> [ByteString]? {
    let fault = ParameterFault(
      "transport-security.allowed-clients", expected: "a list of at most 256 names of 1 to 255 printable bytes")
    guard let items = value.listValue, items.count <= maximumAllowedClients else { throw fault }
    var names: [ByteString] = []
    for item in items {
      guard let name = item.textValue, !name.isEmpty, name.count < 256, name.isPrintable else { throw fault }
      names.append(name)
    }
    if names.count == 1, names[0].equals("*") { return nil }
    return names
  }

  private static func authorities(_ value: ParameterValue) throws(ParameterFault) -> [Authority] {
    guard let items = value.listValue, items.count <= maximumAuthorities else {
      throw Authority.fault("a list of at most 16 certificates")
    }
    var authorities: [Authority] = []
    for item in items { authorities.append(try Authority(item)) }
    return authorities
  }
}
