import Testing

@testable import ImageGeneration

@Suite("Sets of networks")
struct SourceNetworksTests {
  @Test(
    "networks are put into one form, without those inside others",
    arguments: [
      (["10.0.0.5/24"], ["10.0.0.0/24"]),
      (["10.0.0.5"], ["10.0.0.5/32"]),
      (["10.0.1.0/24", "10.0.0.0/8", "10.0.1.0/24"], ["10.0.0.0/8"]),
      (["0.0.0.0/0", "10.0.0.0/8"], ["0.0.0.0/0"]),
      (["192.168.0.0/16", "10.0.0.0/8"], ["10.0.0.0/8", "192.168.0.0/16"]),
      (["2001:DB8:0::5/32", "10.0.0.0/8", "fd00::1"], ["10.0.0.0/8", "2001:db8::/32", "fd00::1/128"]),
      (["::/0", "fd00::/8", "0.0.0.0/0"], ["0.0.0.0/0", "::/0"]),
    ])
  func canonical(texts: [String], expected: [String]) {
    #expect(SourceNetworks(texts).texts == expected)
  }

  @Test(
    "what is no network stays as it is written",
    arguments: [
      "2001:db8::/129", "::ffff:10.0.0.1/128", "10.0.0/8", "10.0.0.0/33", "10.0.0.256/24", "010.0.0.0/8", "",
      "10.0.0.0/8/8", "a.b.c.d",
    ])
  func opaque(text: String) {
    #expect(SourceNetworks([text]).texts == [text])
    #expect(SourceNetworks([text]).intersection(SourceNetworks(["0.0.0.0/0"])).texts.isEmpty)
    #expect(SourceNetworks([text]).intersection(SourceNetworks([text])).texts == [text])
  }

  @Test("what is in two sets is in their intersection")
  func intersection() {
    let one = SourceNetworks(["10.0.0.0/8", "192.168.1.0/24"])
    let other = SourceNetworks(["10.1.0.0/16", "192.168.0.0/16", "172.16.0.0/12"])
    #expect(one.intersection(other).texts == ["10.1.0.0/16", "192.168.1.0/24"])
    #expect(other.intersection(one).texts == ["10.1.0.0/16", "192.168.1.0/24"])
    #expect(one.intersection(SourceNetworks([])).texts.isEmpty)
    let all = SourceNetworks(["0.0.0.0/0", "fd00::/8"])
    #expect(all.intersection(SourceNetworks(["::/0"])).texts == ["fd00::/8"])
    #expect(all.intersection(SourceNetworks(["10.0.0.0/8", "fe80::/10"])).texts == ["10.0.0.0/8"])
  }
}
