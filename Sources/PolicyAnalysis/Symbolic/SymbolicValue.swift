import Cedar

/// A value that is not known yet, of a shape that is: what an expression has for all requests of an environment.
indirect enum SymbolicValue: Sendable {
  case bool(SMTTerm)
  case long(SMTTerm)
  case string(SMTTerm)
  /// An entity of a type by its identifier: a number, or a string where identifiers can be seen.
  case entity(EntityType, SMTTerm)
  /// A `decimal`, `datetime` or `duration` as the 64 bits that it is.
  case number(ExtensionFunction, SMTTerm)
  case address(SymbolicAddress)
  case record([CedarString: SymbolicField])
  case set(SymbolicSet)

  /// The terms that it consists of, where it consists of nothing else: such values can be elements of unknown sets.
  var terms: [SMTTerm]? {
    switch self {
    case .bool(let term), .long(let term), .string(let term), .entity(_, let term), .number(_, let term): return [term]
    case .address(let address): return [address.isIPv6, address.bits, address.prefix]
    case .record(let fields):
      var result: [SMTTerm] = []
      for (_, field) in fields.sorted(by: { $0.key < $1.key }) {
        guard field.presence.isTrue, let terms = field.value.terms else { return nil }
        result += terms
      }
      return result
    case .set: return nil
    }
  }
}

/// An `ipaddr`: version, address and prefix length, the latter two in 128 bits.
struct SymbolicAddress: Sendable {
  var isIPv6: SMTTerm
  var bits: SMTTerm
  var prefix: SMTTerm
}

/// A part of a record, which may be missing.
struct SymbolicField: Sendable {
  var presence: SMTTerm
  var value: SymbolicValue
}

/// A set that is not known yet.
indirect enum SymbolicSet: Sendable {
  /// The elements are written out.
  case listed([SymbolicValue])
  /// Any elements of a type: those for which a function, with the arguments before them, is true.
  case unknown(element: SchemaType, function: String, arguments: [SMTTerm])
  /// One set or the other.
  case choice(SMTTerm, SymbolicSet, SymbolicSet)
}

/// What an expression comes to: a value where `isDefined` holds, else an error. Without a value it is always an error.
struct SymbolicOutcome: Sendable {
  var isDefined: SMTTerm
  var value: SymbolicValue?

  static let error = SymbolicOutcome(isDefined: .no, value: nil)

  init(isDefined: SMTTerm, value: SymbolicValue?) {
    self.isDefined = value == nil ? .no : isDefined
    self.value = isDefined.isFalse ? nil : value
  }
}

/// Something of the language that has no exact form here, and where it stands.
struct Unsupported: Error {
  var message: String
  var range: SourceSpan?

  init(_ message: String, at range: SourceSpan? = nil) {
    self.message = message
    self.range = range
  }
}
