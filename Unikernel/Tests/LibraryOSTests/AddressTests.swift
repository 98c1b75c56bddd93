import Interchange
import LibraryOS
import Testing

@Suite("IPv4 addresses and networks")
struct AddressTests {
  @Test(
    "dotted decimal is read and written back",
    arguments: ["0.0.0.0", "10.77.0.2", "255.255.255.255", "192.168.1.100"])
  func roundTrip(text: String) throws {
    let address = try #require(IPv4Address(ByteString(text)))
    #expect(address.text.description == text)
  }

  @Test(
    "what is not exactly four numbers from 0 to 255 is refused",
    arguments: [
      "", "10", "10.0.0", "10.0.0.", "10.0.0.0.0", ".10.0.0.1", "256.0.0.1", "10.0.0.999", "10.0.0.01", "10.0.0.-1",
      "10.0.0.1 ", " 10.0.0.1", "0x0a.0.0.1", "10.0..1", "10.0.0.1000", "a.b.c.d",
    ])
  func malformedAddress(text: String) {
    #expect(IPv4Address(ByteString(text)) == nil)
  }

  @Test("the first part is the most significant")
  func byteOrder() {
    #expect(IPv4Address(10, 0, 0, 1).raw == 0x0A00_0001)
    #expect(IPv4Address("10.0.0.1") == IPv4Address(10, 0, 0, 1))
    #expect(Endpoint(IPv4Address(10, 0, 0, 1), port: 8080).text == "10.0.0.1:8080")
  }

  @Test(
    "a network contains exactly the hosts whose leading bits are its own",
    arguments: [
      ("10.77.0.0/24", "10.77.0.255", true), ("10.77.0.0/24", "10.77.1.0", false),
      ("10.77.0.5/24", "10.77.0.200", true), ("0.0.0.0/0", "203.0.113.9", true),
      ("10.0.0.1", "10.0.0.1", true), ("10.0.0.1", "10.0.0.2", false), ("10.0.0.1/32", "10.0.0.2", false),
      ("128.0.0.0/1", "200.1.1.1", true), ("128.0.0.0/1", "127.1.1.1", false),
    ])
  func containment(network: String, host: String, isInside: Bool) throws {
    let network = try #require(IPv4Network(ByteString(network)))
    let host = try #require(IPv4Address(ByteString(host)))
    #expect(network.contains(host) == isInside)
  }

  @Test(
    "a malformed network is refused",
    arguments: ["", "/24", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/024", "10.0.0/8", "10.0.0.0/8/8"])
  func malformedNetwork(text: String) {
    #expect(IPv4Network(ByteString(text)) == nil)
  }
}
