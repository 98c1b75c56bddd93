import ControlChannel
import Interchange
import LibraryOS

/// What is read must be written back as it was: there is one form for each meaning.
func readParameters(_ bytes: [UInt8]) {
  guard let parameters = try? Parameter.decode(bytes) else { return }
  precondition(Parameter.encode(parameters) == bytes, "two forms of the same parameters")
}

/// As for parameters.
func readReport(_ bytes: [UInt8]) {
  guard let report = try? Report(decoding: bytes) else { return }
  precondition(report.encode() == bytes, "two forms of the same report")
}

/// A bundle that is read decides any request, and the index leaves nothing out.
func readBundle(_ bytes: [UInt8]) {
  guard let bundle = try? PolicyBundle(decoding: bytes) else { return }
  for request in questions {
    let decision = bundle.decide(request)
    let trace = bundle.trace(request)
    precondition(decision.isAllowed == trace.isAllowed, "the index changes the decision")
    precondition(decision.errors == trace.failed.count || !trace.failed.isEmpty || decision.errors == 0)
    if let determining = decision.determining { precondition(trace.applied.contains(determining)) }
  }
}

private let questions = [
  HTTPPolicyRequest(method: "GET", path: "/"),
  HTTPPolicyRequest(
    user: "carl", scheme: "basic", roles: ["clerk", "reader"], method: "PUT", path: "/orders/17", query: "a=1",
    host: "shop", source: PolicyAddress(ipv4: 0x0A4D_0001),
    attributes: [PolicyValueField("threat_level", .string("high")), PolicyValueField("count", .long(.max))]),
  HTTPPolicyRequest(user: "rita", method: "BREW", path: "/orders//x", attributes: [PolicyValueField("n", .long(.min))]),
]

/// An image that keeps what it is told.
private final class QuietImage: ControlChannel.Delegate {
  var applied = 0
  var drains: [() -> Void] = []

  func apply(_ parameters: [Parameter]) throws(ParameterFault) {
    if parameters.count % 3 == 2 { throw ParameterFault("x", expected: "fewer") }
    applied += 1
  }
  func drain(grace: TimeSpan, completion: @escaping () -> Void) { drains.append(completion) }
  func resume() { drains.removeAll() }
  func contacted() {}
  func awaitsAnswer(to number: UInt64) -> Bool { number % 2 == 0 }
  func receive(_ answer: RemoteAnswer) { precondition(answer.number % 2 == 0) }
  func turnedAway() {}
  func forgetAnswers(before epoch: UInt64) {}
  func reseed(_ bytes: [UInt8]) { precondition(bytes.count >= 32) }
  var mechanisms: [ByteString] { ["firewall"] }
  var counters: [Counter] { [] }
}

private let orchestrator = TestSealer(seed: 7)
private let audience = [UInt8](repeating: 9, count: 16)

/// A script of messages to a channel: sealed by the orchestrator, altered, for another instance, or any bytes.
func runChannel(_ bytes: [UInt8]) {
  let image = QuietImage()
  let channel = ControlChannel(
    key: orchestrator.key,
    boot: ControlMessage(kind: .boot, audience: audience, version: 5, payload: []), delegate: image)
  var rest = bytes[...]
  var genuine = 0
  while let operation = rest.popFirst() {
    let length = Int(rest.popFirst() ?? 0)
    let payload = Array(rest.prefix(length))
    rest = rest.dropFirst(length)
    if operation & 1 == 0 {
      channel.receive(payload[...])
    } else {
      let kind = ControlKind(rawValue: operation >> 1 & 7) ?? .apply
      let version = channel.version &+ UInt64(operation >> 4 & 3)
      let message = orchestrator.sealed(
        ControlMessage(kind: kind, audience: audience, version: version, payload: payload))
      var frame = FrameReader.frame(message)
      if operation & 0x40 != 0 {
        frame[frame.count - 1 - Int(payload.first ?? 0) % ControlSeal.code.length] ^= 1
      } else if kind == .apply {
        genuine += 1
      }
      channel.receive(frame[...])
      if operation & 0x80 != 0 { channel.receive(frame[...]) }
    }
    if let completion = image.drains.popLast() { completion() }
    precondition(image.applied <= genuine, "a change that nobody sealed is in force")
    channel.flush { $0.count / 2 }
  }
}
