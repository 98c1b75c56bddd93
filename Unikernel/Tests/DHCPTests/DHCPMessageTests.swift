import LibraryOS
import LibraryOSTesting
import Testing

@testable import DHCP

@Suite("Messages of DHCP")
struct DHCPMessageTests {
  @Test("a request has its fields where RFC 2131 has them, and 300 bytes at least")
  func written() {
    var message = DHCPMessage(.request, transaction: 0x0102_0304, hardware: 0x0200_0000_0002)
    message.seconds = 0x0506
    message.requested = IPv4Address(10, 0, 0, 9)
    message.server = IPv4Address(10, 0, 0, 1)
    let bytes = message.bytes
    #expect(bytes.count == 300)
    #expect(bytes[..<12] == [1, 1, 6, 0, 1, 2, 3, 4, 5, 6, 0, 0])
    #expect(bytes[28..<34] == [2, 0, 0, 0, 0, 2])
    #expect(
      bytes[236..<275] == [
        0x63, 0x82, 0x53, 0x63, 53, 1, 3, 61, 7, 1, 2, 0, 0, 0, 0, 2, 50, 4, 10, 0, 0, 9, 54, 4, 10, 0, 0, 1, 55, 6, 1,
        3,
        6, 51, 58, 59, 255, 0, 0,
      ])
    message.client = IPv4Address(10, 0, 0, 9)
    #expect(message.bytes[12..<16] == [10, 0, 0, 9])
    #expect(DHCPMessage(message.bytes) == nil)
  }

  @Test("what a server says is read, from the other fields too where it says so")
  func read() throws {
    var sent = ServerMessage(type: .acknowledge, transaction: 7)
    sent.more = [0, 6, 8, 9, 9, 9, 9, 8, 8, 8, 8, 58, 4, 0, 0, 1, 0, 59, 4, 0, 0, 2, 0, 12, 3, 1, 2, 3]
    let message = try #require(sent.message)
    #expect(message.type == .acknowledge && message.transaction == 7)
    #expect(message.given == IPv4Address(10, 0, 0, 9) && message.server == IPv4Address(10, 0, 0, 1))
    #expect(message.prefixLength == 24 && message.router == IPv4Address(10, 0, 0, 1))
    #expect(message.nameServers == [IPv4Address(9, 9, 9, 9), IPv4Address(8, 8, 8, 8)])
    #expect(message.leaseSeconds == 3600 && message.renewalSeconds == 256 && message.rebindingSeconds == 512)
    // In `file` and `sname`.
    sent.router = nil
    sent.more = [52, 1, 3]
    var bytes = sent.bytes
    bytes.replaceSubrange(108..<115, with: [3, 4, 10, 0, 0, 2, 255])
    bytes.replaceSubrange(44..<51, with: [6, 4, 1, 1, 1, 1, 255])
    let overloaded = try #require(DHCPMessage(bytes))
    #expect(overloaded.router == IPv4Address(10, 0, 0, 2) && overloaded.nameServers == [IPv4Address(1, 1, 1, 1)])
  }

  static let damaged: [(String, @Sendable (inout [UInt8]) -> Void)] = [
    ("a client's", { $0[0] = 1 }), ("no Ethernet", { $0[1] = 6 }), ("another length of address", { $0[2] = 8 }),
    ("no options", { $0[236] = 0 }), ("no type", { $0[240] = 0 }), ("an unknown type", { $0[242] = 77 }),
    ("an option that leads out", { $0[262] = 200 }),
    ("a mask with holes", { $0[257] = 0x0F }),
    ("a short mask", { $0[256] = 3 }), ("cut off", { $0.removeLast(230) }),
  ]

  @Test("what is no such message is not read", arguments: 0..<10)
  func refused(_ index: Int) {
    var bytes = ServerMessage(transaction: 1).bytes
    #expect(DHCPMessage(bytes) != nil)
    DHCPMessageTests.damaged[index].1(&bytes)
    #expect(DHCPMessage(bytes) == nil, "\(DHCPMessageTests.damaged[index].0)")
  }

  @Test("whatever bytes come, nothing breaks")
  func anyBytes() {
    let random = RepeatableRandom(seed: 3)
    let good = ServerMessage(transaction: 1, more: [52, 1, 3]).bytes
    for _ in 0..<5000 {
      var bytes = good
      for _ in 0..<random.number(below: 6) { bytes[random.number(below: bytes.count)] = random.bytes(1)[0] }
      bytes.removeLast(random.number(below: 60))
      _ = DHCPMessage(bytes).flatMap { DHCPLease($0) }
    }
  }

  @Test("an address is lent only where it can be one: of a host of the network, by a server, for some time")
  func leases() throws {
    let good = try #require(ServerMessage(transaction: 1).message)
    let lease = try #require(DHCPLease(good))
    #expect(lease.network == IPv4Network(IPv4Address(10, 0, 0, 9), prefixLength: 24))
    #expect(lease.renewal == .seconds(1800) && lease.rebinding == .seconds(3150) && lease.time == .seconds(3600))
    let cases: [(inout DHCPMessage) -> Void] = [
      { $0.given = nil }, { $0.server = nil }, { $0.leaseSeconds = nil }, { $0.leaseSeconds = 29 },
      { $0.given = IPv4Address(127, 0, 0, 1) }, { $0.given = IPv4Address(224, 0, 0, 1) },
      { $0.given = IPv4Address(10, 0, 0, 255) }, { $0.given = IPv4Address(10, 0, 0, 0) }, { $0.prefixLength = 0 },
      { $0.prefixLength = 32 },
    ]
    for change in cases {
      var message = good
      change(&message)
      #expect(DHCPLease(message) == nil)
    }
    // A router elsewhere is none.
    var message = good
    message.router = IPv4Address(10, 0, 1, 1)
    #expect(DHCPLease(message)?.router == nil)
    // Times in a wrong order are not believed; without end there are none.
    message.renewalSeconds = 3000
    message.rebindingSeconds = 2000
    #expect(DHCPLease(message)?.renewal == .seconds(1800))
    message.leaseSeconds = .max
    #expect(DHCPLease(message)?.time == nil)
  }
}
