public import Interchange
public import LibraryOS
public import UserDatagrams

// A stub resolver (RFC 1034, 5.3.1; RFC 1035, 7). Against forged answers (RFC 5452, 9): each question leaves from a random
// port of its own with a random identifier and letters of random case, answers count only from the server's address and
// port, with the question repeated as it was. Where an answer does not fit into a datagram, the same server is asked over
// TCP (RFC 7766, 5; NameStream).

/// What became of a question.
public enum Resolution: Equatable, Sendable {
  /// The addresses, in the server's order.
  case addresses([IPAddress])
  /// There is no such name, or it has no address of that version.
  case none
  /// No server answered, or none could.
  case failed
}

/// Finds addresses for names.
public final class NameResolver: DatagramHandler, Timed {
  /// Servers that are asked, one after the other.
  public static let maximumServers = 3
  /// How often all servers are asked before it is given up.
  public static let maximumRounds = 2
  /// How long one server's answer is waited for.
  public static let timeout = TimeSpan.seconds(2)
  /// Questions under way at once; more fail at once.
  public static let maximumQuestions = 64
  /// Who wait for one question; more fail at once.
  public static let maximumWaiting = 256
  /// Answers that are remembered; at the bound the one that expires first makes room.
  public static let maximumAnswers = 256
  /// How long answers are remembered, in seconds, whatever they say: for a moment at least, so that a lifetime of zero does
  /// not make each request a question, and not for ever.
  public static let lifetimes = (shortest: UInt32(1), longest: UInt32(86_400), longestNegative: UInt32(300))

  private struct Key: Hashable {
    var name: DomainName
    var type: RecordType
  }

  private struct Remembered {
    var key: Key
    var resolution: Resolution
    var expiry: Instant
  }

  private final class Question {
    let key: Key
    var waiting: [(Resolution) -> Void] = []
    var identifier: UInt16 = 0
    /// The name as it was asked for.
    var written: [UInt8] = []
    var socket: DatagramSocket?
    var stream: NameStream?
    var attempts = 0
    var expiry = Instant(nanoseconds: 0)

    init(_ key: Key) {
      self.key = key
    }
  }

  private let datagrams: UserDatagrams
  private let network: any StreamNetwork
  private let clock: any Clock
  private let random: any RandomSource
  private var questions: [Question] = []
  private var remembered: [Remembered] = []
  /// The servers that are asked.
  public private(set) var servers: [Endpoint] = []

  /// A resolver without servers: everything fails. `network`: for what does not fit into datagrams. `random`: for
  /// identifiers.
  public init(
    datagrams: UserDatagrams, network: any StreamNetwork, clock: any Clock, random: any RandomSource
  ) {
    self.datagrams = datagrams
    self.network = network
    self.clock = clock
    self.random = random
  }

  /// Asks these servers from now on, the first three of them. What is remembered is forgotten.
  public func use(_ servers: [Endpoint]) {
    self.servers = Array(servers.prefix(NameResolver.maximumServers))
    remembered = []
  }

  /// How many questions are under way.
  public var questionCount: Int { questions.count }
  /// How many answers are remembered.
  public var rememberedCount: Int { remembered.count }

  /// Finds the addresses of a name and calls `completion`, at once if the answer is known. An address in place of a name
  /// is its own answer.
  public func resolve(_ name: ByteString, _ type: RecordType, completion: @escaping (Resolution) -> Void) {
    if let address = IPAddress(name) {
      completion(address.isIPv4 == (type == .a) ? .addresses([address]) : .none)
      return
    }
    guard let name = DomainName(name), !servers.isEmpty else {
      completion(.failed)
      return
    }
    let now = clock.now
    let key = Key(name: name, type: type)
    if let known = remembered.first(where: { $0.key == key && $0.expiry > now }) {
      completion(known.resolution)
      return
    }
    if let question = questions.first(where: { $0.key == key }) {
      guard question.waiting.count < NameResolver.maximumWaiting else {
        completion(.failed)
        return
      }
      question.waiting.append(completion)
      return
    }
    guard questions.count < NameResolver.maximumQuestions else {
      completion(.failed)
      return
    }
    let question = Question(key)
    question.waiting.append(completion)
    questions.append(question)
    ask(question, at: now)
  }

  // MARK: Questions

