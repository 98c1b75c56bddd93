import Interchange
import LibraryOS
import LibraryOSTesting
import Testing
import UserDatagrams

@testable import NameResolution

/// A network whose only host is a name server that tests speak for.
private final class Network: DatagramCarrier {
  var sent: [(bytes: [UInt8], destination: IPAddress)] = []
  private var receiver: (any DatagramReceiver)?

  func carry(_ protocolNumber: UInt8, to receiver: any DatagramReceiver) { self.receiver = receiver }

  func source(for destination: IPAddress) -> IPAddress? { IPAddress("10.0.0.2") }

  func send(
    _ protocolNumber: UInt8, _ bytes: UnsafeRawBufferPointer, from source: IPAddress, to destination: IPAddress,
    at now: Instant
  ) -> Bool {
    sent.append((Array(bytes), destination))
    return true
  }

  /// Answers the last question from `server`; `port`: from another one than the server's.
  func answer(_ payload: [UInt8], server: IPAddress, port: UInt8 = 53, at now: Instant) {
    guard let question = sent.last?.bytes else { return }
    let length = 8 + payload.count
    let bytes: [UInt8] =
      [0, port, question[0], question[1], UInt8(length >> 8), UInt8(length & 255), 0, 0] + payload
    bytes.withUnsafeBytes {
      _ = receiver?.receive(
        $0, from: server, to: IPAddress(IPv4Address(10, 0, 0, 2)), isChecksumTrusted: true, at: now)
    }
  }

  /// The last question's message.
  var question: [UInt8] { Array(sent.last?.bytes.dropFirst(8) ?? []) }
}

@Suite("The name resolver")
struct NameResolverTests {
  private let network = Network()
  private let streams = InMemoryNetwork()
  private let clock = ManualClock(wallMilliseconds: 0)
  private let resolver: NameResolver
  private let first = IPAddress(IPv4Address(10, 0, 0, 53))
  private let second = IPAddress(IPv4Address(10, 0, 0, 54))

  init() {
    let random = RepeatableRandom()
    resolver = NameResolver(
      datagrams: UserDatagrams(carrier: network, random: random), network: streams, clock: clock, random: random)
    resolver.use([Endpoint(first, port: 53), Endpoint(second, port: 53)])
  }

  /// What `resolve` found, as it comes.
  private final class Box {
    var found: [Resolution] = []
  }

  private func ask(_ name: String, _ type: RecordType = .a) -> Box {
    let box = Box()
    resolver.resolve(ByteString(name), type) { box.found.append($0) }
    return box
  }

  /// An answer to the question that was sent last; each record follows a pointer to the name asked for.
  private func answer(_ records: [[UInt8]], code: UInt8 = 0, flags: UInt8 = 0x81, authorities: Int = 0) -> [UInt8] {
    var bytes = network.question
    bytes[2] = flags
    bytes[3] = 0x80 | code
    bytes[7] = UInt8(records.count - authorities)
    bytes[9] = UInt8(authorities)
    return bytes + records.joined()
  }

  private func record(_ type: UInt8, seconds: UInt8 = 60, _ data: [UInt8], name: [UInt8] = [0xC0, 12]) -> [UInt8] {
    name + [0, type, 0, 1, 0, 0, 0, seconds, 0, UInt8(data.count)] + data
  }

  private func reply(_ bytes: [UInt8]) { network.answer(bytes, server: first, at: clock.now) }

