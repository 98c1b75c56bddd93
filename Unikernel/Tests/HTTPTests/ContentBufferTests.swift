import Testing

@testable import HTTP

@Suite("Content that arrives in pieces")
struct ContentBufferTests {
  @Test(
    "pieces of any size come out whole and in order",
    arguments: [[], [1], [1, 1, 1], [5000], [5000, 1, 1, 9000, 3], [4095, 4096, 4097], [1, 70_000, 1]])
  func pieces(sizes: [Int]) {
    var buffer = ContentBuffer()
    var expected: [UInt8] = []
    for (index, size) in sizes.enumerated() {
      let piece = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ index) }
      buffer.append(piece[...])
      expected += piece
      #expect(buffer.count == expected.count)
    }
    #expect(buffer.take() == expected)
    #expect(buffer.isEmpty)
    #expect(buffer.take().isEmpty)
  }
}
