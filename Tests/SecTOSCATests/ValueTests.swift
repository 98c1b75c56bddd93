import Foundation
import Testing

@testable import SecTOSCA

@Suite("Values that are written as text")
struct ValueTests {
  @Test(
    "a rate is a count per duration",
    arguments: [
      ("20 per 1 s", 20, 1000), ("1 per 250 ms", 1, 250), ("600 per 2 min", 600, 120_000),
      ("1000000 per 1440 min", 1_000_000, 86_400_000),
    ])
  func rate(text: String, requests: Int, interval: Int) throws {
    let rate = try #require(Rate(text))
    #expect(rate.requests == requests && rate.intervalMilliseconds == interval)
  }

  @Test(
    "what is no rate is refused",
    arguments: [
      "", "20", "20 per s", "20 per 1 h", "0 per 1 s", "20 per 0 s", "-1 per 1 s", "1.5 per 1 s", "20 PER 1 s",
      "20 per 1 s please", "99999999999999999999 per 1 s", "1 per 1441 min", "+2 per 1 s", "٢ per 1 s",
    ])
  func badRate(text: String) { #expect(Rate(text) == nil) }

  @Test(
    "what is no network is refused",
    arguments: [
      "", "10.0.0.0", "10.0.0.0/33", "10.0.0.0/", "/8", "256.0.0.0/8", "10.0.0/8", "10.0.0.0.0/8", "010.0.0.0/8",
      "10.0.0.0/08", "::/129", "::ffff:10.0.0.1/128", "fd00::", "fd00::1::/64", "fd00::%1/64", "a.b.c.d/8",
      "10.0.0.0/-1", "10.0.0.0/8/8", " 10.0.0.0/8",
    ])
  func badNetwork(text: String) {
    #expect(throws: IPNetwork.Fault.malformed) { try IPNetwork(text) }
  }

  @Test("a network covers its addresses, from one to all")
  func networks() throws {
    #expect(try IPNetwork("0.0.0.0/0").range == 0...UInt128(UInt32.max))
    #expect(try IPNetwork("::/0").range == 0...UInt128.max)
    #expect(try IPNetwork("2001:DB8:0:0::/32").text == "2001:db8::/32")
    #expect(try !IPNetwork("::/0").contains(IPNetwork("10.0.0.0/8")))
    #expect(throws: IPNetwork.Fault.hostBits(network: "2001:db8::/32")) { try IPNetwork("2001:db8::1/32") }
    #expect(try IPNetwork("255.255.255.255/32").range == UInt128(UInt32.max)...UInt128(UInt32.max))
    #expect(try IPNetwork("10.77.0.0/24").text == "10.77.0.0/24")
    #expect(try IPNetwork("10.0.0.0/8").contains(IPNetwork("10.77.0.0/24")))
    #expect(try !IPNetwork("10.77.0.0/24").contains(IPNetwork("10.0.0.0/8")))
  }

  @Test("sets of addresses compare by their addresses, however they are cut")
  func sets() {
    let all = NetworkSet(texts: ["0.0.0.0/0"])
    let halves = NetworkSet(texts: ["128.0.0.0/1", "0.0.0.0/1"])
    #expect(all.isSubset(of: halves) && halves.isSubset(of: all))
    #expect(!all.isSubset(of: NetworkSet(texts: ["0.0.0.0/1"])))
    #expect(NetworkSet(texts: []).isSubset(of: NetworkSet(texts: [])))
    #expect(NetworkSet(texts: ["10.0.0.0/8", "10.1.0.0/16"]).networks.map(\.text) == ["10.0.0.0/8"])
    let both = NetworkSet(texts: ["::/1", "8000::/1", "0.0.0.0/0"])
    #expect(NetworkSet(texts: ["::/0"]).isSubset(of: both) && all.isSubset(of: both))
    #expect(!NetworkSet(texts: ["::/0"]).isSubset(of: all) && !both.isSubset(of: NetworkSet(texts: ["::/0"])))
  }

  @Test(
    "a path prefix has one form",
    arguments: [
      ("/", "/"), ("/orders", "/orders"), ("/orders/", "/orders"), ("orders", nil), ("", nil), ("//", nil),
      ("/a//b", nil), ("/a/../b", nil), ("/a/./b", nil), ("/a?b", nil), ("/a#b", nil), ("/a%2Fb", nil), ("/a b", nil),
      ("/a\\b", nil), ("/..", nil),
    ] as [(String, String?)])
  func paths(text: String, expected: String?) { #expect(PathPrefix(text)?.text == expected) }

  @Test("bytes are hexadecimal or base64, padded or not")
  func bytes() {
    #expect(EncodedBytes.decode("00ff") == [0x00, 0xFF])
    #expect(EncodedBytes.decode("AP8=") == [0x00, 0xFF])
    #expect(EncodedBytes.decode("AP8") == [0x00, 0xFF])
    #expect(EncodedBytes.decode("") == nil)
    #expect(EncodedBytes.decode("A") == nil)
    #expect(EncodedBytes.decode("a b") == nil)
    #expect(EncodedBytes.base64URL("-_8") == [0xFB, 0xFF])
    #expect(EncodedBytes.base64URL("+/8") == nil)
    #expect(EncodedBytes.base64URL("-_8=") == nil)
  }

  static let point =
    "\"x\":\"yto905cVhJC_De_mReCbFQOLjzv7gK4E54GYEMuhPzE\",\"y\":\"ZxL670-NzuBGztmq54fsV1oZespMGD5goq8iSHiEZMA\""
  static let modulus =
    "qdeeFVgOjvPxIShmDjbhu6YmG5Wa0t4LOg36Gk37Pxf0F0FBSU6l1AK0rumJdzE8Zwr5yXIJNK62wfAkt_awd1_pSI"
    + "zrP9VwpNNGg-2vIN2kcqSHM29q_1TVkLMtmjVMDy1q83lgwIbtU5Qf2SfzXngtc8NWJcA4C6y2IV1wqYObpN1_o7h0"
    + "bVhPXkOQx4br1WizrAjc0LuYgX34P43qNo1_uBoAGtLik-KC1jo-zrs9i9OO8Ojf7syKe-WW06PF7npO0c3J1TVNEz"
    + "JGYjzDeEvPcp89WVqHDrTrMu9SbOuFWpIBB1uF_hb__TQ33A9gMIIQgX1qx_qG04UjKPZsJQ"
  static let rsa = "\"n\":\"\(modulus)\",\"e\":\"AQAB\""
  static let secret = "\"k\":\"c2VjcmV0LW9mLTMyLWJ5dGVzLW9yLW1vcmUtcGxlYXNl\""

  @Test(
    "a key that nothing can be verified with is refused",
    arguments: [
      ("no JSON", "no JWK set"), ("[]", "no JWK set"), ("{\"keys\":[]}", "0 keys"), ("{\"keys\":[{}]}", "no JWK set"),
      ("{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\(point)}]}", "no usable `kid`"),
      ("{\"keys\":[{\"kty\":\"EC\",\"kid\":\"a\",\"crv\":\"P-384\",\(point)}]}", "P-256"),
      ("{\"keys\":[{\"kty\":\"EC\",\"kid\":\"a\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"AA\"}]}", "not a point"),
      ("{\"keys\":[{\"kty\":\"EC\",\"kid\":\"a\",\"crv\":\"P-256\",\"d\":\"AA\",\(point)}]}", "private"),
      ("{\"keys\":[{\"kty\":\"EC\",\"kid\":\"a\",\"crv\":\"P-256\",\"alg\":\"HS256\",\(point)}]}", "`HS256`"),
      ("{\"keys\":[{\"kty\":\"EC\",\"kid\":\"a\",\"crv\":\"P-256\",\"use\":\"enc\",\(point)}]}", "`enc`"),
      ("{\"keys\":[{\"kty\":\"EC\",\"kid\":\"a\",\"crv\":\"P-256\",\"key_ops\":[\"sign\"],\(point)}]}", "verifying"),
      ("{\"keys\":[{\"kty\":\"OKP\",\"kid\":\"a\"}]}", "`OKP`"),
      ("{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"a\"}]}", "usable size"),
      ("{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"a\",\"e\":\"AQAB\"}]}", "usable size"),
      ("{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"a\",\"n\":\"AQAB\",\"e\":\"AQAB\"}]}", "usable size"),
      ("{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"a\",\"n\":\"\(modulus)\",\"e\":\"Aw\"}]}", "usable size"),
      ("{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"a\",\"n\":\"\(modulus)\",\"e\":\"AQAA\"}]}", "usable size"),
      ("{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"a\",\"d\":\"AA\",\(rsa)}]}", "private"),
      ("{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"a\",\"alg\":\"RS512\",\(rsa)}]}", "`RS512`"),
      ("{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"a\",\"alg\":\"HS256\",\(rsa)}]}", "`HS256`"),
      ("{\"keys\":[{\"kty\":\"oct\",\"kid\":\"a\",\"k\":\"c2hvcnQ\"}]}", "secret for HS256"),
      ("{\"keys\":[{\"kty\":\"oct\",\"kid\":\"a\",\"alg\":\"none\",\(secret)}]}", "`none`"),
      ("{\"keys\":[{\"kty\":\"oct\",\"kid\":\"a\",\(secret)},{\"kty\":\"oct\",\"kid\":\"a\",\(secret)}]}", "two keys"),
    ])
  func badKeys(json: String, message: String) throws {
    let fault = #expect(throws: VerificationKeySet.Fault.self) { try VerificationKeySet(json: Data(json.utf8)) }
    #expect(try #require(fault).message.contains(message))
  }

  @Test("a set with public keys and a secret is read")
  func keys() throws {
    let json =
      "{\"keys\":[{\"kty\":\"EC\",\"kid\":\"a\",\"crv\":\"P-256\",\(Self.point),\"x5t\":\"?\"},"
      + "{\"kty\":\"oct\",\"kid\":\"b\",\"alg\":\"HS256\",\(Self.secret)},"
      + "{\"kty\":\"RSA\",\"kid\":\"c\",\"use\":\"sig\",\"alg\":\"RS256\",\(Self.rsa)}]}"
    let keys = try VerificationKeySet(json: Data(json.utf8)).keys
    #expect(keys.map(\.algorithm) == [.es256, .hs256, .rs256])
    #expect(keys.map(\.key.count) == [65, 33, 270])
    #expect(keys.last?.key.prefix(10) == [0x30, 0x82, 0x01, 0x0A, 0x02, 0x82, 0x01, 0x01, 0x00, 0xA9])
    #expect(keys.last?.key.suffix(5) == [0x02, 0x03, 1, 0, 1])
  }
}