  @Test("a name is asked for, and its answer remembered for as long as it says")
  func addresses() throws {
    let box = ask("Backend.Example")
    #expect(
      network.question.dropFirst(12).map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 } == [7] + Array("backend".utf8)
        + [7] + Array("example".utf8) + [
          0, 0, 1, 0, 1,
        ])
    reply(answer([record(1, [10, 0, 0, 7]), record(1, seconds: 30, [10, 0, 0, 8])]))
    let expected = Resolution.addresses([IPAddress(IPv4Address(10, 0, 0, 7)), IPAddress(IPv4Address(10, 0, 0, 8))])
    #expect(box.found == [expected])
    clock.now = clock.now + .seconds(29)
    #expect(ask("backend.example.").found == [expected])
    #expect(network.sent.count == 1)
    clock.now = clock.now + .seconds(2)
    #expect(ask("backend.example").found.isEmpty)
    #expect(network.sent.count == 2)
  }

  @Test("IPv6 addresses are asked for as such; an address needs no question")
  func versionSix() throws {
    let box = ask("a.b", .aaaa)
    reply(answer([record(28, [0xFD] + [UInt8](repeating: 0, count: 14) + [9])]))
    #expect(box.found == [.addresses([try #require(IPAddress("fd00::9"))])])
    #expect(ask("fd00::1", .aaaa).found == [.addresses([try #require(IPAddress("fd00::1"))])])
    #expect(ask("fd00::1", .a).found == [.none])
    #expect(network.sent.count == 1)
  }

  @Test("aliases are followed, in circles only so often")
  func aliases() {
    let box = ask("www.a")
    let target: [UInt8] = [1, 0x62, 0xC0, 16]
    reply(answer([record(5, target), record(1, [10, 0, 0, 7], name: target)]))
    #expect(box.found == [.addresses([IPAddress(IPv4Address(10, 0, 0, 7))])])
    let circle = ask("c.a")
    reply(answer([record(5, [0xC0, 12])]))
    #expect(circle.found == [Resolution.none])
  }

  @Test("that there is nothing is remembered for as long as the zone says")
  func negative() {
    let box = ask("no.where")
    let authority = record(6, [0, 0] + [UInt8](repeating: 0, count: 19) + [20])
    reply(answer([authority], code: 3, authorities: 1))
    #expect(box.found == [Resolution.none])
    clock.now = clock.now + .seconds(19)
    #expect(ask("no.where").found == [Resolution.none])
    clock.now = clock.now + .seconds(2)
    #expect(ask("no.where").found.isEmpty)
  }

  @Test("what is not the answer to the question is not believed")
  func forgeries() {
    let box = ask("bank.example")
    let good = answer([record(1, [10, 0, 0, 7])])
    for index in good.indices where index < 3 || index == 5 || index > 11 && index < 27 {
      var forged = good
      forged[index] ^= index == 2 ? 0x80 : 1
      reply(forged)
    }
    for length in 0..<good.count { reply(Array(good[..<length])) }
    // Letters of the other case were not asked for.
    for index in [13, 18, 20] {
      var forged = good
      forged[index] ^= 0x20
      reply(forged)
    }
    network.answer(good, server: second, at: clock.now)
    network.answer(good, server: first, port: 54, at: clock.now)
    #expect(box.found.isEmpty)
    reply(good)
    #expect(box.found.count == 1)
  }

  @Test("pointers that lead forward or to themselves end the reading")
  func loops() {
    for pointer: [UInt8] in [[0xC0, 29], [0xC0, 31], [0xC0, 200], [0xFF, 0xFF], [1, 0x61, 0xC0, 29]] {
      let box = ask("bank.example")
      reply(answer([record(1, [10, 0, 0, 7], name: pointer)]))
      #expect(box.found.isEmpty, "\(pointer)")
      reply(answer([record(1, [10, 0, 0, 7])], code: 2))
      resolver.use(resolver.servers)
      while let deadline = resolver.deadline {
        clock.now = deadline
        resolver.expire(at: deadline)
      }
    }
  }

  @Test("each server is asked twice, two seconds each, from other ports and with other identifiers")
  func retries() {
    let box = ask("slow.example")
    for _ in 0..<10 {
      guard let deadline = resolver.deadline else { break }
      clock.now = deadline
      resolver.expire(at: deadline)
    }
    #expect(box.found == [.failed])
    #expect(network.sent.map(\.destination) == [first, second, first, second])
    #expect(Set(network.sent.map { Array($0.bytes[0..<2]) }).count == 4)
    #expect(Set(network.sent.map { Array($0.bytes[8..<10]) }).count == 4)
    #expect(resolver.questionCount == 0)
  }

  @Test("a server that fails or cuts its answer short gives way to the next", arguments: [true, false])
  func next(isCut: Bool) {
    let box = ask("a.b")
    reply(isCut ? answer([], flags: 0x83) : answer([], code: 2))
    // Where nobody takes connections, a cut answer is none.
    streams.run()
    #expect(network.sent.last?.destination == second)
    network.answer(answer([record(1, [10, 0, 0, 7])]), server: second, at: clock.now)
    #expect(box.found.count == 1)
  }

  @Test("each question has letters of its own case, and no other byte of the name changes")
  func letters() {
    var seen: Set<[UInt8]> = []
    let name = DomainName("www-1.bank_2.example").unsafelyUnwrapped
    for seed in UInt64(1)...200 {
      let drawn = NameMessage.drawn(name, random: RepeatableRandom(seed: seed))
      seen.insert(drawn)
      #expect(zip(drawn, name.bytes).allSatisfy { $0 == $1 || $0 | 0x20 == $1 && $1 >= 0x61 && $1 <= 0x7A })
    }
    #expect(seen.count > 190)
  }

  /// What a server does with a question over TCP.
  enum Whole: CaseIterable {
    case answers, answersByteByByte, answersWithNonsense, answersCutAgain, closes, isSilent
  }

  @Test("an answer that does not fit is asked for over TCP, at the same server", arguments: Whole.allCases)
  func whole(_ way: Whole) throws {
    let server = StreamServer(way)
    #expect(streams.serve(Endpoint(first, port: 53), server))
    let box = ask("big.example")
    let question = network.question
    server.answer = answer((0..<9).map { record(1, [10, 0, 0, $0]) })
    if way == .answersCutAgain { server.answer[2] |= 2 }
    reply(answer([], flags: 0x83))
    streams.run()
    #expect(server.received == [0, UInt8(question.count)] + question)
    switch way {
    case .answers, .answersByteByByte:
      #expect(box.found == [.addresses((0..<9).map { IPAddress(IPv4Address(10, 0, 0, $0)) })])
      #expect(network.sent.count == 1 && resolver.deadline == nil && ask("big.example").found.count == 1)
    case .isSilent:
      #expect(box.found.isEmpty && network.sent.count == 1)
      clock.now = try #require(resolver.deadline)
      resolver.expire(at: clock.now)
      #expect(network.sent.last?.destination == second)
    default:
      #expect(box.found.isEmpty && network.sent.last?.destination == second)
    }
    // Nothing is left open.
    streams.run()
    #expect(server.isGone)
  }

  @Test("those who ask the same wait for one answer; questions and memory have bounds")
  func bounds() {
    let boxes = (0..<5).map { _ in ask("same.example") }
    #expect(network.sent.count == 1)
    reply(answer([record(1, [10, 0, 0, 7])]))
    #expect(boxes.allSatisfy { $0.found.count == 1 })
    for number in 0..<1000 {
      _ = ask("n\(number).example")
      reply(answer([record(1, [10, 0, 0, 7])]))
    }
    #expect(resolver.rememberedCount == NameResolver.maximumAnswers)
    var failed = 0
    for number in 0..<100 { failed += ask("m\(number).example").found.count }
    #expect(resolver.questionCount == NameResolver.maximumQuestions)
    #expect(failed == 100 - NameResolver.maximumQuestions)
  }

  @Test(
    "what is no name is not asked for",
    arguments: ["", ".", "a..b", "-".padding(64), "a b", "é", String(repeating: "abcdefg.", count: 33)])
  func names(text: String) {
    #expect(ask(text).found == [.failed])
    #expect(network.sent.isEmpty)
  }

  @Test("whatever bits are flipped, reading ends", arguments: [UInt64(1), 2, 3])
  func noise(seed: UInt64) {
    var state = seed
    func below(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    let name = DomainName("www.bank.example").unsafelyUnwrapped
    var sample = NameMessage.question(name.bytes, .a, identifier: 7)
    sample[2] = 0x81
    sample[7] = 2
    sample[9] = 1
    sample += record(5, [1, 0x62, 0xC0, 16]) + record(1, [10, 0, 0, 7]) + record(6, [UInt8](repeating: 0, count: 22))
    for _ in 0..<50_000 {
      var message = sample
      for _ in 0...below(4) { message[below(message.count)] ^= 1 << UInt8(below(8)) }
      if below(4) == 0 { message.removeLast(below(message.count)) }
      _ = NameMessage.answer(message, to: name, written: name.bytes, .a, identifier: 7)
    }
  }
}

