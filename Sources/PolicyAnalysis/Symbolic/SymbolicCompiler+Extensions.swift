import Cedar

/// Functions and methods of the extension types.
extension SymbolicCompiler {
  func call(
    _ function: ExtensionFunction, _ arguments: [Expression], _ e: Expression
  ) throws(Unsupported) -> SymbolicOutcome {
    guard arguments.count == function.arity else { return .error }
    var values: [SymbolicValue] = []
    var conditions: [SMTTerm] = []
    for argument in arguments {
      let outcome = try compile(argument)
      guard let value = outcome.value else { return .error }
      values.append(value)
      conditions.append(outcome.isDefined)
    }
    let isDefined = script.and(conditions)
    if function.isConstructor {
      guard case .string = values[0] else { return .error }
      guard case .literal(let text) = arguments[0].kind else {
        throw Unsupported("`\(function.rawValue)` of a string that is not written out", at: e.range)
      }
      guard let value = try? function.apply(to: [text]) else { return .error }
      return SymbolicOutcome(isDefined: isDefined, value: try literal(value, e))
    }
    func truth(_ term: SMTTerm) -> SymbolicOutcome { SymbolicOutcome(isDefined: isDefined, value: .bool(term)) }
    switch (function, values[0], values.count > 1 ? values[1] : values[0]) {
    case (.isIpv4, .address(let address), _): return truth(script.not(address.isIPv6))
    case (.isIpv6, .address(let address), _): return truth(address.isIPv6)
    case (.isLoopback, .address(let address), _):
      return truth(isInRange(address, IPAddress(isIPv6: true, bits: 1, prefixLength: 128), "127.0.0.0/8"))
    case (.isMulticast, .address(let address), _):
      return truth(
        isInRange(address, IPAddress(isIPv6: true, bits: 0xFF << 120, prefixLength: 8), "224.0.0.0/4"))
    case (.isInRange, .address(let address), .address(let network)): return truth(isInRange(address, network))
    case (.lessThan, .number(.decimal, let x), .number(.decimal, let y)):
      return truth(script.call("bvslt", [x, y], .bool))
    case (.lessThanOrEqual, .number(.decimal, let x), .number(.decimal, let y)):
      return truth(script.call("bvsle", [x, y], .bool))
    case (.greaterThan, .number(.decimal, let x), .number(.decimal, let y)):
      return truth(script.call("bvsgt", [x, y], .bool))
    case (.greaterThanOrEqual, .number(.decimal, let x), .number(.decimal, let y)):
      return truth(script.call("bvsge", [x, y], .bool))
    case (.offset, .number(.datetime, let x), .number(.duration, let y)):
      let (fits, result) = arithmetic(.add, x, y)
      return SymbolicOutcome(isDefined: script.and(isDefined, fits), value: .number(.datetime, result))
    case (.durationSince, .number(.datetime, let x), .number(.datetime, let y)):
      let (fits, result) = arithmetic(.subtract, x, y)
      return SymbolicOutcome(isDefined: script.and(isDefined, fits), value: .number(.duration, result))
    case (.toDate, .number(.datetime, let x), _):
      let (fits, result) = arithmetic(.subtract, x, timeOfDay(x))
      return SymbolicOutcome(isDefined: script.and(isDefined, fits), value: .number(.datetime, result))
    case (.toTime, .number(.datetime, let x), _):
      return SymbolicOutcome(isDefined: isDefined, value: .number(.duration, timeOfDay(x)))
    case (.toMilliseconds, .number(.duration, let x), _): return SymbolicOutcome(isDefined: isDefined, value: .long(x))
    case (.toSeconds, .number(.duration, let x), _): return quotient(isDefined, x, 1000)
    case (.toMinutes, .number(.duration, let x), _): return quotient(isDefined, x, 60_000)
    case (.toHours, .number(.duration, let x), _): return quotient(isDefined, x, 3_600_000)
    case (.toDays, .number(.duration, let x), _): return quotient(isDefined, x, Self.day)
    default: return .error
    }
  }

