import Interchange

/// Values by capability and parameter, so that any module which provides the capability and declares the parameter gets
/// its value.
struct ConfigurationValues {
  private var values: [String: [String: ParameterValue]] = [:]

  /// Sets a parameter of whatever module provides a capability.
  mutating func set(_ capability: String, _ parameter: String, _ value: ParameterValue) {
    values[capability, default: [:]][parameter] = value
  }

  /// The value of a parameter for a module with these capabilities.
  func value(of parameter: String, for capabilities: [String]) -> ParameterValue? {
    for capability in capabilities {
      if let value = values[capability]?[parameter] { return value }
    }
    return nil
  }
}

extension ParameterValue {
  /// A text of UTF-8.
  static func string(_ text: String) -> ParameterValue { .text(ByteString(text)) }

  /// A whole number.
  static func number(_ value: Int) -> ParameterValue { .integer(Int64(value)) }

  /// Texts in order.
  static func strings(_ texts: [String]) -> ParameterValue { .list(texts.map(string)) }

  /// Named values in order.
  static func record(_ fields: KeyValuePairs<String, ParameterValue>) -> ParameterValue {
    .map(fields.map { ParameterField(ByteString($0.key), $0.value) })
  }
}
