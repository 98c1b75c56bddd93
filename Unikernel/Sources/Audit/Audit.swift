public import Interchange
public import LibraryOS

/// Records how each request was answered, as a security event: who asked for what, from where, and what came of it. It
/// never records a header, a query or a body, since these may hold secrets. Where connections count and not requests, it
/// records how each of them ended.
public final class Audit: Module, ExchangeObserver, ConnectionObserver {
  /// Longer paths, names and methods are cut off in events.
  public static let maximumTextLength = 256

  /// `audit`.
  public let name: ByteString = "audit"

  private let clock: any Clock
  private let events: any EventSink
  private var minimumSeverity = SecurityEvent.Severity.informational
  private var prepared: SecurityEvent.Severity?

  private var recorded: UInt64 = 0
  private var belowSeverity: UInt64 = 0

  /// A module that records everything until it is told otherwise.
  public init(clock: any Clock, events: any EventSink) {
    self.clock = clock
    self.events = events
  }

  /// Decisions recorded, and those that did not matter enough.
  public var counters: [Counter] {
    [Counter("audit.recorded", recorded), Counter("audit.below-severity", belowSeverity)]
  }

  /// Reads `minimum-severity`, from 1 to 4.
  public func prepare(_ parameters: [Parameter]) throws(ParameterFault) {
    var severity: SecurityEvent.Severity?
    for parameter in parameters {
      guard parameter.name == "minimum-severity" else {
        throw ParameterFault("audit." + parameter.name, expected: "no parameter but minimum-severity")
      }
      guard severity == nil else { throw ParameterFault("audit.minimum-severity", expected: "to be given once") }
      guard let number = parameter.value.integerValue, let raw = UInt8(exactly: number),
        let value = SecurityEvent.Severity(rawValue: raw)
      else { throw ParameterFault("audit.minimum-severity", expected: "an integer from 1 to 4") }
      severity = value
    }
    prepared = severity
  }

  /// Puts the severity in force.
  public func commit() {
    guard let prepared else { return }
    self.prepared = nil
    minimumSeverity = prepared
  }

  /// Forgets the prepared severity.
  public func rollback() {
    prepared = nil
  }

  /// Records an exchange with the status of its response.
  public func exchangeFinished(_ exchange: Exchange, status: Int) {
    let outcome = Outcome(status: status)
    guard isDue(outcome.severity) else { return }
    events.record(
      SecurityEvent(
        module: name, action: outcome.action, severity: outcome.severity, time: clock.wallMilliseconds,
        details: [
          ParameterField("method", text(exchange.request.method)),
          ParameterField("path", text(exchange.request.path)),
          ParameterField("status", .integer(Int64(status))),
          ParameterField("principal", text(exchange.principal.name)),
          ParameterField("scheme", .text(exchange.principal.scheme)),
          ParameterField("source", .text(exchange.source.text)),
        ]))
  }

  /// Records a connection that is over.
  public func connectionEnded(_ connection: ConnectionRecord) {
    let severity = connection.outcome.severity
    guard isDue(severity) else { return }
    var details = [
      ParameterField("principal", text(connection.principal.name)),
      ParameterField("scheme", .text(connection.principal.scheme)),
      ParameterField("source", .text(connection.source.text)),
      ParameterField("received", .integer(Int64(clamping: connection.received))),
      ParameterField("sent", .integer(Int64(clamping: connection.sent))),
      ParameterField("milliseconds", .integer(Int64(clamping: connection.duration.nanoseconds / 1_000_000))),
    ]
    if let backend = connection.backend { details.append(ParameterField("backend", .text(backend.text))) }
    events.record(
      SecurityEvent(
        module: name, action: connection.outcome.action, severity: severity, time: clock.wallMilliseconds,
        details: details))
  }

  /// Whether a decision matters enough; counts it either way.
  private func isDue(_ severity: SecurityEvent.Severity) -> Bool {
    guard severity.rawValue >= minimumSeverity.rawValue else {
      belowSeverity &+= 1
      return false
    }
    recorded &+= 1
    return true
  }

  private func text(_ value: ByteString) -> ParameterValue {
    value.count <= Audit.maximumTextLength
      ? .text(value) : .text(ByteString(value.bytes.prefix(Audit.maximumTextLength)))
  }
}
