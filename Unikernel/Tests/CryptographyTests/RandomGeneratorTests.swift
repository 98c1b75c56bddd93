import Cryptography
import Testing

struct RandomGeneratorTests {
  @Test("the first vector of NIST's HMAC_DRBG test for SHA-256 holds")
  func vector() throws {
    let entropy = hex("ca851911349384bffe89de1cbdc46e6831e44d34a4fb935ee285dd14b71a7488")
    let nonce = hex("659ba96c601dc69fc902940805ec0ca8")
    let generator = try #require(RandomGenerator(seed: entropy + nonce))
    _ = generator.bytes(128)
    #expect(
      generator.bytes(128)
        == hex(
          """
          e528e9abf2dece54d47c7e75e5fe302149f817ea9fb4bee6f4199697d04d5b89
          d54fbb978a15b5c443c9ec21036d2460b6f73ebad0dc2aba6e624abf07745bc1
          07694bb7547bb0995f70de25d6b29e2d3011bb19d27676c07162c8b5ccde0668
          961df86803482cb37ed6d5c0bb8d50cf1f50d476aa0458bdaba806f48be9dcb8
          """))
  }

  @Test("a seed of fewer than 32 bytes is refused", arguments: [0, 1, 16, 31])
  func shortSeeds(length: Int) {
    #expect(RandomGenerator(seed: Array(repeating: 7, count: length)) == nil)
  }

  @Test("equal seeds give equal bytes, other seeds others")
  func determinism() throws {
    let first = try #require(RandomGenerator(seed: Array(0..<32)))
    let second = try #require(RandomGenerator(seed: Array(0..<32)))
    let third = try #require(RandomGenerator(seed: Array(1..<33)))
    let bytes = first.bytes(100)
    #expect(bytes == second.bytes(100))
    #expect(bytes != third.bytes(100))
    #expect(bytes != first.bytes(100), "a generator does not repeat itself")
  }

  @Test("fresh entropy changes what follows, and nothing of it does nothing")
  func reseeding() throws {
    let first = try #require(RandomGenerator(seed: Array(0..<32)))
    let second = try #require(RandomGenerator(seed: Array(0..<32)))
    second.reseed([])
    #expect(first.bytes(32) == second.bytes(32))
    second.reseed([1, 2, 3])
    #expect(first.bytes(32) != second.bytes(32))
  }

  @Test("as many bytes come as were asked for", arguments: [-1, 0, 1, 31, 32, 33, 65_536, 200_000])
  func counts(count: Int) throws {
    let generator = try #require(RandomGenerator(seed: Array(0..<32)))
    let bytes = generator.bytes(count)
    #expect(bytes.count == max(count, 0))
    if count > 1000 {
      #expect(!bytes.suffix(16).allSatisfy { $0 == 0 })
      #expect(Set(bytes).count == 256)
    }
  }
}
