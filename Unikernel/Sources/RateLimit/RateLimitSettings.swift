import Interchange
import LibraryOS

/// The parameters of a message to the module, read. What the message does not have is `nil`, and stays as it was.
struct RateLimitSettings {
  /// How many connections can be declared at most.
  static let maximumConnections: Int64 = 65_536
  /// The highest rate that can be asked of clients, in bytes per second.
  static let maximumRate: Int64 = 1 << 20

  var limits: [Limit]?
  /// 0 stands for no limit, here and below.
  var connectionsPerSource: Int?
  var connections: Int?
  var minimumRate: Int?
  var announces: Bool?

  init(_ parameters: [Parameter]) throws(ParameterFault) {
    for parameter in parameters {
      switch parameter.name {
      case "connections-per-source":
        connectionsPerSource = try RateLimitSettings.number(
          parameter, upTo: RateLimitSettings.maximumConnections, "a number from 0 to 65536")
      case "connections":
        connections = try RateLimitSettings.number(
          parameter, upTo: RateLimitSettings.maximumConnections, "a number from 0 to 65536")
      case "minimum-rate":
        minimumRate = try RateLimitSettings.number(
          parameter, upTo: RateLimitSettings.maximumRate, "bytes per second from 0 to 1048576")
      case "announced":
        guard let value = parameter.value.booleanValue else {
          throw ParameterFault("rate-limit.announced", expected: "true or false")
        }
        announces = value
      case "limits":
        guard limits == nil else { throw ParameterFault("rate-limit.limits", expected: "to be given once") }
        guard let items = parameter.value.listValue, items.count <= RateLimit.maximumLimits else {
          throw ParameterFault("rate-limit.limits", expected: "a list of at most 64 limits")
        }
        var read: [Limit] = []
        for item in items { read.append(try Limit(item)) }
        limits = read
      default:
        throw ParameterFault(
          "rate-limit." + parameter.name,
          expected: "no parameter but limits, announced, connections, connections-per-source and minimum-rate")
      }
    }
  }

  private static func number(
    _ parameter: Parameter, upTo bound: Int64, _ expected: ByteString
  ) throws(ParameterFault) -> Int {
    guard let value = parameter.value.integerValue, value >= 0, value <= bound else {
      throw ParameterFault("rate-limit." + parameter.name, expected: expected)
    }
    return Int(value)
  }
}
