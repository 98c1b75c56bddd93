import Foundation
import SecTOSCA
import Testing

@testable import OpenC2

@Suite("Commands of OpenC2")
struct OpenC2CommandTests {
  private static let now = 1_800_000_000_000

  private func message(_ command: String, _ form: OpenC2Message.Form = .bare) -> OpenC2Message {
    OpenC2Message(Data(command.utf8), form: form, identifier: nil, now: Self.now)
  }

  private func order(_ command: String) throws -> PacketFilterOrder {
    try PacketFilterOrder(message(command).command.get())
  }

  private func rule(_ command: String) throws -> PacketFilterRule {
    guard case .insert(let rule) = try order(command) else { throw OpenC2Refusal(.internalError, "no rule") }
    return rule
  }

  private func refusal(_ command: String) -> OpenC2Refusal? {
    do {
      _ = try order(command)
      return nil
    } catch {
      return error as? OpenC2Refusal
    }
  }

  @Test("a connection is denied for a time, at one service's filters")
  func connection() throws {
    let rule = try rule(
      #"""
      {"action": "deny", "command_id": "c1",
       "target": {"ipv4_connection": {"protocol": "tcp", "src_addr": "192.0.2.7", "dst_port": 8080}},
       "args": {"duration": 60000, "slpf": {"direction": "ingress", "insert_rule": 5, "persistent": false}},
       "actuator": {"slpf": {"named_group": "portal", "hostname": "storefront"}}}
      """#)
    #expect(!rule.permits && rule.number == 5 && !rule.isPersistent && rule.direction == .ingress)
    #expect(rule.filters == .init(hostname: "storefront", group: "portal"))
    #expect(
      rule.pattern
        == TrafficPattern(
          isIPv6: false, addresses: .both(source: IPNetwork(around: "192.0.2.7"), destination: nil),
          transport: .tcp, destinationPort: 8080))
    #expect(rule.holds(at: Self.now) && rule.holds(at: Self.now + 59_999) && !rule.holds(at: Self.now + 60_000))
    #expect(rule.nextChange(after: Self.now) == Self.now + 60_000)
  }

  @Test("a network is meant as either end, and a rule without times holds for ever, both ways")
  func network() throws {
    let rule = try rule(#"{"action": "allow", "target": {"ipv6_net": "2001:db8::/32"}}"#)
    #expect(rule.permits && rule.direction == .both && rule.isPersistent && rule.number == nil)
    #expect(rule.pattern.addresses == .either(try #require(IPNetwork(around: "2001:db8::/32"))))
    #expect(rule.nextChange(after: Self.now) == nil && rule.holds(at: .max - 1))
    let stored = try JSONDecoder().decode(PacketFilterRule.self, from: JSONEncoder().encode(rule))
    #expect(stored == rule)
  }

  @Test("two of start, end and duration say the third")
  func times() throws {
    func times(_ arguments: String) throws -> [Int?] {
      let rule = try rule(#"{"action": "deny", "target": {"ipv4_net": "192.0.2.1"}, "args": {\#(arguments)}}"#)
      return [rule.start, rule.stop].map { $0.map { $0 - Self.now } }
    }
    let now = Self.now
    #expect(try times(#""start_time": \#(now + 10), "duration": 5"#) == [10, 15])
    #expect(try times(#""stop_time": \#(now + 10), "duration": 5"#) == [5, 10])
    #expect(try times(#""stop_time": \#(now + 10)"#) == [nil, 10])
    #expect(try times(#""start_time": \#(now - 10)"#) == [-10, nil])
  }

  @Test("rules end by their number, at once or later")
  func removal() throws {
    #expect(try order(#"{"action": "delete", "target": {"slpf:rule_number": 7}}"#) == .remove(number: 7, at: nil))
    #expect(
      try order(#"{"action": "delete", "target": {"slpf": {"rule_number": 7}}, "args": {"start_time": 9}}"#)
        == .remove(number: 7, at: 9))
  }

  @Test(
    "what is no command is refused as such",
    arguments: [
      "", "[]", #""deny""#, #"{"action": "deny"}"#, #"{"action": "forbid", "target": {"ipv4_net": "192.0.2.1"}}"#,
      #"{"action": "deny", "target": {}}"#, #"{"action": "deny", "target": {"ipv4_net": 1}}"#,
      #"{"action": "deny", "target": {"ipv4_net": "192.0.2.1", "ipv6_net": "::1"}}"#,
      #"{"action": "deny", "target": {"ipv4_net": "2001:db8::1"}}"#,
      #"{"action": "deny", "target": {"ipv4_net": "192.0.2.1/33"}}"#,
      #"{"action": "deny", "target": {"ipv4_connection": {}}}"#,
      #"{"action": "deny", "target": {"ipv4_connection": {"dst_port": 80}}}"#,
      #"{"action": "deny", "target": {"ipv4_connection": {"protocol": "icmp", "dst_port": 80}}}"#,
      #"{"action": "deny", "target": {"ipv4_connection": {"protocol": "tcp", "dst_port": 65536}}}"#,
      #"{"action": "deny", "target": {"ipv4_connection": {"protocol": "tcp", "dst_port": true}}}"#,
      #"{"action": "deny", "target": {"ipv4_net": "192.0.2.1"}, "nothing": 1}"#,
      #"{"action": "deny", "target": {"ipv4_net": "192.0.2.1"}, "args": {"slpf": {"persistent": 1}}}"#,
      #"{"action": "deny", "target": {"ipv4_net": "192.0.2.1"}, "args": {"stop_time": 1}}"#,
      #"{"action": "deny", "target": {"ipv4_net": "192.0.2.1"}, "args": {"duration": 0}}"#,
      #"{"action": "deny", "target": {"ipv4_net": "192.0.2.1"}, "args": {"duration": 1.5}}"#,
      #"{"action": "deny", "target": {"ipv4_net": "192.0.2.1"}, "args": {"duration": -1}}"#,
      #"{"action": "deny", "target": {"ipv4_net": "192.0.2.1"}, "args": {"response_requested": "all"}}"#,
      #"{"action": "deny", "target": {"ipv4_net": "192.0.2.1"}, "args": {"response_requested": "ack", "slpf": {"insert_rule": 1}}}"#,
      #"{"action": "query", "target": {"features": ["versions", "versions"]}}"#,
      #"{"action": "query", "target": {"features": ["colour"]}}"#,
      #"{"action": "query", "target": {"features": []}, "args": {"duration": 5}}"#,
      #"{"action": "delete", "target": {"slpf:rule_number": 0}}"#,
      #"{"action": "delete", "target": {"slpf:rule_number": 1}, "args": {"duration": 5}}"#,
    ])
  func malformed(command: String) {
    #expect(refusal(command)?.status == .badRequest, "\(command)")
  }

  @Test(
    "what is of the language, and nothing here does, is refused as such",
    arguments: [
      #"{"action": "scan", "target": {"ipv4_net": "192.0.2.1"}}"#,
      #"{"action": "update", "target": {"file": {"name": "rules"}}}"#,
      #"{"action": "deny", "target": {"file": {"name": "a"}}}"#,
      #"{"action": "query", "target": {"ipv4_net": "192.0.2.1"}}"#,
      #"{"action": "deny", "target": {"ipv4_connection": {"protocol": "sctp"}}}"#,
      #"{"action": "deny", "target": {"ipv4_connection": {"protocol": "icmp", "icmp_type": 8}}}"#,
      #"{"action": "deny", "target": {"ipv4_net": "192.0.2.1"}, "args": {"period": 5}}"#,
      #"{"action": "deny", "target": {"ipv4_net": "192.0.2.1"}, "args": {"slpf": {"drop_process": "reject"}}}"#,
      #"{"action": "deny", "target": {"ipv4_net": "192.0.2.1"}, "args": {"slpf": {"quietly": true}}}"#,
      #"{"action": "deny", "target": {"ipv4_net": "192.0.2.1"}, "actuator": {"x-edr": {}}}"#,
      #"{"action": "deny", "target": {"ipv4_net": "192.0.2.1"}, "actuator": {"slpf": {"asset_tuple": ["a"]}}}"#,
    ])
  func unsupported(command: String) {
    #expect(refusal(command)?.status == .notImplemented, "\(command)")
  }

  @Test("a message with headers is answered under its identifier, as one without is")
  func wrapped() throws {
    let command = #"{"action": "query", "target": {"features": ["versions", "pairs"]}}"#
    let message = message(
      #"{"headers": {"request_id": "r1", "from": "soc"}, "body": {"openc2": {"request": \#(command)}}}"#, .wrapped)
    #expect(message.request == "r1")
    #expect(
      try PacketFilterOrder(message.command.get()) == .query([.versions, .pairs]))
    let answer = OpenC2Response(features: [.versions, .pairs], commandsPerMinute: 60)
    let written = try #require(
      JSONSerialization.jsonObject(with: message.answer(answer, now: 5)) as? NSDictionary)
    let expected: NSDictionary = [
      "headers": ["request_id": "r1", "created": 5],
      "body": [
        "openc2": [
          "response": [
            "status": 200,
            "results": [
              "versions": ["1.0"],
              "pairs": [
                "allow": ["ipv4_connection", "ipv4_net", "ipv6_connection", "ipv6_net"],
                "deny": ["ipv4_connection", "ipv4_net", "ipv6_connection", "ipv6_net"],
                "delete": ["slpf:rule_number"], "query": ["features"],
              ],
            ],
          ]
        ]
      ],
    ]
    #expect(written == expected)
    let bare = OpenC2Message(Data(command.utf8), form: .bare, identifier: "r2", now: Self.now)
    #expect(bare.request == "r2")
    #expect(
      String(decoding: try bare.answer(.done(rule: 3), now: 5), as: UTF8.self)
        == #"{"results":{"slpf":{"rule_number":3}},"status":200}"#)
  }

  @Test(
    "a message that is none is refused, and answered under its identifier where it has one",
    arguments: [
      #"{"headers": {"request_id": "r1"}}"#,
      #"{"headers": {"request_id": "r1"}, "body": {"openc2": {"response": {}}}}"#,
      #"{"headers": {"request_id": "r1"}, "body": {}}"#,
      #"{"headers": {"request_id": "r1"}, "body": {"openc2": {"request": {"action": "deny"}}}}"#,
    ])
  func malformedMessage(text: String) {
    let message = message(text, .wrapped)
    #expect(message.request == "r1")
    #expect(throws: OpenC2Refusal.self) { try message.command.get() }
  }

  @Test("mutilated messages never stop the reader")
  func mutilated() {
    let sound = Array(
      #"{"headers":{"request_id":"r"},"body":{"openc2":{"request":{"action":"deny","target":{"ipv4_connection":{"protocol":"tcp","src_addr":"192.0.2.0/24","dst_port":80}},"args":{"duration":5,"slpf":{"insert_rule":4}}}}}}"#
        .utf8)
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<2000 {
      var bytes = sound
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let index = Int.random(in: 0..<bytes.count, using: &generator)
        switch Int.random(in: 0..<3, using: &generator) {
        case 0: bytes[index] = UInt8.random(in: 0...255, using: &generator)
        case 1: bytes.remove(at: index)
        default: bytes.insert(bytes[Int.random(in: 0..<bytes.count, using: &generator)], at: index)
        }
      }
      for form in [OpenC2Message.Form.wrapped, .bare] {
        let message = OpenC2Message(Data(bytes), form: form, identifier: nil, now: Self.now)
        _ = try? PacketFilterOrder(message.command.get())
      }
    }
  }
}
