public import Interchange
public import LibraryOS

/// Asks the tenant's decision point whether a request may go on to the application.
///
/// A request waits for the answer, for no longer than the deadline; without an answer it is refused. Answers are used
/// again for as long as they are valid and the settings allow. Requests that nothing tells apart share a question.
public final class RemoteAuthorization: RequestModule, Timed, AnswerReceiver {
  /// How many requests can wait for answers. Beyond it, the answer is 503.
  public static let maximumWaiting = 256
  /// How many answers are kept.
  public static let maximumKept = 4096
  /// An answer to a longer question, in bytes, is not kept.
  public static let maximumKey = 1024
  /// How many events are recorded in a second.
  public static let eventsPerSecond = 10

  /// The module's name in the catalogue.
  public let name: ByteString = "remote-authorization"
  /// After authentication, before the application.
  public let stage: Stage = .authorize

  private struct Settings {
    var deadline: TimeSpan
    var cache: TimeSpan
  }

  /// A question without an answer yet, and the requests that wait for it.
  private struct Pending {
    var number: UInt64
    var key: [UInt8]
    var deadline: Instant
    var waiting: [Exchange]
  }

  private struct Kept {
    var key: [UInt8]
    var isPermit: Bool
    var policy: ByteString
    var expiry: Instant
  }

  private let clock: any Clock
  private let events: any EventSink
  private let questions: any QuestionSink
  private var settings: Settings?
  private var prepared: Settings?
  /// In the order of the questions.
  private var pending: [Pending] = []
  private var waitingCount = 0
  private var nextNumber: UInt64 = 1
  /// The newest epoch that was heard of.
  private var epoch: UInt64 = 0
  private var kept: RecencyTable<Kept>
  private let seed: UInt64
  private var allowance = EventAllowance(perSecond: RemoteAuthorization.eventsPerSecond)

  private var allowed: UInt64 = 0
  private var denied: UInt64 = 0
  private var asked: UInt64 = 0
  private var reused: UInt64 = 0
  private var unanswered: UInt64 = 0
  private var overloaded: UInt64 = 0

  /// A module that asks through `questions`. Until it is configured, it answers 503.
  public init(
    clock: any Clock, random: any RandomSource, events: any EventSink, questions: any QuestionSink
  ) {
    self.clock = clock
    self.events = events
    self.questions = questions
    seed = UInt64(leading: random.bytes(8))
    kept = RecencyTable(capacity: RemoteAuthorization.maximumKept, seed: UInt64(leading: random.bytes(8)))
  }

  /// Requests allowed and denied, questions asked, answers used again, requests that had no answer in time, and requests
  /// refused because too many waited.
  public var counters: [Counter] {
    [
      Counter("remote-authorization.allowed", allowed), Counter("remote-authorization.denied", denied),
      Counter("remote-authorization.asked", asked), Counter("remote-authorization.reused", reused),
      Counter("remote-authorization.unanswered", unanswered), Counter("remote-authorization.overloaded", overloaded),
      Counter("remote-authorization.events-suppressed", allowance.suppressed),
    ]
  }

  /// Lets a request through, refuses it, or has it wait for the decision point.
  public func examine(_ exchange: Exchange) -> Verdict {
    guard let settings else { return .respond(.text(503, "authorization is not configured")) }
    let request = exchange.request
    let principal = exchange.principal
    let question = HTTPPolicyRequest(
      user: principal.name, scheme: principal.scheme, roles: principal.roles, method: request.method,
      path: request.path, query: request.query, host: request.host,
      source: exchange.source.address.policyAddress)
    let key = RemoteQuestion.key(question)
    let now = clock.now
    if let known = kept.value(hash(key)), known.key == key, known.expiry > now {
      reused &+= 1
      return verdict(known.isPermit, exchange, policy: known.policy)
    }
    guard waitingCount < RemoteAuthorization.maximumWaiting else {
      overloaded &+= 1
      return .respond(.text(503, "too many requests wait for a decision", headers: [HTTPField("retry-after", "1")]))
    }
    if let index = pending.firstIndex(where: { $0.key == key }) {
      pending[index].waiting.append(exchange)
      waitingCount += 1
      return .suspend
    }
    let number = nextNumber
    nextNumber &+= 1
    guard questions.ask(RemoteQuestion(number: number, request: question)) else {
      unanswered &+= 1
      return .respond(refusal(of: exchange, policy: nil, reason: "the decision point cannot be asked"))
    }
    asked &+= 1
    waitingCount += 1
    pending.append(Pending(number: number, key: key, deadline: now + settings.deadline, waiting: [exchange]))
    return .suspend
  }

  private func verdict(_ isPermit: Bool, _ exchange: Exchange, policy: ByteString) -> Verdict {
    guard isPermit else {
      return .respond(refusal(of: exchange, policy: policy.isEmpty ? nil : policy, reason: nil))
    }
    allowed &+= 1
    return .proceed
  }

