import Crypto
import Foundation

/// A message to a webhook, signed as Standard Webhooks 1.0 has it: `webhook-id`, which stays the same however often it is
/// sent, `webhook-timestamp`, and `webhook-signature` with one signature for each key.
public struct WebhookMessage: Hashable, Sendable {
  /// Its identifier, without dots.
  public var id: String
  /// What is sent.
  public var body: [UInt8]

  /// A message.
  public init(id: String, body: [UInt8]) {
    self.id = id
    self.body = body
  }

  /// The header fields that say what it is and that it is ours, at a time in seconds since 1970.
  public func fields(signedWith keys: [[UInt8]], at second: Int) -> [(name: String, value: String)] {
    let content = Data("\(id).\(second).".utf8) + body
    let signatures = keys.map { key in
      "v1," + Data(HMAC<SHA256>.authenticationCode(for: content, using: SymmetricKey(data: key))).base64EncodedString()
    }
    return [
      ("webhook-id", id), ("webhook-timestamp", String(second)),
      ("webhook-signature", signatures.joined(separator: " ")),
    ]
  }
}

/// Why a message was not taken.
public struct WebhookFault: Error, Hashable, Sendable {
  /// What was wrong, without anything secret.
  public var reason: String
  /// Whether the receiver wants no more messages (HTTP 410).
  public var isFinal: Bool

  /// A failure.
  public init(_ reason: String, isFinal: Bool = false) {
    self.reason = reason
    self.isFinal = isFinal
  }
}

/// Where messages are posted to.
public struct WebhookReceiver: Hashable, Sendable {
  /// The host's name or address.
  public var host: String
  /// The TCP port.
  public var port: Int
  /// The path with the query.
  public var target: String
  /// Whether it speaks TLS.
  public var isEncrypted: Bool
  /// Whether it has a loopback, private or link-local address; else it must not have one.
  public var isPrivate: Bool
  /// Who signs its certificate, in DER; empty: those whom the host trusts.
  public var authorities: [[UInt8]]

  /// The receiver at a URL; nil where it is none that can be posted to.
  public init?(url: String, isPrivate: Bool, authorities: [[UInt8]]) {
    guard let parts = URLComponents(string: url), let host = parts.host, !host.isEmpty,
      parts.scheme == "https" || parts.scheme == "http"
    else { return nil }
    self.host = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
    isEncrypted = parts.scheme == "https"
    port = parts.port ?? (isEncrypted ? 443 : 80)
    let path = parts.percentEncodedPath.isEmpty ? "/" : parts.percentEncodedPath
    target = path + (parts.percentEncodedQuery.map { "?" + $0 } ?? "")
    self.isPrivate = isPrivate
    self.authorities = authorities
  }

  /// As the `Host` field has it (RFC 9110, 7.2).
  var authority: String {
    let name = host.contains(":") ? "[\(host)]" : host
    return port == (isEncrypted ? 443 : 80) ? name : "\(name):\(port)"
  }
}
