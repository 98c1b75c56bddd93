public import Orchestration
public import TOSCA

/// What went wrong with a request, as `application/problem+json` (RFC 9457), with what a command line needs to know.
public struct Problem: Error, Hashable, Sendable, Codable {
  /// What kind of fault it is; decides a command's exit status.
  public enum Kind: String, Hashable, Sendable, Codable {
    /// The input or the service is at fault.
    case input
    /// This host lacks something.
    case host
    /// Refused by policy.
    case refused
    /// What runs did not do what it should.
    case execution
  }

  /// A name for the kind of problem.
  public var type: String
  /// The problem in short.
  public var title: String
  /// The HTTP status.
  public var status: Int
  /// The problem in full.
  public var detail: String
  /// What kind of fault it is.
  public var kind: Kind
  /// What is wrong with the template or the policies, if that is it.
  public var findings: [Finding]
  /// The texts of the files that findings are in.
  public var sources: [String: String]

  /// A problem.
  public init(
    type: String, title: String, status: Int, detail: String, kind: Kind, findings: [Finding] = [],
    sources: [String: String] = [:]
  ) {
    self.type = type
    self.title = title
    self.status = status
    self.detail = detail
    self.kind = kind
    self.findings = findings
    self.sources = sources
  }

  /// A fault of the orchestrator, as a problem.
  public init(_ fault: OrchestrationFault) {
    switch fault {
    case .findings(let findings, let sources):
      self.init(
        type: "urn:testudo:findings", title: "The template or the policies have errors", status: 422,
        detail: fault.message, kind: .input, findings: findings, sources: sources)
    case .input(let text):
      self.init(type: "urn:testudo:input", title: "The request cannot be met", status: 422, detail: text, kind: .input)
    case .notFound(let text):
      self.init(type: "urn:testudo:not-found", title: "Not found", status: 404, detail: text, kind: .input)
    case .refused(let text):
      self.init(type: "urn:testudo:refused", title: "Refused", status: 403, detail: text, kind: .refused)
    case .host(let text):
      self.init(
        type: "urn:testudo:host", title: "This host lacks something", status: 503, detail: text, kind: .host)
    case .execution(let text):
      self.init(
        type: "urn:testudo:execution", title: "It could not be carried out", status: 500, detail: text,
        kind: .execution)
    }
  }

  /// A request that is not one of the API's.
  public static func badRequest(_ detail: String) -> Problem {
    Problem(type: "urn:testudo:request", title: "Malformed request", status: 400, detail: detail, kind: .input)
  }
}
