import Cryptography
import Testing

struct PBKDF2Tests {
  /// RFC 7914, section 11: the first 32 of the 64 bytes there, which are a block of their own.
  static let vectors: [(password: String, salt: String, iterations: Int, hash: String)] = [
    ("passwd", "salt", 1, "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"),
    ("Password", "NaCl", 80_000, "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56"),
  ]

  @Test(
    "the vectors of RFC 7914 hold, however the work is sliced", arguments: [1, 7, 1000, 1_000_000], vectors.indices)
  func slices(slice: Int, index: Int) {
    let (password, salt, iterations, hash) = PBKDF2Tests.vectors[index]
    guard slice > 1 || iterations < 1000 else { return }
    var computation = PBKDF2Computation(
      password: Array(password.utf8), salt: Array(salt.utf8), iterations: iterations)
    var rounds = 0
    var result: [UInt8]?
    while result == nil {
      result = computation.advance(iterations: slice)
      rounds += 1
    }
    #expect(result == hex(hash))
    #expect(rounds == (iterations + slice - 1) / slice)
  }

  @Test("a slice of nothing does nothing")
  func emptySlices() {
    var computation = PBKDF2Computation(password: Array("passwd".utf8), salt: Array("salt".utf8), iterations: 1)
    #expect(computation.advance(iterations: 0) == nil)
    #expect(computation.advance(iterations: -5) == nil)
    #expect(computation.remaining == 1)
    #expect(computation.advance(iterations: 5) == hex(PBKDF2Tests.vectors[0].hash))
    #expect(computation.remaining == 0)
  }

  @Test("fewer than one iteration count as one", arguments: [0, -1, Int.min])
  func tooFewIterations(count: Int) {
    var computation = PBKDF2Computation(password: Array("passwd".utf8), salt: Array("salt".utf8), iterations: count)
    #expect(computation.advance(iterations: 1) == hex(PBKDF2Tests.vectors[0].hash))
  }

  @Test("a copy goes its own way")
  func copies() {
    var first = PBKDF2Computation(password: Array("Password".utf8), salt: Array("NaCl".utf8), iterations: 80_000)
    _ = first.advance(iterations: 40_000)
    var second = first
    #expect(second.advance(iterations: 40_000) == first.advance(iterations: 40_000))
  }
}
