import Testing

@testable import Interchange

@Suite("questions to the decision point, and answers")
struct RemoteDecisionTests {
  let question = RemoteQuestion(
    number: 77,
    request: HTTPPolicyRequest(
      user: "rita", scheme: "basic", roles: ["reader", "clerk"], method: "GET", path: "/orders/7", query: "a=1",
      host: "shop.example", source: PolicyAddress(ipv4: 0x0A00_0001)))
  let answer = RemoteAnswer(number: 77, isPermit: true, validUntil: 1_700_000_000_000, policy: "readers", epoch: 12)

  @Test("both come back as they were")
  func roundTrip() throws {
    #expect(try Report(decoding: Report.question(question).encode()) == .question(question))
    #expect(try RemoteAnswer(decoding: answer.encode()) == answer)
    let message = ControlMessage(
      kind: .answer, audience: [UInt8](repeating: 3, count: 16), version: 0, payload: answer.encode())
    let sealed = message.bytes(sealedBy: .code) + [UInt8](repeating: 0, count: 32)
    #expect(try ControlMessage.decode(sealed, sealedBy: .code).message == message)
  }

  @Test("cut at any byte, or with a byte more, they are refused")
  func truncated() {
    let bytes = Report.question(question).encode()
    for count in 0..<bytes.count {
      #expect(throws: DecodingFault.self) { try Report(decoding: Array(bytes[..<count])) }
    }
    #expect(throws: DecodingFault.self) { try Report(decoding: bytes + [0]) }
    let said = answer.encode()
    for count in 0..<said.count {
      #expect(throws: DecodingFault.self) { try RemoteAnswer(decoding: Array(said[..<count])) }
    }
    #expect(throws: DecodingFault.self) { try RemoteAnswer(decoding: said + [0]) }
  }

  @Test(
    "there is one form of a question: a role that is there twice, roles of nobody, and too wide addresses are refused")
  func oneForm() throws {
    let bytes = Report.question(question).encode()
    let clerk = Array("clerk".utf8)
    let place = try #require(bytes.indices.first { bytes[$0...].starts(with: clerk) })
    // "clerk" is written over, with the other role, which is a letter longer.
    var twice = bytes
    twice.replaceSubrange((place - 4)..<(place + 5), with: [6, 0, 0, 0] + Array("reader".utf8))
    #expect(throws: DecodingFault.self) { try Report(decoding: twice) }
    let user = try #require(bytes.indices.first { bytes[$0...].starts(with: Array("rita".utf8)) })
    var nobody = bytes
    nobody.replaceSubrange((user - 4)..<(user + 4), with: [0, 0, 0, 0])
    #expect(throws: DecodingFault.self) { try Report(decoding: nobody) }
    for offset in [16, 4] {
      var wide = bytes
      wide[bytes.count - offset] = 1
      #expect(throws: DecodingFault.self) { try Report(decoding: wide) }
    }
  }

  @Test("what tells two requests apart is in the key, and what policies cannot see of them is not")
  func keys() {
    let base = question.request
    var keys: Set<[UInt8]> = [RemoteQuestion.key(base)]
    var others: [HTTPPolicyRequest] = [
      HTTPPolicyRequest(user: "ritar", roles: ["eader", "clerk"], method: "GET", path: "/orders/7"),
      HTTPPolicyRequest(user: "rita", roles: ["reader"], method: "GET", path: "/orders/7"),
      HTTPPolicyRequest(user: "rita", roles: ["readerclerk"], method: "GET", path: "/orders/7"),
    ]
    for change: (inout HTTPPolicyRequest) -> Void in [
      { $0.method = "PUT" }, { $0.path = "/orders/8" }, { $0.query = "a=2" }, { $0.host = "other" },
      { $0.scheme = "bearer" }, { $0.source = PolicyAddress(ipv4: 1) },
    ] {
      var other = base
      change(&other)
      others.append(other)
    }
    for other in others { #expect(keys.insert(RemoteQuestion.key(other)).inserted) }
    var same = base
    same.attributes = [PolicyValueField("threat_level", .string("high"))]
    #expect(RemoteQuestion.key(same) == RemoteQuestion.key(base))
  }
}
