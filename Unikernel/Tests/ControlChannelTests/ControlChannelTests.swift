import CBearSSL
import CRuntime
import Cryptography
import Interchange
import LibraryOS
import Testing

@testable import ControlChannel

/// Records what the channel asks for.
private final class RecordingImage: ControlChannel.Delegate {
  var applied: [[Parameter]] = []
  var fault: ParameterFault?
  var drainCompletion: (() -> Void)?
  var entropy: [UInt8] = []
  var contacts = 0
  var resumptions = 0

  func apply(_ parameters: [Parameter]) throws(ParameterFault) {
    if let fault { throw fault }
    applied.append(parameters)
  }
  func drain(grace: TimeSpan, completion: @escaping () -> Void) { drainCompletion = completion }
  func resume() {
    drainCompletion = nil
    resumptions += 1
  }
  func contacted() { contacts += 1 }
  func reseed(_ bytes: [UInt8]) { entropy = bytes }
  var intruders = 0
  func turnedAway() { intruders += 1 }
  var mechanisms: [ByteString] { ["firewall"] }
  var counters: [Counter] { [Counter("firewall.dropped", 3)] }
  var awaited: Set<UInt64> = []
  var answers: [RemoteAnswer] = []
  func awaitsAnswer(to number: UInt64) -> Bool { awaited.contains(number) }
  var epoch: UInt64 = 0
  func forgetAnswers(before epoch: UInt64) { self.epoch = epoch }
  func receive(_ answer: RemoteAnswer) {
    awaited.remove(answer.number)
    answers.append(answer)
  }
}

/// A channel with its key.
private struct Fixture {
  let orchestrator = TestSealer(seed: 7)
  let image = RecordingImage()
  let channel: ControlChannel
  let audience = [UInt8](repeating: 9, count: 16)

  init() {
    let boot = ControlMessage(kind: .boot, audience: audience, version: 5, payload: [])
    channel = ControlChannel(key: orchestrator.key, boot: boot, delegate: image)
  }

  func message(_ kind: ControlKind, version: UInt64, payload: [UInt8] = []) -> [UInt8] {
    orchestrator.sealed(ControlMessage(kind: kind, audience: audience, version: version, payload: payload))
  }

  func send(_ message: [UInt8]) {
    channel.receive(FrameReader.frame(message)[...])
  }

  func output() -> [UInt8] {
    var output: [UInt8] = []
    channel.flush { bytes in
      output += Array(bytes)
      return bytes.count
    }
    return output
  }

  func reports() throws -> [Report] {
    var reader = FrameReader(limit: Report.maximumLength)
    channel.flush { bytes in
      reader.append(Array(bytes)[...])
      return bytes.count
    }
    var reports: [Report] = []
    while let frame = try reader.next() { reports.append(try Report(decoding: frame)) }
    return reports
  }
}

@Suite("the control channel")
struct ControlChannelTests {
  private let change = [Parameter(module: "firewall", name: "rules", value: .list([]))]

  @Test("a sealed change is put in force and acknowledged")
  func applies() throws {
    let fixture = Fixture()
    let message = fixture.message(.apply, version: 6, payload: Parameter.encode(change))
    fixture.send(message)
    #expect(fixture.image.applied == [change])
    #expect(fixture.channel.version == 6)
    #expect(try fixture.reports() == [fixture.orchestrator.acknowledgement(of: message)])
  }

