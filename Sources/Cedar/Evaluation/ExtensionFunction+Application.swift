extension ExtensionFunction {
  /// The result of a function or method for its arguments.
  package func apply(to arguments: [Value]) throws(EvaluationError.Kind) -> Value {
    guard arguments.count == arity, let first = arguments.first, let last = arguments.last else {
      throw .argumentCount(self, found: arguments.count)
    }
    switch self {
    case .ip, .decimal, .datetime, .duration: return .extension(try construct(first))
    case .isIpv4: return .bool(!(try Self.address(first).isIPv6))
    case .isIpv6: return .bool(try Self.address(first).isIPv6)
    case .isLoopback: return .bool(try Self.address(first).isLoopback)
    case .isMulticast: return .bool(try Self.address(first).isMulticast)
    case .isInRange:
      let address = try Self.address(first)
      return .bool(address.isInRange(of: try Self.address(last)))
    case .lessThan, .lessThanOrEqual, .greaterThan, .greaterThanOrEqual:
      let left = try Self.decimal(first)
      let right = try Self.decimal(last)
      switch self {
      case .lessThan: return .bool(left < right)
      case .lessThanOrEqual: return .bool(left <= right)
      case .greaterThan: return .bool(left > right)
      default: return .bool(left >= right)
      }
    case .offset:
      let (result, overflow) = try Self.datetime(first).addingReportingOverflow(try Self.duration(last))
      return .extension(.datetime(try inRange(result, overflow)))
    case .durationSince:
      let (result, overflow) = try Self.datetime(first).subtractingReportingOverflow(try Self.datetime(last))
      return .extension(.duration(try inRange(result, overflow)))
    case .toDate:
      let start = Timestamps.startOfDay(try Self.datetime(first))
      return .extension(.datetime(try inRange(start ?? 0, start == nil)))
    case .toTime: return .extension(.duration(Timestamps.timeOfDay(try Self.datetime(first))))
    case .toMilliseconds: return .long(try Self.duration(first))
    case .toSeconds: return .long(try Self.duration(first) / 1000)
    case .toMinutes: return .long(try Self.duration(first) / 60_000)
    case .toHours: return .long(try Self.duration(first) / 3_600_000)
    case .toDays: return .long(try Self.duration(first) / Timestamps.day)
    }
  }

  private func construct(_ argument: Value) throws(EvaluationError.Kind) -> ExtensionValue {
    guard case .string(let text) = argument else { throw .type(expected: "string", found: argument.typeName) }
    let value: ExtensionValue? =
      switch self {
      case .ip: IPAddress(text.string).map { .address($0) }
      case .decimal: Decimal(text.string).map { .decimal($0) }
      case .datetime: Timestamps.datetime(text.string).map { .datetime($0) }
      default: Timestamps.duration(text.string).map { .duration($0) }
      }
    let expected =
      switch self {
      case .ip: "an IPv4 or IPv6 address or network"
      case .decimal: "digits, a point and one to four digits, within 64 bits"
      case .datetime: "a date such as `2025-01-31` or `2025-01-31T12:00:00Z`"
      default: "a duration such as `1d2h3m4s5ms`, within 64 bits of milliseconds"
      }
    guard let value else { throw .function(self, "\(text.quoted) is not \(expected)") }
    return value
  }

  private func inRange(_ value: Int64, _ overflow: Bool) throws(EvaluationError.Kind) -> Int64 {
    guard !overflow else { throw .function(self, "the result does not fit 64 bits") }
    return value
  }

  private static func address(_ value: Value) throws(EvaluationError.Kind) -> IPAddress {
    guard case .extension(.address(let result)) = value else {
      throw .type(expected: "ipaddr", found: value.typeName)
    }
    return result
  }

  private static func decimal(_ value: Value) throws(EvaluationError.Kind) -> Decimal {
    guard case .extension(.decimal(let result)) = value else {
      throw .type(expected: "decimal", found: value.typeName)
    }
    return result
  }

  private static func datetime(_ value: Value) throws(EvaluationError.Kind) -> Int64 {
    guard case .extension(.datetime(let result)) = value else {
      throw .type(expected: "datetime", found: value.typeName)
    }
    return result
  }

  private static func duration(_ value: Value) throws(EvaluationError.Kind) -> Int64 {
    guard case .extension(.duration(let result)) = value else {
      throw .type(expected: "duration", found: value.typeName)
    }
    return result
  }
}
