public import Interchange

/// How authorization refuses a request, whoever decided.
public enum Denial {
  /// No more bytes than these of what a client sent go into an event, for each detail.
  static let maximumDetail = 256

  /// The answer: a visitor who could show credentials is asked for them (RFC 9110, 15.5.2), all others are sent away
  /// (15.5.4).
  public static func response(to exchange: Exchange) -> HTTPResponse {
    guard exchange.principal.isVisitor, !exchange.challenges.isEmpty else { return .text(403, "forbidden") }
    var headers: [HTTPField] = []
    for challenge in exchange.challenges { headers.append(HTTPField("www-authenticate", challenge)) }
    return .text(401, "credentials are needed", headers: headers)
  }

  /// The event, with the policy that determined it, or why nothing was decided.
  public static func event(
    _ exchange: Exchange, module: ByteString, time: UInt64, policy: ByteString?, reason: ByteString? = nil
  ) -> SecurityEvent {
    let principal = exchange.principal
    var details = [
      ParameterField("method", .text(shortened(exchange.request.method))),
      ParameterField("path", .text(shortened(exchange.request.path))),
      ParameterField(
        "principal", .text(principal.isVisitor ? HTTPPolicyRequest.visitorName : shortened(principal.name))),
      ParameterField("source", .text(exchange.source.text)),
    ]
    if let policy { details.append(ParameterField("policy", .text(shortened(policy)))) }
    if let reason { details.append(ParameterField("reason", .text(reason))) }
    return SecurityEvent(module: module, action: "denied", severity: .medium, time: time, details: details)
  }

  private static func shortened(_ text: ByteString) -> ByteString {
    text.count <= maximumDetail ? text : ByteString(text.bytes[..<maximumDetail])
  }
}
