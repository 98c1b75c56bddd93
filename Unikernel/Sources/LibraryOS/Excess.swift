public import Interchange

/// How somebody is refused who has had what is due, whoever counted.
public enum Excess {
  /// No more bytes than these of what a client sent go into an event, for each detail.
  static let maximumDetail = 256

  /// The answer: 429 (RFC 6585, 4) with the whole seconds after which it is worth while to ask again (RFC 9110, 10.2.3).
  public static func response(
    _ explanation: ByteString, retryAfter seconds: Int, fields: [HTTPField] = []
  ) -> HTTPResponse {
    .text(429, explanation, headers: [HTTPField("retry-after", ByteString(decimal: seconds))] + fields)
  }

  /// The event: from where and, where principals are counted, by whom.
  public static func event(
    _ exchange: Exchange, module: ByteString, action: ByteString, party: Party, time: UInt64, retryAfter seconds: Int
  ) -> SecurityEvent {
    var details = [
      ParameterField("source", .text(exchange.source.address.text)),
      ParameterField("method", .text(shortened(exchange.request.method))),
      ParameterField("path", .text(shortened(exchange.request.path))),
      ParameterField("retry-after", .integer(Int64(seconds))),
    ]
    if party == .principal, !exchange.principal.isVisitor {
      details.append(ParameterField("principal", .text(shortened(exchange.principal.name))))
    }
    return SecurityEvent(module: module, action: action, severity: .medium, time: time, details: details)
  }

  /// The event about a connection.
  public static func event(
    _ client: Endpoint, module: ByteString, action: ByteString, time: UInt64, retryAfter seconds: Int
  ) -> SecurityEvent {
    SecurityEvent(
      module: module, action: action, severity: .medium, time: time,
      details: [
        ParameterField("source", .text(client.address.text)),
        ParameterField("retry-after", .integer(Int64(seconds))),
      ])
  }

  private static func shortened(_ text: ByteString) -> ByteString {
    text.count <= maximumDetail ? text : ByteString(text.bytes[..<maximumDetail])
  }
}