  @Test("a drain can be taken back, by a sealed message without payload only")
  func resumes() throws {
    let fixture = Fixture()
    let drain = fixture.message(.drain, version: 6, payload: [1, 0, 0, 0])
    fixture.send(drain)
    fixture.send(fixture.message(.resume, version: 7, payload: [1]))
    let forged = ControlMessage(kind: .resume, audience: fixture.audience, version: 8, payload: [])
    fixture.send(TestSealer(seed: 8).sealed(forged))
    #expect(fixture.image.resumptions == 0 && fixture.image.drainCompletion != nil)
    let message = fixture.message(.resume, version: 9)
    fixture.send(message)
    #expect(fixture.image.resumptions == 1 && fixture.image.drainCompletion == nil)
    let reports = try fixture.reports()
    #expect(reports.count == 4 && reports.first == fixture.orchestrator.acknowledgement(of: drain))
    #expect(reports.dropFirst().first == .refused(version: 7, reason: "resume: expected no payload"))
    #expect(reports.last == fixture.orchestrator.acknowledgement(of: message))
  }

  @Test("what is accepted is a sign of the orchestrator, what is refused is none")
  func contacts() throws {
    let fixture = Fixture()
    let message = fixture.message(.renew, version: 6)
    fixture.send(message)
    #expect(try fixture.reports() == [fixture.orchestrator.acknowledgement(of: message)])
    #expect(fixture.image.contacts == 1)
    fixture.send(fixture.message(.renew, version: 6))
    fixture.send(fixture.message(.renew, version: 5))
    let forged = ControlMessage(kind: .renew, audience: fixture.audience, version: 9, payload: [])
    fixture.send(TestSealer(seed: 8).sealed(forged))
    #expect(fixture.image.contacts == 1)
    // It renews, and changes nothing else.
    #expect(fixture.channel.version == 5 && fixture.image.applied.isEmpty)
    fixture.send(fixture.message(.renew, version: 7, payload: [1]))
    #expect(try fixture.reports().last == .refused(version: 7, reason: "renew: expected no payload"))
  }

  @Test("when the other end changes, nothing is said until a message is accepted, and then all that was held back")
  func otherEnd() throws {
    let fixture = Fixture()
    fixture.channel.send(.drained)
    fixture.send([UInt8(TESTUDO_CONTROL_CHANGED)])
    // What was said before, and the sign that the change was read; not a word more.
    #expect(fixture.output() == FrameReader.frame(Report.drained.encode()) + [0, 0, 0, 0])
    let event = SecurityEvent(module: "audit", action: "a", severity: .low, time: 1)
    fixture.channel.record(event)
    fixture.send([1, 2, 3])
    fixture.send(fixture.message(.query, version: 5))
    let forged = ControlMessage(kind: .query, audience: fixture.audience, version: 9, payload: [])
    fixture.send(TestSealer(seed: 8).sealed(forged))
    #expect(fixture.output().isEmpty && !fixture.channel.hasOutput)
    #expect(!fixture.channel.ask(RemoteQuestion(number: 1, request: HTTPPolicyRequest(method: "GET", path: "/"))))
    let genuine = fixture.message(.renew, version: 6)
    fixture.send(genuine)
    #expect(try fixture.reports() == [.event(event), fixture.orchestrator.acknowledgement(of: genuine)])
    fixture.send(fixture.message(.renew, version: 6))
    #expect(try fixture.reports() == [.refused(version: 6, reason: "not newer than the last message")])
  }

  @Test("what is held back has the bound of what waits to be sent")
  func heldBound() throws {
    let fixture = Fixture()
    fixture.send([UInt8(TESTUDO_CONTROL_CHANGED)])
    _ = fixture.output()
    let detail = ParameterField("x", .bytes([UInt8](repeating: 1, count: 10_000)))
    for _ in 0..<100 {
      fixture.channel.record(
        SecurityEvent(module: "audit", action: "a", severity: .low, time: 1, details: [detail]))
    }
    fixture.send(fixture.message(.renew, version: 6))
    #expect(fixture.output().count <= ControlChannel.outputLimit + 64)
  }

