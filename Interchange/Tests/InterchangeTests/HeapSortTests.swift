import Interchange
import Testing

@Suite("Heap sort")
struct HeapSortTests {
  @Test("sorts as the standard library does, whatever the order before", arguments: 0..<40)
  func agrees(_ count: Int) {
    var generator = SystemRandomNumberGenerator()
    let ascending = Array(0..<count)
    let inputs =
      [ascending, ascending.reversed(), ascending.map { $0 / 3 }, ascending.map { _ in 7 }]
      + (0..<20).map { _ in ascending.map { _ in Int.random(in: 0...count, using: &generator) } }
    for input in inputs {
      var sorted = input
      sorted.heapSort { $0 < $1 }
      #expect(sorted == input.sorted(), "\(input)")
    }
  }

  @Test("sorts thousands of texts in at most 3 n log n comparisons")
  func bound() {
    let texts = (0..<4096).map { ByteString("\(($0 &* 2_654_435_761) & 0xFFFF)") }
    var sorted = texts
    var comparisons = 0
    sorted.heapSort {
      comparisons += 1
      return $0 < $1
    }
    #expect(sorted == texts.sorted())
    #expect(comparisons <= 3 * 4096 * 12)
  }
}
