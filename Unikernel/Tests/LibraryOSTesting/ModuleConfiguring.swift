import Interchange
import LibraryOS

// What tests of modules have in common.

extension Module {
  /// The counter of that name, without the module's.
  public func counter(_ what: String) -> UInt64? {
    let full = name + "." + ByteString(what)
    return counters.first { $0.name == full }?.value
  }

  /// Prepares and commits settings of this module.
  public func configure(_ values: [(ByteString, ParameterValue)]) throws {
    try prepare(values.map { Parameter(module: name, name: $0.0, value: $0.1) })
    commit()
  }
}

/// A map with these fields.
public func map(_ fields: [(ByteString, ParameterValue)]) -> ParameterValue {
  .map(fields.map { ParameterField($0.0, $0.1) })
}

extension ParameterValue: @retroactive ExpressibleByStringLiteral {
  /// A text, so that tests can write one as a literal.
  public init(stringLiteral value: StaticString) {
    self = .text(ByteString(stringLiteral: value))
  }
}
