import Hosting
public import ImageGeneration
public import TOSCA

/// Why something was not done. The cases decide a command's exit status.
public enum OrchestrationFault: Error, Sendable, Hashable {
  /// The template is at fault; the texts of its files are there to show the places.
  case findings([Finding], sources: [String: String])
  /// The input or the service is at fault: what, and what was expected.
  case input(String)
  /// This host lacks something: what, and how to get it.
  case host(String)
  /// There is no such thing.
  case notFound(String)
  /// It is more than somebody may have, or not theirs to ask for.
  case refused(String)
  /// What runs did not do what it should.
  case execution(String)

  /// What went wrong, for people, in one line.
  public var message: String {
    switch self {
    case .findings(let findings, _):
      findings.count == 1 ? findings[0].message : "\(findings.count) findings in the template"
    case .input(let text), .host(let text), .notFound(let text), .execution(let text), .refused(let text): text
    }
  }
}

extension OrchestrationFault {
  /// A fault of hosting, in the orchestrator's terms.
  init(_ fault: HostingFault) {
    self = fault.isLackOfHost ? .host(fault.description) : .execution(fault.description)
  }

  /// A fault of image generation, in the orchestrator's terms.
  public init(_ fault: ImageFault) {
    switch fault {
    case .handler(let findings, let sources): self = .findings(findings, sources: sources)
    case .source: self = .input(fault.description)
    case .library: self = .host(fault.description)
    case .tooManyBytes, .tooManySystemCalls: self = .input(fault.description)
    default: self = .execution(fault.description)
    }
  }
}
