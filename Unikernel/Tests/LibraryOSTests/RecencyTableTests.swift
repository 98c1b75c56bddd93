import LibraryOS
import Testing

struct RecencyTableTests {
  @Test("values are kept, changed and removed by key")
  func basics() {
    var table = RecencyTable<Int>(capacity: 64, seed: 7)
    #expect(table.value(1) == nil)
    table.update(1, initial: 10) { $0 += 1 }
    table.update(1, initial: 10) { $0 += 1 }
    table.update(2, initial: 20) { _ in }
    #expect(table.value(1) == 12)
    #expect(table.value(2) == 20)
    #expect(table.count == 2)
    table.remove(1)
    table.remove(3)
    #expect(table.value(1) == nil)
    #expect(table.count == 1)
    table.removeAll()
    #expect(table.value(2) == nil)
    #expect(table.count == 0)
  }

  @Test("the count never exceeds the capacity, and what made room is counted", arguments: [8, 64, 1024])
  func bound(capacity: Int) {
    var table = RecencyTable<UInt64>(capacity: capacity, seed: 99)
    for key in 0..<10_000 as Range<UInt64> { table.update(key, initial: key) { _ in } }
    #expect(table.count <= capacity)
    #expect(table.count >= capacity / 2)
    #expect(table.evictions == 10_000 - UInt64(table.count))
    let left = (0..<10_000 as Range<UInt64>).filter { table.value($0) != nil }
    #expect(left.count == table.count)
    #expect(left.allSatisfy { table.value($0) == $0 })
  }

  @Test("what was used least recently makes room")
  func recency() {
    var table = RecencyTable<Int>(capacity: 8, seed: 3)
    for key in 0..<8 as Range<UInt64> { table.update(key, initial: Int(key)) { _ in } }
    table.update(0, initial: -1) { _ in }
    table.update(100, initial: 100) { _ in }
    #expect(table.value(0) == 0, "used again")
    #expect(table.value(1) == nil)
    #expect(table.value(2) == 2)
  }

  @Test("sets that a stranger could predict under one seed are others under another")
  func seeds() {
    func survivors(_ seed: UInt64) -> Set<UInt64> {
      var table = RecencyTable<Int>(capacity: 256, seed: seed)
      for key in 0..<1000 as Range<UInt64> { table.update(key &* 0x1_0000_0000, initial: 0) { _ in } }
      return Set((0..<1000).filter { table.value($0 &* 0x1_0000_0000) != nil })
    }
    #expect(survivors(1) != survivors(2))
    #expect(survivors(1).count > 200, "keys that differ in high bits only are spread all the same")
  }

  @Test("eight leading bytes make a number")
  func leadingBytes() {
    #expect(UInt64(leading: [1, 2, 3, 4, 5, 6, 7, 8, 9]) == 0x0102_0304_0506_0708)
    #expect(UInt64(leading: [1]) == 0x0100_0000_0000_0000)
    #expect(UInt64(leading: []) == 0)
  }
}
