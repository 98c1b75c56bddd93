import Interchange
import LibraryOS
import LibraryOSTesting
import Testing
import UserDatagrams

@testable import NameResolution

/// A server that answers every question for an address with the same ones.
private final class Server: DatagramCarrier {
  var addresses: [[UInt8]] = []
  var questions = 0
  private var receiver: (any DatagramReceiver)?

  func carry(_ protocolNumber: UInt8, to receiver: any DatagramReceiver) { self.receiver = receiver }
  func source(for destination: IPAddress) -> IPAddress? { IPAddress("10.0.0.2") }

  func send(
    _ protocolNumber: UInt8, _ bytes: UnsafeRawBufferPointer, from source: IPAddress, to destination: IPAddress,
    at now: Instant
  ) -> Bool {
    questions += 1
    last = (Array(bytes), destination)
    return true
  }

  private var last: ([UInt8], IPAddress)?

  func answer(at now: Instant) {
    guard let (question, server) = last else { return }
    var payload = Array(question.dropFirst(8))
    let isForIPv6 = payload[payload.count - 3] == 28
    let fitting = addresses.filter { ($0.count == 16) == isForIPv6 }
    payload[2] = 0x81
    payload[7] = UInt8(fitting.count)
    for address in fitting {
      payload += [0xC0, 12, 0, isForIPv6 ? 28 : 1, 0, 1, 0, 0, 0, 60, 0, UInt8(address.count)] + address
    }
    let length = 8 + payload.count
    let bytes = [0, 53, question[0], question[1], UInt8(length >> 8), UInt8(length & 255), 0, 0] + payload
    bytes.withUnsafeBytes {
      _ = receiver?.receive(
        $0, from: server, to: IPAddress(IPv4Address(10, 0, 0, 2)), isChecksumTrusted: true, at: now)
    }
  }
}

@Suite("Names of an image")
struct NameResolutionTests {
  private let server = Server()
  private let clock = ManualClock()
  private let module: NameResolution

  init() throws {
    module = NameResolution(
      datagrams: UserDatagrams(carrier: server, random: RepeatableRandom()), network: InMemoryNetwork(), clock: clock,
      random: RepeatableRandom())
    try module.configure([
      ("hosts", .map([ParameterField("orders", .list([.text("10.77.0.3"), .text("fd00::3")]))])),
      ("servers", .list([.text("10.77.0.1")])),
      ("networks", .list([.text("10.1.0.0/16"), .text("2001:db8::/32")])),
    ])
  }

  private final class Box {
    var found: [[IPAddress]] = []
  }

  private func resolve(_ name: String) -> Box {
    let box = Box()
    module.resolve(ByteString(name)) { box.found.append($0) }
    return box
  }

  @Test("names in the settings need no server, whatever case they are written in")
  func hosts() throws {
    let addresses = [try #require(IPAddress("10.77.0.3")), try #require(IPAddress("fd00::3"))]
    #expect(resolve("orders").found == [addresses])
    #expect(resolve("Orders.").found == [addresses])
    #expect(server.questions == 0)
    // Other settings of the module leave them.
    try module.configure([("networks", .list([]))])
    #expect(resolve("orders").found == [addresses])
  }

  @Test("of what servers say, addresses in the networks of the settings are used, and no others")
  func networks() throws {
    server.addresses = [[10, 1, 2, 3], [127, 0, 0, 1], [10, 77, 0, 1], [169, 254, 169, 254]]
    let box = resolve("api.example")
    server.answer(at: clock.now)
    #expect(box.found == [[try #require(IPAddress("10.1.2.3"))]])
    #expect(module.counters.first { $0.name == "name-resolution.outside" }?.value == 3)
  }

  @Test("where no IPv4 address may be used, IPv6 ones are asked for")
  func versions() throws {
    server.addresses = [[10, 77, 0, 1], [0x20, 1, 0x0D, 0xB8] + [UInt8](repeating: 0, count: 11) + [7]]
    let box = resolve("api.example")
    server.answer(at: clock.now)
    #expect(box.found.isEmpty && server.questions == 2)
    server.answer(at: clock.now)
    #expect(box.found == [[try #require(IPAddress("2001:db8::7"))]])
  }

  @Test("without servers, and where none answers, there are no addresses")
  func silence() throws {
    let box = resolve("api.example")
    while let deadline = module.deadline {
      clock.now = deadline
      module.expire(at: deadline)
    }
    #expect(box.found == [[]])
    try module.configure([("servers", .list([]))])
    #expect(resolve("api.example").found == [[]])
    #expect(module.counters.first { $0.name == "name-resolution.failed" }?.value == 2)
  }

  @Test("settings that are none are refused, and those in force stay")
  func faults() throws {
    let wrong: [(ByteString, ParameterValue)] = [
      ("hosts", .list([])), ("hosts", .map([ParameterField("a..b", .list([]))])),
      ("hosts", .map([ParameterField("a", .list([.text("b")]))])), ("servers", .list([.text("ns.example")])),
      ("servers", .list(Array(repeating: .text("10.0.0.1"), count: 4))), ("networks", .list([.text("10.0.0.0/33")])),
      ("networks", .text("10.0.0.0/8")), ("domains", .list([])),
    ]
    for (name, value) in wrong {
      #expect(throws: ParameterFault.self) { try module.configure([(name, value)]) }
    }
    #expect(resolve("orders").found.count == 1)
  }
}
