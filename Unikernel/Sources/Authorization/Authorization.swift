import Interchange
import LibraryOS

/// Decides whether a request may go on to the application, with policies that were compiled from Cedar.
///
/// Default deny: what no policy permits is refused, and so is everything while there are no policies.
public final class Authorization: RequestModule {
  /// The module's name in the catalogue.
  public let name: ByteString = "authorization"
  /// After authentication, before the application.
  public let stage: Stage = .authorize

  private let clock: any Clock
  private let events: any EventSink
  private var bundle: PolicyBundle?
  private var version: PolicyVersion?
  private var preparedVersion: PolicyVersion?
  private var attributes: [PolicyValueField] = []
  private var preparedBundle: PolicyBundle?
  private var preparedAttributes: [PolicyValueField]?
  private var allowed: UInt64 = 0
  private var denied: UInt64 = 0
  private var errors: UInt64 = 0
  private var lapsed: UInt64 = 0
  /// For how long the policies hold without a word of the orchestrator; nil: for ever.
  private var lease: TimeSpan?
  private var preparedLease: TimeSpan?
  private var lastContact: Instant?

  /// No more contextual attributes than these are kept.
  public static let maximumAttributes = 64

  /// A module without policies, which refuses everything.
  public init(clock: any Clock, events: any EventSink) {
    self.clock = clock
    self.events = events
  }

  /// `authorization.allowed`, `.denied`, `.errors`: policies left out since they could not be evaluated, `.lapsed`: requests
  /// denied since the lease had run out; and `.policy-version`, the number of the version in force.
  public var counters: [Counter] {
    [
      Counter("authorization.allowed", allowed), Counter("authorization.denied", denied),
      Counter("authorization.errors", errors), Counter("authorization.lapsed", lapsed),
      Counter("authorization.policy-version", UInt64(version?.number ?? 0)),
    ]
  }

  /// Lets a request through or refuses it.
  public func examine(_ exchange: Exchange) -> Verdict {
    let request = exchange.request
    let question = HTTPPolicyRequest(
      user: exchange.principal.name, scheme: exchange.principal.scheme, roles: exchange.principal.roles,
      method: request.method, path: request.path, query: request.query, host: request.host,
      source: exchange.source.address.policyAddress, attributes: attributes)
    guard let bundle, holds(at: exchange.arrival) else { return deny(exchange, policy: nil) }
    let decision = bundle.decide(question)
    errors &+= UInt64(decision.errors)
    if decision.isAllowed {
      allowed &+= 1
      return .proceed
    }
    return deny(exchange, policy: decision.determining.map { bundle.policies[$0].name })
  }

  /// Whether the lease of the policies has not run out. It is measured by the clock that nobody can set.
  private func holds(at now: Instant) -> Bool {
    guard let lease, let lastContact, now - lastContact > lease else { return true }
    lapsed &+= 1
    return false
  }

  private func deny(_ exchange: Exchange, policy: ByteString?) -> Verdict {
    denied &+= 1
    events.record(Denial.event(exchange, module: name, time: clock.wallMilliseconds, policy: policy))
    return .respond(Denial.response(to: exchange))
  }
}

extension Authorization: ContactObserver {
  /// The longest lease, in milliseconds: 30 days.
  static let longestLease: Int64 = 30 * 86_400_000

  /// Renews the lease.
  public func contacted(at now: Instant) { lastContact = now }
}

/// Settings: `bundle`, which the first message must have, `version`, `attributes`, and `lease-ms`.
extension Authorization {
  /// Reads and checks a bundle and attributes, and keeps them aside.
  public func prepare(_ parameters: [Parameter]) throws(ParameterFault) {
    rollback()
    var hasBundle = false
    for parameter in parameters {
      switch parameter.name {
      case "bundle":
        hasBundle = true
        preparedBundle = try Authorization.bundle(parameter.value)
      case "version": preparedVersion = try PolicyVersion(parameter.value, after: version)
      case "attributes": preparedAttributes = try Authorization.attributes(parameter.value)
      case "lease-ms":
        guard let milliseconds = parameter.value.integerValue, (0...Authorization.longestLease).contains(milliseconds)
        else {
          throw ParameterFault("authorization.lease-ms", expected: "a time in milliseconds, 0 for none")
        }
        preparedLease = .milliseconds(Int(milliseconds))
      default:
        throw ParameterFault(name + "." + parameter.name, expected: "bundle, version, attributes or lease-ms")
      }
    }
    guard hasBundle == (preparedVersion != nil) || (hasBundle && version == nil) else {
      throw ParameterFault("authorization.version", expected: "a version together with its bundle")
    }
    guard bundle != nil || preparedBundle != nil else {
      throw ParameterFault("authorization.bundle", expected: "a policy bundle: there is none yet")
    }
  }

  /// Puts them in force.
  public func commit() {
    if let preparedBundle { bundle = preparedBundle }
    if let preparedVersion { version = preparedVersion }
    if let preparedAttributes { attributes = preparedAttributes }
    if let preparedLease {
      lease = preparedLease == .milliseconds(0) ? nil : preparedLease
      // The message that brought it is a word of the orchestrator.
      lastContact = clock.now
    }
    rollback()
  }

  /// Forgets them.
  public func rollback() {
    preparedBundle = nil
    preparedVersion = nil
    preparedAttributes = nil
    preparedLease = nil
  }

  private static func bundle(_ value: ParameterValue) throws(ParameterFault) -> PolicyBundle {
    let parameter: ByteString = "authorization.bundle"
    guard let bytes = value.bytesValue else { throw ParameterFault(parameter, expected: "bytes") }
    do throws(DecodingFault) {
      return try PolicyBundle(decoding: bytes)
    } catch {
      switch error {
      case .truncated: throw ParameterFault(parameter, expected: "a whole policy bundle: this one ends early")
      case .invalid: throw ParameterFault(parameter, expected: "a policy bundle of this version")
      case .tooLarge: throw ParameterFault(parameter, expected: "a policy bundle within its bounds")
      case .trailing: throw ParameterFault(parameter, expected: "nothing after the policy bundle")
      }
    }
  }

  private static func attributes(_ value: ParameterValue) throws(ParameterFault) -> [PolicyValueField] {
    let parameter: ByteString = "authorization.attributes"
    guard case .map(let fields) = value else { throw ParameterFault(parameter, expected: "a map of texts") }
    guard fields.count <= maximumAttributes else {
      throw ParameterFault(parameter, expected: "at most 64 attributes")
    }
    var attributes: [PolicyValueField] = []
    for field in fields {
      guard let text = field.value.textValue else {
        throw ParameterFault(parameter + "." + field.name, expected: "text")
      }
      for other in attributes where other.name == field.name {
        throw ParameterFault(parameter + "." + field.name, expected: "each name once")
      }
      attributes.append(PolicyValueField(field.name, .string(text)))
    }
    return attributes
  }
}