  /// Asks the server whose turn it is, or gives up.
  private func ask(_ question: Question, at now: Instant) {
    leave(question)
    while question.attempts < servers.count * NameResolver.maximumRounds {
      let server = servers[question.attempts % servers.count]
      question.attempts += 1
      let bytes = random.bytes(2)
      question.identifier = UInt16(bytes[0]) << 8 | UInt16(bytes[1])
      question.written = NameMessage.drawn(question.key.name, random: random)
      guard let socket = datagrams.open(remote: server, handler: self) else { continue }
      let message = NameMessage.question(question.written, question.key.type, identifier: question.identifier)
      guard datagrams.send(message, from: socket, to: server, at: now) else {
        datagrams.close(socket)
        continue
      }
      question.socket = socket
      question.expiry = now + NameResolver.timeout
      return
    }
    finish(question, .failed)
  }

  /// Ends what a question waits for.
  private func leave(_ question: Question) {
    if let socket = question.socket { datagrams.close(socket) }
    question.socket = nil
    question.stream?.abandon()
    question.stream = nil
  }

  /// Asks the server that gave a part of its answer over TCP.
  private func askWhole(_ question: Question, at now: Instant) {
    guard let server = question.socket?.remote else { return ask(question, at: now) }
    leave(question)
    let message = NameMessage.question(question.written, question.key.type, identifier: question.identifier)
    let stream = NameStream(message) { [self] stream, answer in
      guard let question = questions.first(where: { $0.stream === stream }) else { return }
      guard let answer else { return ask(question, at: clock.now) }
      take(answer, for: question, isWhole: true, at: clock.now)
    }
    guard stream.connect(to: server, over: network) else { return ask(question, at: now) }
    question.stream = stream
    question.expiry = now + NameResolver.timeout
  }

  private func finish(_ question: Question, _ resolution: Resolution) {
    leave(question)
    questions.removeAll { $0 === question }
    for completion in question.waiting { completion(resolution) }
  }

  private func remember(_ key: Key, _ resolution: Resolution, seconds: UInt32, at now: Instant) {
    remembered.removeAll { $0.key == key || $0.expiry <= now }
    if remembered.count >= NameResolver.maximumAnswers,
      let first = remembered.indices.min(by: { remembered[$0].expiry < remembered[$1].expiry })
    {
      remembered.remove(at: first)
    }
    remembered.append(
      Remembered(key: key, resolution: resolution, expiry: now + .seconds(Int(seconds))))
  }

  // MARK: Answers

  /// Reads what came.
  public func datagramsArrived(_ socket: DatagramSocket, at now: Instant) {
    while let datagram = socket.receive() {
      guard let question = questions.first(where: { $0.socket === socket }) else { return }
      take(datagram.bytes, for: question, isWhole: false, at: now)
    }
  }

  /// Reads an answer. What is none is passed over where a datagram brought it; over TCP nothing better follows.
  private func take(_ bytes: [UInt8], for question: Question, isWhole: Bool, at now: Instant) {
    let key = question.key
    let answer = NameMessage.answer(
      bytes, to: key.name, written: question.written, key.type, identifier: question.identifier)
    let bounds = NameResolver.lifetimes
    switch answer {
    case .addresses(let addresses, let lifetime)?:
      let seconds = min(max(lifetime, bounds.shortest), bounds.longest)
      remember(key, .addresses(addresses), seconds: seconds, at: now)
      finish(question, .addresses(addresses))
    case .none(let lifetime)?:
      let seconds = min(max(lifetime, bounds.shortest), bounds.longestNegative)
      remember(key, .none, seconds: seconds, at: now)
      finish(question, .none)
    case .truncated? where !isWhole: askWhole(question, at: now)
    case .truncated?, .failed?: ask(question, at: now)
    case nil: if isWhole { ask(question, at: now) }
    }
  }

  /// Goes on to the next server.
  public func datagramRefused(_ socket: DatagramSocket, by remote: Endpoint, at now: Instant) {
    if let question = questions.first(where: { $0.socket === socket }) { ask(question, at: now) }
  }

  // MARK: Time

  /// When a server's time is over.
  public var deadline: Instant? {
    var earliest: Instant?
    for question in questions {
      if let known = earliest, known <= question.expiry { continue }
      earliest = question.expiry
    }
    return earliest
  }

  /// Goes on to the next server where one did not answer.
  public func expire(at now: Instant) {
    for question in questions where question.expiry <= now { ask(question, at: now) }
  }
}