/// A server that takes one question over TCP.
private final class StreamServer: StreamAcceptor, StreamHandler {
  let way: NameResolverTests.Whole
  var answer: [UInt8] = []
  var received: [UInt8] = []
  var isGone = false

  init(_ way: NameResolverTests.Whole) {
    self.way = way
  }

  func accept(_ stream: any ByteStream) -> (any StreamHandler)? { self }
  func streamOpened(_ stream: any ByteStream) {}
  func streamWritable(_ stream: any ByteStream) {}
  func streamEnded(_ stream: any ByteStream) { stream.close() }
  func streamClosed(_ stream: any ByteStream, reason: CloseReason) { isGone = true }

  func streamReadable(_ stream: any ByteStream) {
    received += stream.read(limit: .max)
    let whole = [UInt8(answer.count >> 8), UInt8(answer.count & 255)] + answer
    switch way {
    case .answers, .answersCutAgain: _ = stream.write(whole[...])
    case .answersByteByByte: for byte in whole { _ = stream.write([byte][...]) }
    case .answersWithNonsense: _ = stream.write([0, 3, 1, 2, 3][...])
    case .closes: stream.close()
    case .isSilent: break
    }
  }
}

extension String {
  /// This repeated to that length.
  fileprivate func padding(_ length: Int) -> String { String(repeating: self, count: length) }
}
