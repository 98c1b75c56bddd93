import Interchange

/// Why a message on the wire is refused. A connection is closed after any of them, since its framing can no longer be
/// trusted (RFC 9112, 11.2: request smuggling).
public enum HTTPMessageFault: UInt8, Error, Equatable, CaseIterable, Sendable {
  /// The start line is not `method SP target SP version`, or `version SP status SP reason`.
  case malformedStartLine
  /// The target is in no form that RFC 9112, 3.2 knows, or has characters or encodings that are not accepted.
  case malformedTarget
  /// The start line is too long.
  case startLineTooLong
  /// An HTTP version other than 1.x.
  case unsupportedVersion
  /// CONNECT or TRACE.
  case methodNotImplemented
  /// A line that does not end in CR LF.
  case malformedLineEnd
  /// A field line that is folded, has white space before the colon, no colon, or characters that are not accepted.
  case malformedField
  /// The header or trailer section has too many bytes or fields.
  case headerTooLarge
  /// HTTP/1.1 without `Host`.
  case hostMissing
  /// `Host` more than once, or not a host and port.
  case malformedHost
  /// `Content-Length` more than once, or not digits.
  case malformedLength
  /// Both `Content-Length` and `Transfer-Encoding`, or `Transfer-Encoding` in HTTP/1.0 or more than once.
  case ambiguousLength
  /// A transfer coding other than `chunked`.
  case unsupportedTransferCoding
  /// A chunk's size, extension or end is not as RFC 9112, 7.1 has it.
  case malformedChunk
  /// The content is larger than accepted.
  case bodyTooLarge
  /// An expectation other than `100-continue`.
  case unsupportedExpectation
  /// The connection ended before the message did.
  case truncated

  /// The status code that answers a request with this fault.
  public var status: Int {
    switch self {
    case .startLineTooLong: 414
    case .unsupportedVersion: 505
    case .methodNotImplemented, .unsupportedTransferCoding: 501
    case .headerTooLarge: 431
    case .bodyTooLarge: 413
    case .unsupportedExpectation: 417
    default: 400
    }
  }

  /// What was wrong and what was expected, in one line for the client.
  public var explanation: ByteString {
    switch self {
    case .malformedStartLine: "malformed request line: expected method, target and HTTP version, one space apart"
    case .malformedTarget: "malformed request target: expected a path or an http URI in printable ASCII"
    case .startLineTooLong: "request line too long"
    case .unsupportedVersion: "HTTP version not supported: expected HTTP/1.1"
    case .methodNotImplemented: "method not implemented"
    case .malformedLineEnd: "malformed line: expected CR LF at its end"
    case .malformedField: "malformed header field: expected a name, a colon and a value on one line"
    case .headerTooLarge: "header section too large"
    case .hostMissing: "Host header field missing"
    case .malformedHost: "malformed Host: expected one host with an optional port"
    case .malformedLength: "malformed Content-Length: expected one number"
    case .ambiguousLength: "ambiguous message length"
    case .unsupportedTransferCoding: "transfer coding not implemented: expected chunked"
    case .malformedChunk: "malformed chunk"
    case .bodyTooLarge: "content too large"
    case .unsupportedExpectation: "expectation not supported: expected 100-continue"
    case .truncated: "message incomplete"
    }
  }
}
