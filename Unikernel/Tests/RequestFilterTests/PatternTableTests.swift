import Interchange
import Testing

@Suite("Tables of patterns")
struct PatternTableTests {
  @Test("a text may come in pieces, wherever they are cut")
  func pieces() throws {
    let table = try literal("evil")
    let text = Array("an ev evil one".utf8)
    for cut in 0...text.count {
      var walk = PatternTable.Walk(table)
      for byte in text[..<cut] { walk.step(byte, table) }
      var rest = walk
      for byte in text[cut...] { rest.step(byte, table) }
      #expect(rest.end(table) == 1)
      #expect((walk.end(table) == 1) == (cut >= 10))
    }
  }

  @Test("the binary form is read as it was written")
  func form() throws {
    let table = try literal("evil")
    #expect(try PatternTable(table.bytes) == table)
  }

  @Test("what ends early or has more than it should is refused")
  func length() throws {
    let bytes = try literal("ab").bytes
    for count in 0..<bytes.count {
      #expect(throws: DecodingFault.self) { try PatternTable(Array(bytes[..<count])) }
    }
    #expect(throws: DecodingFault.trailing) { try PatternTable(bytes + [0]) }
    #expect(throws: DecodingFault.truncated) { try PatternTable([1] + [UInt8](repeating: 0xFF, count: 9)) }
  }

  @Test("a table with any bytes changed is refused, or walked without leaving it")
  func mutations() throws {
    let bytes = try literal("evil").bytes
    let text = Array("an evil one, and some more evil".utf8)
    var state: UInt64 = 1
    func random(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(bound))
    }
    var taken = 0
    var refused = 0
    for round in 0..<4_000 {
      var mutated = bytes
      // Half of them in what comes before the transitions, where most is decided.
      for _ in 0...random(3) {
        mutated[random(round % 2 == 0 ? 266 : bytes.count)] = round % 3 == 0 ? 0xFF : UInt8(random(256))
      }
      guard let table = try? PatternTable(mutated) else {
        refused += 1
        continue
      }
      taken += 1
      var walk = PatternTable.Walk(table)
      for byte in text { walk.step(byte, table) }
      #expect(walk.end(table) >> UInt32(table.patternCount) == 0 || table.patternCount == 32)
    }
    #expect(taken > 100 && refused > 500)
  }
}
