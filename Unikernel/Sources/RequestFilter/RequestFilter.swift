public import Interchange
public import LibraryOS

/// Refuses requests by rules, in their order: the first that fits decides. Patterns come as tables, which are walked with
/// one step for each byte, so that no pattern and no request makes another wait. What is looked at is what all that follow
/// see: the path is normalized before, and percent-encodings are decoded once. Until it has rules, it answers 503.
public final class RequestFilter: RequestModule {
  /// How many refusals are recorded as events in a second.
  public static let eventsPerSecond = 10

  /// `request-filter`.
  public let name: ByteString = "request-filter"
  /// Before anything else is done for a request.
  public let stage = Stage.filter
  /// Behind what says of every answer that it came over TLS.
  public let precedence = 1

  private let clock: any Clock
  private let events: any EventSink
  private var rules = RuleSet()
  private var prepared: RuleSet?
  private var isConfigured = false
  private var inspection = Inspection()
  private var allowance = EventAllowance(perSecond: RequestFilter.eventsPerSecond)

  private var admitted: UInt64 = 0
  private var refused: UInt64 = 0

  /// A module without rules yet.
  public init(clock: any Clock, events: any EventSink) {
    self.clock = clock
    self.events = events
  }

  /// Requests admitted and refused, steps in tables, and events that were not recorded.
  public var counters: [Counter] {
    [
      Counter("request-filter.admitted", admitted), Counter("request-filter.refused", refused),
      Counter("request-filter.steps", inspection.steps),
      Counter("request-filter.events-suppressed", allowance.suppressed),
    ]
  }

  /// Reads `filters` and `tables`. Either may come alone, and must then fit what there is of the other.
  public func prepare(_ parameters: [Parameter]) throws(ParameterFault) {
    var next = rules
    try next.apply(parameters)
    prepared = next
  }

  /// Puts rules in force.
  public func commit() {
    guard let prepared else { return }
    self.prepared = nil
    rules = prepared
    isConfigured = true
    inspection.prepare(for: rules)
  }

  /// Forgets prepared rules.
  public func rollback() {
    prepared = nil
  }

  /// Lets a request go on that passes each filter.
  public func examine(_ exchange: Exchange) -> Verdict {
    guard isConfigured else { return .respond(.text(503, "request filter is not configured")) }
    inspection.begin()
    for filter in rules.filters {
      let ruling = filter.ruling(on: exchange, rules, &inspection)
      if ruling.status != 0 { return refuse(exchange, filter, ruling) }
    }
    admitted &+= 1
    return .proceed
  }

  private func refuse(_ exchange: Exchange, _ filter: Filter, _ ruling: Ruling) -> Verdict {
    refused &+= 1
    if allowance.take(at: exchange.arrival) {
      events.record(
        SecurityEvent(
          module: name, action: "denied", severity: .medium, time: clock.wallMilliseconds,
          details: [
            ParameterField("source", .text(exchange.source.address.text)),
            ParameterField("method", .text(ByteString(exchange.request.method.bytes.prefix(64)))),
            ParameterField("path", .text(ByteString(exchange.request.path.bytes.prefix(256)))),
            ParameterField("filter", .text(filter.name)), ParameterField("rule", .text(ruling.rule)),
            ParameterField("status", .integer(Int64(ruling.status))),
          ]))
    }
    return .respond(.text(ruling.status, "refused"))
  }
}
