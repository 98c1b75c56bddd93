import ImageGeneration
import Interchange
import SecTOSCA

/// Something that an instance must refuse, or answer, before others may reach it. What is asked follows from the protection
/// that is due; a new kind of protection gets its case here, and nowhere else: what is sent (`request`), and what must
/// come back (`expectation`).
enum EnforcementProbe: Hashable, Sendable {
  /// A port that the endpoint does not have is not opened.
  case closedPort(UInt16)
  /// Where only others are let in, the control plane's own address is not.
  case unknownSource
  /// A request in clear is not answered where TLS is due.
  case clearText
  /// The server shows the certificate that is due, and has its key.
  case certificate
  /// Without a client certificate there is no connection.
  case missingClientCertificate
  /// Credentials that are wrong are refused.
  case wrongCredentials(scheme: String, ProbeSending)
  /// What the policies deny to visitors is refused, with a challenge for each way to authenticate.
  case deniedVisitor(ProbeSending, challenges: [String])
  /// Answers have the fields that browsers are to be told.
  case responseFields(ProbeSending, [ProbeField])
  /// Requests are counted.
  case rateLimit
  /// The application answers.
  case application(ProbeSending)

  /// The probe's name, as plans, events and statuses have it.
  var name: String {
    switch self {
    case .closedPort: "closed-port"
    case .unknownSource: "unknown-source"
    case .clearText: "clear-text"
    case .certificate: "certificate"
    case .missingClientCertificate: "missing-client-certificate"
    case .wrongCredentials(let scheme, _): "wrong-credentials-\(scheme)"
    case .deniedVisitor: "denied-visitor"
    case .responseFields: "response-headers"
    case .rateLimit: "rate-limit"
    case .application: "application"
    }
  }

  /// What must be seen, for people.
  var expectation: String {
    switch self {
    case .closedPort(let port): "port \(port) is not opened"
    case .unknownSource: "no connection from an address that may not connect"
    case .clearText: "no answer to a request in clear"
    case .certificate: "TLS with the certificate that is due"
    case .missingClientCertificate: "no TLS handshake without a client certificate"
    case .wrongCredentials(_, let sending): "401 to \(sending) with wrong credentials"
    case .deniedVisitor(let sending, let challenges):
      challenges.isEmpty ? "403 to \(sending)" : "401 to \(sending), asking for \(challenges.joined(separator: ", "))"
    case .responseFields(_, let fields): "the fields \(fields.map(\.name).joined(separator: ", "))"
    case .rateLimit: "requests are counted"
    case .application(let sending): "an answer below 500 to \(sending)"
    }
  }

  /// The request that is sent, where the probe is one.
  var sending: ProbeSending? {
    switch self {
    case .wrongCredentials(_, let sending), .deniedVisitor(let sending, _), .responseFields(let sending, _),
      .application(let sending):
      sending
    case .closedPort, .unknownSource, .clearText, .certificate, .missingClientCertificate, .rateLimit: nil
    }
  }
}

/// A request of a probe: without a body, with a method that changes nothing.
struct ProbeSending: Hashable, Sendable, CustomStringConvertible {
  /// The method.
  var method = "HEAD"
  /// The path.
  var path: String
  /// What follows the question mark; empty for none.
  var query = ""
  /// Further fields.
  var fields: [String: String] = [:]

  var description: String { "\(method) \(path)" }
  /// The path with the query.
  var target: String { query.isEmpty ? path : path + "?" + query }
}

/// A field of an answer.
struct ProbeField: Hashable, Sendable {
  /// The name in lower case.
  var name: String
  /// The value.
  var value: String
}

/// What came of a probe. The names are promised.
public struct ProbeOutcome: Hashable, Sendable, Codable {
  /// The probe, in kebab case: `denied-visitor`.
  public var probe: String
  /// What had to be seen.
  public var expected: String
  /// What was seen.
  public var seen: String
  /// Whether it was what had to be.
  public var passed: Bool

  /// What came of a probe.
  public init(probe: String, expected: String, seen: String, passed: Bool) {
    self.probe = probe
    self.expected = expected
    self.seen = seen
    self.passed = passed
  }
}
