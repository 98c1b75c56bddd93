import Interchange
import LibraryOS
import Testing

@Suite("Addresses of both versions")
struct IPAddressTests {
  @Test(
    "IPv6 addresses are written in the canonical form",
    arguments: [
      ("2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"), ("::", "::"), ("0:0:0:0:0:0:0:1", "::1"),
      ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"), ("fd00:0:0:0:0:0:0:0", "fd00::"),
      ("fe80::00ff:0:0:a", "fe80::ff:0:0:a"), ("1:0:0:2:0:0:0:3", "1:0:0:2::3"), ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"),
    ])
  func text(given: String, canonical: String) throws {
    let address = try #require(IPv6Address(ByteString(given)))
    #expect(address.text == ByteString(canonical))
    #expect(IPv6Address(address.text) == address)
  }

  @Test(
    "what is no IPv6 address is refused",
    arguments: ["", ":", "1::2::3", "fd00::1/64", "::ffff:a00:1", "12345::", "g::"])
  func refused(text: String) {
    #expect(IPv6Address(ByteString(text)) == nil)
    #expect(IPAddress(ByteString(text)) == nil)
  }

  @Test("an address is of one version, and no network of one version has an address of the other")
  func versions() throws {
    let four = try #require(IPAddress("10.0.0.1"))
    let six = try #require(IPAddress("fd00::1"))
    #expect(four.isIPv4 && !six.isIPv4)
    #expect(four.ipv4 == IPv4Address(10, 0, 0, 1) && four.ipv6 == nil && six.ipv4 == nil)
    let all = try #require(IPNetwork("0.0.0.0/0"))
    let allSix = try #require(IPNetwork("::/0"))
    #expect(all.contains(four) && !all.contains(six))
    #expect(allSix.contains(six) && !allSix.contains(four))
    #expect(IPNetwork("::ffff:0:0/96") == nil)
    let network = try #require(IPNetwork("fd00::/63"))
    #expect(network.contains(try #require(IPAddress("fd00:0:0:1::5"))))
    #expect(!network.contains(try #require(IPAddress("fd00:0:0:2::5"))))
  }

  @Test("hosts of one IPv6 network are one source, IPv4 hosts are each their own")
  func sources() throws {
    #expect(IPAddress("2001:db8::1")?.sourceKey == IPAddress("2001:db8::ffff:2")?.sourceKey)
    #expect(IPAddress("2001:db8::1")?.sourceKey != IPAddress("2001:db8:0:1::1")?.sourceKey)
    #expect(IPAddress("10.0.0.1")?.sourceKey != IPAddress("10.0.0.2")?.sourceKey)
  }

  @Test("endpoints are read and written, IPv6 addresses in brackets")
  func endpoints() throws {
    for text in ["10.0.0.1:80", "[fd00::2]:8080"] { #expect(Endpoint(ByteString(text))?.text == ByteString(text)) }
    for text in ["fd00::2:80", "[fd00::2]", "[10.0.0.1]:80", "10.0.0.1:0", "10.0.0.1:65536", ":80", "[fd00::2]80"] {
      #expect(Endpoint(ByteString(text)) == nil, "\(text)")
    }
  }
}
