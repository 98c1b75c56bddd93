import Interchange
import LibraryOS
import Prefaces

/// The parameters of the module `http`. All are of the boot stage: set once, by the first message.
struct HTTPServerSettings: Equatable {
  var port: UInt16
  var maximumConnections = 1024
  var limits = HTTPLimits()
  var idleTimeout = TimeSpan.milliseconds(30_000)
  var requestTimeout = TimeSpan.milliseconds(10_000)
  /// Who says for whom it connects, if anybody may.
  var forwarder: TrustedForwarder?

  /// Reads the first message's settings.
  init(_ parameters: [Parameter]) throws(ParameterFault) {
    var port: Int?
    for parameter in parameters {
      switch parameter.name {
      case "port": port = try HTTPServerSettings.number(parameter, 1...65_535, "a port from 1 to 65535")
      case "maximum-connections":
        maximumConnections = try HTTPServerSettings.number(parameter, 1...1_000_000, "a number from 1 to 1000000")
      case "maximum-header-bytes":
        limits.headerBytes = try HTTPServerSettings.number(
          parameter, 256...(1 << 20), "a number of bytes from 256 to 1048576")
      case "maximum-body-bytes":
        limits.bodyBytes = try HTTPServerSettings.number(
          parameter, 0...(64 << 20), "a number of bytes from 0 to 67108864")
      case "idle-timeout-ms": idleTimeout = try HTTPServerSettings.time(parameter)
      case "request-timeout-ms": requestTimeout = try HTTPServerSettings.time(parameter)
      case "forwarder": forwarder = try TrustedForwarder(parameter.value, of: "http.forwarder")
      default: throw ParameterFault("http." + parameter.name, expected: "a parameter of http")
      }
    }
    guard let port else { throw ParameterFault("http.port", expected: "a port from 1 to 65535") }
    self.port = UInt16(truncatingIfNeeded: port)
  }

  private static func time(_ parameter: Parameter) throws(ParameterFault) -> TimeSpan {
    .milliseconds(try number(parameter, 1...3_600_000, "milliseconds from 1 to 3600000"))
  }

  private static func number(
    _ parameter: Parameter, _ range: ClosedRange<Int64>, _ expected: ByteString
  ) throws(ParameterFault) -> Int {
    guard let value = parameter.value.integerValue, range.contains(value) else {
      throw ParameterFault("http." + parameter.name, expected: expected)
    }
    return Int(value)
  }
}
