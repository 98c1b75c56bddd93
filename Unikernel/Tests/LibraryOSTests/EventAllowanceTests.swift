import LibraryOS
import Testing

struct EventAllowanceTests {
  @Test("so many events pass in each second, and the others are counted")
  func allowance() {
    var allowance = EventAllowance(perSecond: 3)
    let start = Instant(nanoseconds: 5_000)
    var recorded = (0..<5).map { _ in allowance.take(at: start) }
    #expect(recorded == [true, true, true, false, false])
    recorded = [allowance.take(at: start + .milliseconds(999))]
    #expect(recorded == [false])
    #expect(allowance.suppressed == 3)
    recorded = (0..<5).map { _ in allowance.take(at: start + .seconds(1)) }
    #expect(recorded == [true, true, true, false, false])
    #expect(allowance.suppressed == 5)
  }
}
