import Interchange
import LibraryOS
import Prefaces

/// The parameters of the module `stream-proxy`, as far as they were given.
struct StreamProxySettings {
  /// The most backends that are tried in turn.
  static let maximumBackends = 16

  /// The TCP port to listen on; of the boot stage, as are those up to `backends`.
  var port: UInt16 = 0
  /// Who says for whom it connects, if anybody may.
  var forwarder: TrustedForwarder?
  /// How many connections may be open at once.
  var maximumConnections = 1024
  /// What is said in clear before TLS begins.
  var negotiation = Negotiation.none
  /// Whether a request to cancel may come in clear, where all else is over TLS.
  var cancelsInClear = false
  /// Where connections go.
  var backends: [Endpoint] = []
  /// How long a backend may take to answer.
  var connectTimeout = TimeSpan.seconds(5)
  /// For how long neither end may say anything.
  var idleTimeout = TimeSpan.seconds(3600)

  /// What clients and servers say in clear to agree on TLS.
  enum Negotiation {
    /// Nothing: TLS begins with the connection.
    case none
    /// What PostgreSQL's frontend and backend say (its documentation, "Message Flow", SSL Session Encryption).
    case postgresql
  }

  /// Changes what `parameters` name, and keeps the rest.
  mutating func apply(_ parameters: [Parameter], isFirst: Bool) throws(ParameterFault) {
    for index in 0..<parameters.count {
      let parameter = parameters[index]
      guard !parameters[..<index].contains(where: { $0.name == parameter.name }) else {
        throw StreamProxySettings.fault(parameter.name, "to be given once")
      }
      switch parameter.name {
      case "port" where isFirst:
        port = UInt16(
          truncatingIfNeeded: try StreamProxySettings.number(parameter, 1...65_535, "a port from 1 to 65535"))
      case "forwarder" where isFirst:
        forwarder = try TrustedForwarder(parameter.value, of: "stream-proxy.forwarder")
      case "maximum-connections" where isFirst:
        maximumConnections = Int(try StreamProxySettings.number(parameter, 1...65_536, "a number from 1 to 65536"))
      case "negotiation" where isFirst:
        switch parameter.value.textValue {
        case .some("none"): negotiation = .none
        case .some("postgresql"): negotiation = .postgresql
        default: throw StreamProxySettings.fault(parameter.name, "none or postgresql")
        }
      case "cancel-in-clear" where isFirst:
        guard case .boolean(let value) = parameter.value else {
          throw StreamProxySettings.fault(parameter.name, "a boolean")
        }
        cancelsInClear = value
      case "backends": backends = try StreamProxySettings.backends(parameter.value)
      case "connect-timeout-ms":
        connectTimeout = try StreamProxySettings.time(parameter, 100...600_000, "milliseconds from 100 to 600000")
      case "idle-timeout-ms":
        idleTimeout = try StreamProxySettings.time(
          parameter, 1000...604_800_000, "milliseconds from 1000 to 604800000")
      default:
        throw StreamProxySettings.fault(parameter.name, "a parameter of stream-proxy that can change now")
      }
    }
    guard port != 0 else { throw StreamProxySettings.fault("port", "a port from 1 to 65535") }
    guard !isFirst || parameters.contains(where: { $0.name == "backends" }) else {
      throw StreamProxySettings.fault("backends", "to be given at the start")
    }
  }

  private static func backends(_ value: ParameterValue) throws(ParameterFault) -> [Endpoint] {
    guard let items = value.listValue, items.count <= maximumBackends else {
      throw fault("backends", "a list of at most 16 texts")
    }
    var backends: [Endpoint] = []
    for item in items {
      guard let backend = item.textValue.flatMap({ Endpoint($0) }), backend.port != 0 else {
        throw fault("backends", "texts such as 10.77.0.3:5432")
      }
      backends.append(backend)
    }
    return backends
  }

  private static func time(
    _ parameter: Parameter, _ range: ClosedRange<Int64>, _ expected: ByteString
  ) throws(ParameterFault) -> TimeSpan {
    .milliseconds(Int(try number(parameter, range, expected)))
  }

  private static func number(
    _ parameter: Parameter, _ range: ClosedRange<Int64>, _ expected: ByteString
  ) throws(ParameterFault) -> Int64 {
    guard let value = parameter.value.integerValue, range.contains(value) else { throw fault(parameter.name, expected) }
    return value
  }

  private static func fault(_ name: ByteString, _ expected: ByteString) -> ParameterFault {
    ParameterFault("stream-proxy." + name, expected: expected)
  }
}
