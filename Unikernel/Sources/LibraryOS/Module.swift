import Interchange

/// A part that takes its place in an image by being linked. Applications, security modules and the network are modules.
public protocol Module: AnyObject {
  /// The name in the catalogue.
  var name: ByteString { get }
  /// Checks settings and keeps them aside. A fault refuses the whole message, and nothing changes.
  func prepare(_ parameters: [Parameter]) throws(ParameterFault)
  /// Puts what was prepared in force. Cannot fail; happens between two requests.
  func commit()
  /// Forgets what was prepared, since another module refused.
  func rollback()
  /// Counts since the start, named `module.what`.
  var counters: [Counter] { get }
}

/// Why settings were refused.
public struct ParameterFault: Error, Equatable, Sendable {
  /// The parameter, as `module.name`.
  public var parameter: ByteString
  /// What was expected.
  public var expected: ByteString

  /// A refusal of `parameter`.
  public init(_ parameter: ByteString, expected: ByteString) {
    self.parameter = parameter
    self.expected = expected
  }
}

/// What a module says of a request.
public enum Verdict {
  /// Go on to the next stage.
  case proceed
  /// Answer now; no later stage sees the request.
  case respond(HTTPResponse)
  /// The module will call `resume` on the exchange.
  case suspend
}

/// A module that decides about requests, at one stage.
public protocol RequestModule: Module {
  /// Where in the pipeline it stands.
  var stage: Stage { get }
  /// Looks at a request.
  func examine(_ exchange: Exchange) -> Verdict
  /// Its place within its stage: lower ones see a request first. It is set at the start and does not change.
  var precedence: Int { get }
  /// What a client must show to be let in, as `WWW-Authenticate` says it (RFC 9110, 11.6.1); `nil` if it has nothing to
  /// offer.
  var challenge: ByteString? { get }
}

extension RequestModule {
  /// Among equals, in the order of linking.
  public var precedence: Int { 0 }
  /// Nothing to show.
  public var challenge: ByteString? { nil }
}

/// A module that answers requests.
public protocol Application: Module {
  /// How many bytes of `path` this application claims, or `nil` if it does not serve it. The longest claim wins; of
  /// equal ones, that of the module linked first.
  func claim(_ path: ByteString) -> Int?
  /// Answers, now or later, through `exchange.finish`.
  func respond(to exchange: Exchange)
}

/// A module that is told how each exchange ended, whoever ended it.
public protocol ExchangeObserver: AnyObject {
  /// Called once per exchange, before its response is sent, with the status of that response.
  func exchangeFinished(_ exchange: Exchange, status: Int)
}

/// A module that changes responses on their way out, whoever made them.
public protocol ResponseAmender: AnyObject {
  /// Changes the response to an exchange, before it is sent.
  func amend(_ response: inout HTTPResponse, of exchange: Exchange)
}

/// Work that is too long for the time between two packets and is done in slices.
public protocol BackgroundWork: AnyObject {
  /// Whether there is something to do.
  var isPending: Bool { get }
  /// Does a slice of at most half a millisecond.
  func advance(at now: Instant)
}

/// Something that must happen at a time.
public protocol Timed: AnyObject {
  /// When `expire` wants to be called, if at all.
  var deadline: Instant? { get }
  /// Called at or after `deadline`.
  func expire(at now: Instant)
}

/// Something that depends on hearing from the orchestrator.
public protocol ContactObserver: AnyObject {
  /// Called when a message of the orchestrator was accepted, whatever it asked for.
  func contacted(at now: Instant)
}

/// Where security events go.
public protocol EventSink: AnyObject {
  /// Passes an event on, or counts it as dropped. Never waits.
  func record(_ event: SecurityEvent)
}

/// What random bytes come from: a generator seeded by what runs the image.
public protocol RandomSource: AnyObject {
  /// Random bytes fit for keys and nonces.
  func bytes(_ count: Int) -> [UInt8]
}