  @Test("what runs the image says that somebody was turned away, or that it is to exit; other words are refused")
  func turnedAway() throws {
    let fixture = Fixture()
    fixture.send([UInt8(TESTUDO_CONTROL_TURNED_AWAY)])
    #expect(fixture.image.intruders == 1)
    #expect(fixture.output().isEmpty)
    #expect(!fixture.channel.isEnded)
    fixture.send([UInt8(TESTUDO_CONTROL_END)])
    #expect(fixture.channel.isEnded && !fixture.channel.isBroken)
    fixture.send([9])
    #expect(try fixture.reports() == [.refused(version: 0, reason: "not a control message")])
  }

  @Test("a version that is not newer is refused and changes nothing", arguments: [UInt64(0), 4, 5])
  func refusesOld(version: UInt64) throws {
    let fixture = Fixture()
    fixture.send(fixture.message(.apply, version: version, payload: Parameter.encode(change)))
    #expect(fixture.image.applied.isEmpty)
    #expect(try fixture.reports() == [.refused(version: version, reason: "not newer than the last message")])
  }

  @Test("a message that was accepted once is refused when it is played again")
  func refusesReplay() throws {
    let fixture = Fixture()
    let message = fixture.message(.apply, version: 6, payload: Parameter.encode(change))
    fixture.send(message)
    fixture.send(message)
    #expect(fixture.image.applied.count == 1)
  }

  @Test("a message for another instance is refused")
  func refusesOthers() throws {
    let fixture = Fixture()
    let other = ControlMessage(
      kind: .apply, audience: [UInt8](repeating: 8, count: 16), version: 6, payload: Parameter.encode(change))
    fixture.send(fixture.orchestrator.sealed(other))
    #expect(fixture.image.applied.isEmpty)
    #expect(try fixture.reports() == [.refused(version: 6, reason: "meant for another instance")])
  }

