import Interchange
import LibraryOS
import LibraryOSTesting
import Testing

struct FailureLogTests {
  private func instant(_ seconds: UInt64) -> Instant { Instant(nanoseconds: seconds * 1_000_000_000) }

  private func address(_ index: Int) -> IPAddress {
    IPAddress(IPv4Address(10, UInt8(index >> 16), UInt8(index >> 8 & 0xFF), UInt8(index & 0xFF)))
  }

  @Test(
    "an account waits after five failures within a minute, a source after twenty, each until the first is a minute old")
  func waits() {
    let log = FailureLog(random: RepeatableRandom())
    for second in 0..<5 {
      #expect(log.wait(account: 1, at: instant(UInt64(second))).nanoseconds <= 0)
      log.add(account: 1, at: instant(UInt64(second)))
    }
    #expect(log.wait(account: 1, at: instant(5)) == .seconds(55))
    #expect(log.wait(account: 2, at: instant(5)).nanoseconds <= 0)
    #expect(log.wait(account: 1, at: instant(60)).nanoseconds <= 0)
    for second in 0..<20 { log.add(source: address(1), at: instant(UInt64(second))) }
    #expect(log.wait(source: address(1), at: instant(20)) == .seconds(40))
    #expect(log.wait(account: 2, source: address(1), at: instant(20)) == .seconds(40))
    #expect(log.wait(source: address(2), at: instant(20)).nanoseconds <= 0)
    log.clear(account: 1)
    #expect(log.wait(account: 1, at: instant(5)).nanoseconds <= 0)
  }

  @Test("a hundred thousand accounts and sources take no more memory than the bound, and the last ones are known")
  func bound() {
    let log = FailureLog(random: RepeatableRandom())
    for index in 0..<100_000 {
      for _ in 0..<5 { log.add(account: UInt64(index), at: instant(1)) }
      log.add(source: address(index), at: instant(1))
    }
    let known = (0..<100_000).count { log.wait(account: UInt64($0), at: instant(2)).nanoseconds > 0 }
    #expect(known > FailureLog.capacity / 2 && known <= FailureLog.capacity)
    #expect(log.wait(account: 99_999, at: instant(2)).nanoseconds > 0)
  }

  @Test("who waits is told for how long, in whole seconds")
  func refusal() {
    let response = FailureLog.refusal(wait: TimeSpan(nanoseconds: 1_000_000_001))
    #expect(response.status == 429)
    #expect(response.headers.contains(HTTPField("retry-after", "2")))
  }
}