  private func refusal(of exchange: Exchange, policy: ByteString?, reason: ByteString?) -> HTTPResponse {
    denied &+= 1
    // An answer that was asked for costs more than a packet: a flood of those is told of in part.
    if allowance.take(at: clock.now) {
      events.record(
        Denial.event(exchange, module: name, time: clock.wallMilliseconds, policy: policy, reason: reason))
    }
    return Denial.response(to: exchange)
  }

  /// Not cryptography: a kept answer is used for an equal key only.
  private func hash(_ key: [UInt8]) -> UInt64 {
    var value: UInt64 = seed
    var index = 0
    while index < key.count {
      value = (value ^ UInt64(key[index])) &* 0x100_0000_01B3
      index += 1
    }
    return value
  }

  // MARK: Answers

  /// Whether the question of this number has no answer yet.
  public func awaitsAnswer(to number: UInt64) -> Bool {
    for question in pending where question.number == number { return true }
    return false
  }

  /// Takes an answer: those who wait for it go on or are refused, and it is kept for as long as it may be.
  public func receive(_ answer: RemoteAnswer) {
    guard let index = pending.firstIndex(where: { $0.number == answer.number }) else { return }
    let question = pending.remove(at: index)
    waitingCount -= question.waiting.count
    forgetAnswers(before: answer.epoch)
    keep(answer, question.key)
    for exchange in question.waiting { exchange.resume(verdict(answer.isPermit, exchange, policy: answer.policy)) }
  }

  /// Forgets what was kept before an epoch. Who asks from now on does not share a question of before.
  public func forgetAnswers(before epoch: UInt64) {
    guard epoch > self.epoch else { return }
    self.epoch = epoch
    kept.removeAll()
    for index in pending.indices { pending[index].key = [] }
  }

  private func keep(_ answer: RemoteAnswer, _ key: [UInt8]) {
    let wall = clock.wallMilliseconds
    guard let settings, answer.validUntil > wall, answer.epoch == epoch,
      (1...RemoteAuthorization.maximumKey).contains(key.count)
    else { return }
    let valid = min(answer.validUntil - wall, 86_400_000) * 1_000_000
    let time = min(TimeSpan(nanoseconds: valid), settings.cache)
    guard time.nanoseconds > 0 else { return }
    let entry = Kept(key: key, isPermit: answer.isPermit, policy: answer.policy, expiry: clock.now + time)
    kept.update(hash(key), initial: entry) { $0 = entry }
  }

  /// When the first question's time is over.
  public var deadline: Instant? {
    var first: Instant?
    for question in pending {
      if let known = first, known <= question.deadline { continue }
      first = question.deadline
    }
    return first
  }

  /// Refuses the requests whose time is over.
  public func expire(at now: Instant) {
    var over: [Exchange] = []
    var open: [Pending] = []
    for question in pending {
      if question.deadline <= now { over += question.waiting } else { open.append(question) }
    }
    pending = open
    waitingCount -= over.count
    unanswered &+= UInt64(over.count)
    // Last, since an answer may bring the next request of its connection into this module.
    for exchange in over {
      exchange.finish(refusal(of: exchange, policy: nil, reason: "the decision point did not answer in time"))
    }
  }
}

/// Settings: `deadline-ms` and `cache-ms`, which the first message must have.
extension RemoteAuthorization {
  /// Reads and checks settings, and keeps them aside.
  public func prepare(_ parameters: [Parameter]) throws(ParameterFault) {
    var deadline = settings?.deadline
    var cache = settings?.cache
    for parameter in parameters {
      switch parameter.name {
      case "deadline-ms": deadline = try milliseconds(parameter, 1...10_000)
      case "cache-ms": cache = try milliseconds(parameter, 0...3_600_000)
      default: throw ParameterFault(name + "." + parameter.name, expected: "deadline-ms or cache-ms")
      }
    }
    guard let deadline else { throw ParameterFault("remote-authorization.deadline-ms", expected: "a time") }
    guard let cache else { throw ParameterFault("remote-authorization.cache-ms", expected: "a time") }
    prepared = Settings(deadline: deadline, cache: cache)
  }

  private func milliseconds(
    _ parameter: Parameter, _ range: ClosedRange<Int64>
  ) throws(ParameterFault) -> TimeSpan {
    guard let value = parameter.value.integerValue, range.contains(value) else {
      throw ParameterFault(
        name + "." + parameter.name, expected: "a whole number of milliseconds within its bounds")
    }
    return .milliseconds(Int(value))
  }

  /// Puts them in force. What was kept is asked anew.
  public func commit() {
    guard let prepared else { return }
    settings = prepared
    self.prepared = nil
    kept.removeAll()
  }

  /// Forgets them.
  public func rollback() {
    prepared = nil
  }
}