  @Test("messages that arrive out of order are refused but the newest")
  func refusesReordered() throws {
    let fixture = Fixture()
    let messages = (6...9).map { fixture.message(.apply, version: $0, payload: Parameter.encode(change)) }
    for index in [1, 0, 3, 2] { fixture.send(messages[index]) }
    #expect(fixture.channel.version == 9 && fixture.image.applied.count == 2)
    #expect(
      try fixture.reports() == [
        fixture.orchestrator.acknowledgement(of: messages[1]),
        .refused(version: 6, reason: "not newer than the last message"),
        fixture.orchestrator.acknowledgement(of: messages[3]),
        .refused(version: 8, reason: "not newer than the last message"),
      ])
  }

  @Test("a signature is no code: what is signed as the boot message is, is refused after it")
  func refusesSigned() throws {
    let fixture = Fixture()
    let message = ControlMessage(
      kind: .apply, audience: fixture.audience, version: 6, payload: Parameter.encode(change))
    fixture.send(TestSigner(seed: 7).signed(message))
    #expect(try fixture.reports() == [.refused(version: 0, reason: "not a control message")])
    #expect(fixture.image.applied.isEmpty)
  }

  @Test("a code by the key for acknowledgements, or by the key they are derived from, is refused")
  func refusesOtherDirection() throws {
    let fixture = Fixture()
    let message = ControlMessage(
      kind: .apply, audience: fixture.audience, version: 6, payload: Parameter.encode(change))
    let bytes = message.bytes(sealedBy: .code)
    let derived = HMACSHA256.code(
      key: fixture.orchestrator.key, message: ControlKeyUse.acknowledgements.label + [1])
    for key in [derived, fixture.orchestrator.key] {
      fixture.send(bytes + HMACSHA256.code(key: key, message: bytes))
    }
    #expect(fixture.image.applied.isEmpty)
    #expect(
      try fixture.reports() == Array(repeating: .refused(version: 6, reason: "wrong authentication code"), count: 2))
  }

  @Test("acknowledgements of messages that differ in anything differ in their proof")
  func proves() {
    let fixture = Fixture()
    let one = fixture.message(.apply, version: 6, payload: Parameter.encode(change))
    let two = fixture.message(.apply, version: 6, payload: Parameter.encode([]))
    #expect(fixture.orchestrator.acknowledgement(of: one) != fixture.orchestrator.acknowledgement(of: two))
    #expect(
      TestSealer(seed: 8).acknowledgement(of: one) != fixture.orchestrator.acknowledgement(of: one))
  }

  @Test("a message sealed by somebody else is refused, and does not use up its version")
  func refusesForged() throws {
    let fixture = Fixture()
    let message = ControlMessage(
      kind: .apply, audience: fixture.audience, version: 6, payload: Parameter.encode(change))
    fixture.send(TestSealer(seed: 8).sealed(message))
    #expect(try fixture.reports() == [.refused(version: 6, reason: "wrong authentication code")])
    let genuine = fixture.orchestrator.sealed(message)
    fixture.send(genuine)
    #expect(try fixture.reports() == [fixture.orchestrator.acknowledgement(of: genuine)])
  }

  @Test("a message altered in any one byte is refused")
  func refusesAltered() throws {
    let message = Fixture().message(.apply, version: 6, payload: Parameter.encode(change))
    for index in message.indices {
      let fixture = Fixture()
      var altered = message
      altered[index] ^= 1
      fixture.send(altered)
      #expect(fixture.image.applied.isEmpty, "byte \(index)")
    }
  }

  @Test("a message cut short anywhere is refused")
  func refusesTruncated() throws {
    let message = Fixture().message(.apply, version: 6, payload: Parameter.encode(change))
    for count in 0..<message.count {
      let fixture = Fixture()
      fixture.send(Array(message[..<count]))
      #expect(fixture.image.applied.isEmpty, "\(count) bytes")
      #expect(try fixture.reports() == [.refused(version: 0, reason: "not a control message")])
    }
  }

  @Test("what a module refuses leaves the version in force as it was")
  func keepsVersion() throws {
    let fixture = Fixture()
    fixture.image.fault = ParameterFault("firewall.flows", expected: "a list")
    fixture.send(fixture.message(.apply, version: 6, payload: Parameter.encode(change)))
    #expect(fixture.channel.version == 5)
    #expect(try fixture.reports() == [.refused(version: 6, reason: "firewall.flows: expected a list")])
  }

  @Test("a drain is acknowledged at once and reported when it is complete")
  func drains() throws {
    let fixture = Fixture()
    let message = fixture.message(.drain, version: 6, payload: [100, 0, 0, 0])
    fixture.send(message)
    #expect(try fixture.reports() == [fixture.orchestrator.acknowledgement(of: message)])
    fixture.image.drainCompletion?()
    #expect(try fixture.reports() == [.drained])
  }

  @Test("a query is answered with readiness, counters and an acknowledgement")
  func answersQuery() throws {
    let fixture = Fixture()
    let message = fixture.message(.query, version: 6)
    fixture.send(message)
    let reports = try fixture.reports()
    #expect(reports.first == .ready(version: 5, mechanisms: ["firewall"]))
    #expect(reports.last == fixture.orchestrator.acknowledgement(of: message))
  }

  @Test("messages arrive byte by byte as well as at once")
  func acceptsPieces() throws {
    let fixture = Fixture()
    let first = FrameReader.frame(fixture.message(.query, version: 6))
    let second = FrameReader.frame(fixture.message(.apply, version: 7, payload: Parameter.encode(change)))
    for byte in first + second { fixture.channel.receive([byte]) }
    #expect(fixture.image.applied.count == 1)
  }

  @Test("events give way when nobody reads, and are counted")
  func boundsOutput() throws {
    let fixture = Fixture()
    let event = SecurityEvent(module: "firewall", action: "dropped", severity: .medium, time: 0)
    for _ in 0..<20_000 { fixture.channel.record(event) }
    fixture.send(fixture.message(.query, version: 6))
    let reports = try fixture.reports()
    let counters = reports.compactMap { report -> [Counter]? in
      if case .status(_, let counters) = report { counters } else { nil }
    }.first
    let dropped = try #require(counters?.first { $0.name == "control.dropped-events" }?.value)
    let sent = reports.filter { if case .event = $0 { true } else { false } }.count
    #expect(dropped > 0)
    #expect(sent + Int(dropped) == 20_000)
  }

  @Test("a frame beyond the limit breaks the channel instead of filling memory")
  func breaksOnLongFrame() {
    let fixture = Fixture()
    fixture.channel.receive([0xFF, 0xFF, 0xFF, 0x7F])
    #expect(fixture.channel.isBroken)
  }

  @Test("only a signed boot message starts an image")
  func checksBoot() {
    let signer = TestSigner(seed: 7)
    let boot = ControlMessage(kind: .boot, audience: [UInt8](repeating: 1, count: 16), version: 1, payload: [1])
    let query = ControlMessage(kind: .query, audience: boot.audience, version: 1, payload: [])
    #expect(ControlChannel.acceptBoot(signer.signed(boot), publicKey: signer.publicKey) == boot)
    #expect(ControlChannel.acceptBoot(TestSigner(seed: 8).signed(boot), publicKey: signer.publicKey) == nil)
    #expect(ControlChannel.acceptBoot(signer.signed(query), publicKey: signer.publicKey) == nil)
    #expect(ControlChannel.acceptBoot([], publicKey: signer.publicKey) == nil)
  }

  @Test(
    "an answer reaches whoever waits for it, once, whatever its version, and only with the channel's code")
  func answers() throws {
    let fixture = Fixture()
    let answer = RemoteAnswer(number: 3, isPermit: true, validUntil: 9, policy: "readers")
    let message = fixture.message(.answer, version: 1, payload: answer.encode())
    fixture.send(message)
    #expect(fixture.image.answers.isEmpty, "nobody waits for it")
    fixture.image.awaited = [3]
    var forged = message
    forged[forged.count - 1] ^= 1
    fixture.send(forged)
    #expect(fixture.image.answers.isEmpty && fixture.image.awaited == [3])
    fixture.send(message)
    #expect(fixture.image.answers == [answer])
    fixture.send(message)
    #expect(fixture.image.answers == [answer], "the question has its answer")
    // Changes go on as if there had been no answers.
    fixture.send(fixture.message(.apply, version: 6, payload: Parameter.encode([])))
    #expect(fixture.channel.version == 6)
  }

  @Test("answers are forgotten when the orchestrator says so")
  func forgets() throws {
    let fixture = Fixture()
    let message = fixture.message(.forget, version: 6, payload: [7, 0, 0, 0, 0, 0, 0, 0])
    fixture.send(message)
    #expect(fixture.image.epoch == 7 && fixture.channel.version == 5)
    fixture.send(fixture.message(.forget, version: 7, payload: [9]))
    #expect(fixture.image.epoch == 7)
    #expect(
      try fixture.reports() == [
        fixture.orchestrator.acknowledgement(of: message),
        .refused(version: 7, reason: "forget: expected an epoch of 8 bytes"),
      ])
  }

  @Test("questions that would not fit into what waits to be sent are not sent")
  func questions() throws {
    let fixture = Fixture()
    let question = RemoteQuestion(
      number: 1, request: HTTPPolicyRequest(method: "GET", path: ByteString([UInt8](repeating: 0x2F, count: 8000))))
    var sent = 0
    while sent < 1000, fixture.channel.ask(question) { sent += 1 }
    #expect(sent > 10 && sent * 8000 <= ControlChannel.outputLimit)
    #expect(try fixture.reports() == [Report](repeating: .question(question), count: sent))
    #expect(fixture.channel.ask(question))
    let long = HTTPPolicyRequest(method: "GET", path: ByteString([UInt8](repeating: 0x2F, count: 50_000)))
    #expect(!fixture.channel.ask(RemoteQuestion(number: 2, request: long)))
  }
}