  private static let day: Int64 = 86_400_000

  /// The quotient of a division that rounds towards zero.
  private func quotient(_ isDefined: SMTTerm, _ term: SMTTerm, _ divisor: Int64) -> SymbolicOutcome {
    let (quotient, _) = division(
      of: term, by: divisor, key: "\u{5}quotient", quotients: Int64.min / divisor...Int64.max / divisor
    ) { rest in
      // It is less than the divisor, and of no other sign than the term.
      let zero = SMTTerm.bits(0, width: 64)
      let isNegative = script.call("bvslt", [term, zero], .bool)
      script.require(script.call("bvslt", [rest, .bits(divisor, width: 64)], .bool))
      script.require(script.call("bvslt", [.bits(-divisor, width: 64), rest], .bool))
      script.require(script.implies(isNegative, script.call("bvsle", [rest, zero], .bool)))
      script.require(script.or(isNegative, script.call("bvsle", [zero, rest], .bool)))
    }
    return SymbolicOutcome(isDefined: isDefined, value: .long(quotient))
  }

  /// The rest of a division by the length of a day, rounded down.
  private func timeOfDay(_ time: SMTTerm) -> SMTTerm {
    division(
      of: time, by: Self.day, key: "\u{5}day", quotients: Int64.min / Self.day - 1...Int64.max / Self.day
    ) { rest in
      script.require(script.call("bvult", [rest, .bits(Self.day, width: 64)], .bool))
    }.rest
  }

  /// A quotient and a rest as unknown numbers that multiply and add up to the term, which is easier on solvers than a
  /// division. In 72 bits nothing overflows, so that there is one answer once `restrict` has said in which range the rest is. The
  /// product is stated last: with it before the ranges, Z3 takes a hundred times as long.
  private func division(
    of term: SMTTerm, by divisor: Int64, key: String, quotients: ClosedRange<Int64>, restrict: (SMTTerm) -> Void
  ) -> (quotient: SMTTerm, rest: SMTTerm) {
    let width = 72
    func wide(_ term: SMTTerm) -> SMTTerm { script.call("(_ sign_extend 8)", [term], .bits(width)) }
    let quotient = script.apply("\(key) \(divisor)", [term], .bits(64))
    let rest = script.apply("\(key) \(divisor) rest", [term], .bits(64))
    restrict(rest)
    script.require(script.call("bvsle", [.bits(quotients.lowerBound, width: 64), quotient], .bool))
    script.require(script.call("bvsle", [quotient, .bits(quotients.upperBound, width: 64)], .bool))
    let whole = script.call("bvmul", [wide(quotient), .bits(divisor, width: width)], .bits(width))
    script.require(script.equal(wide(term), script.call("bvadd", [whole, wide(rest)], .bits(width))))
    return (quotient, rest)
  }

  private func isInRange(_ address: SymbolicAddress, _ ipv6: IPAddress, _ ipv4: String) -> SMTTerm {
    let networks = [ipv6, IPAddress(ipv4)].compactMap { $0 }
    return script.or(
      networks.map { network in
        isInRange(
          address,
          SymbolicAddress(
            isIPv6: .bool(network.isIPv6), bits: .bits(network.bits, width: 128),
            prefix: .bits(network.prefixLength, width: 128)))
      })
  }

  private func isInRange(_ address: SymbolicAddress, _ network: SymbolicAddress) -> SMTTerm {
    let width = script.choose(network.isIPv6, .bits(128, width: 128), .bits(32, width: 128))
    let shift = script.call("bvsub", [width, network.prefix], .bits(128))
    return script.and(
      script.equal(address.isIPv6, network.isIPv6),
      script.call("bvuge", [address.prefix, network.prefix], .bool),
      script.equal(
        script.call("bvlshr", [address.bits, shift], .bits(128)),
        script.call("bvlshr", [network.bits, shift], .bits(128))))
  }
}
