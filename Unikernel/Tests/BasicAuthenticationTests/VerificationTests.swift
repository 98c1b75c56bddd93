import BasicAuthentication
import Interchange
import LibraryOS
import LibraryOSTesting
import Testing

struct VerificationTests {
  @Test("verification suspends the request and is done in slices")
  func slices() throws {
    let fixture = try BasicFixture([BasicFixture.account("slow", "x", iterations: 10_000)])
    let outcome = fixture.send("slow:x", settle: false)
    #expect(outcome.status == nil)
    #expect(fixture.module.isPending)
    fixture.module.advance(at: fixture.clock.now)
    #expect(outcome.status == nil, "one slice is not enough")
    fixture.work()
    #expect(outcome.status == 200)
  }

  @Test("identical credentials that wait share one computation")
  func sharing() throws {
    let fixture = try BasicFixture()
    let outcomes = (0..<20).map { fixture.send("alice:wonderland", from: $0, settle: false) }
    fixture.work()
    #expect(outcomes.allSatisfy { $0.status == 200 && $0.principal?.name == "alice" })
    #expect(fixture.module.counter("computed") == 1)
  }

  @Test("a success is remembered for a minute")
  func remembering() throws {
    let fixture = try BasicFixture()
    #expect(fixture.send("alice:wonderland").status == 200)
    fixture.clock.advance(by: .milliseconds(59_999))
    #expect(fixture.send("alice:wonderland", settle: false).status == 200, "at once")
    #expect(fixture.send("alice:Wonderland").status == 401)
    fixture.clock.advance(by: .milliseconds(1))
    let outcome = fixture.send("alice:wonderland", settle: false)
    #expect(outcome.status == nil)
    fixture.work()
    #expect(outcome.status == 200)
  }

  @Test("what was remembered does not outlive a change of accounts, but a change of realm")
  func forgetting() throws {
    let fixture = try BasicFixture()
    #expect(fixture.send("alice:wonderland").status == 200)
    try fixture.module.configure([("realm", "other")])
    #expect(fixture.send("alice:wonderland", settle: false).status == 200)
    try fixture.module.configure([("accounts", .list([BasicFixture.account("alice", "new")]))])
    #expect(fixture.send("alice:wonderland").status == 401)
    #expect(fixture.send("alice:new").principal?.roles == [])
  }

  @Test("what is being verified when accounts change is verified against the new ones")
  func changeUnderway() throws {
    let slow = BasicFixture.account("slow", "x", iterations: 10_000, roles: ["old"])
    let fixture = try BasicFixture([slow])
    let outcome = fixture.send("slow:x", settle: false)
    fixture.module.advance(at: fixture.clock.now)
    try fixture.module.configure([("accounts", .list([BasicFixture.alice]))])
    fixture.work()
    #expect(outcome.status == 401)
    try fixture.module.configure([("accounts", .list([slow]))])
    let second = fixture.send("slow:x", settle: false)
    fixture.module.advance(at: fixture.clock.now)
    try fixture.module.configure([
      ("accounts", .list([BasicFixture.account("slow", "x", iterations: 200, roles: ["new"])]))
    ])
    fixture.work()
    #expect(second.principal?.roles == ["new"])
  }

  @Test("no more than 64 requests wait; the next is answered 503 with Retry-After")
  func overload() throws {
    let fixture = try BasicFixture()
    let outcomes = (0..<64).map { fixture.send("user\($0):x", from: UInt8($0), settle: false) }
    let late = fixture.send("alice:wonderland", from: 200, settle: false)
    #expect(late.status == 503)
    #expect(late.response?.headers.contains(HTTPField("retry-after", "1")) == true)
    #expect(fixture.module.counter("overloaded") == 1)
    fixture.work()
    #expect(outcomes.allSatisfy { $0.status == 401 })
    #expect(fixture.send("alice:wonderland", from: 200).status == 200, "afterwards there is room again")
  }

  @Test("a name without account costs what one with account does")
  func unknownNames() throws {
    let fixture = try BasicFixture([BasicFixture.account("only", "x", iterations: 20_000)])
    func slices(_ credentials: String) -> Int {
      let outcome = fixture.send(credentials, settle: false)
      var count = 0
      fixture.clock.advance(by: .seconds(61))
      while outcome.status == nil {
        fixture.module.advance(at: fixture.clock.now)
        count += 1
      }
      #expect(outcome.status == 401)
      return count
    }
    #expect(slices("only:wrong") == slices("nobody:wrong"))
  }

  @Test("a name without account is refused even where there are no accounts at all")
  func noAccounts() throws {
    #expect(try BasicFixture([]).send("alice:wonderland").status == 401)
  }

  @Test("a hash of zeros is nobody's password")
  func zeroHash() throws {
    let fixture = try BasicFixture([BasicAuthenticationTests.altered("hash", .bytes(Array(repeating: 0, count: 32)))])
    #expect(fixture.send("alice:wonderland").status == 401)
    #expect(fixture.send("mallory:").status == 401)
  }

  @Test("after five failures an account has to wait, wherever the next attempt comes from")
  func accountThrottle() throws {
    let fixture = try BasicFixture()
    for host in 0..<5 as Range<UInt8> { #expect(fixture.send("alice:guess\(host)", from: host).status == 401) }
    let outcome = fixture.send("alice:wonderland", from: 99)
    #expect(outcome.status == 429)
    #expect(outcome.response?.headers.contains(HTTPField("retry-after", "60")) == true)
    #expect(fixture.send("bob:builder:s", from: 99).status == 200, "others are not held up")
    fixture.clock.advance(by: .seconds(59))
    #expect(fixture.send("alice:wonderland", from: 99).status == 429)
    fixture.clock.advance(by: .seconds(1))
    #expect(fixture.send("alice:wonderland", from: 99).status == 200)
    #expect(fixture.module.counter("throttled") == 2)
  }

  @Test("after twenty failures a source has to wait, whoever it claims to be")
  func sourceThrottle() throws {
    let fixture = try BasicFixture()
    for number in 0..<20 { #expect(fixture.send("user\(number):x").status == 401) }
    #expect(fixture.send("alice:wonderland").status == 429)
    #expect(fixture.send("alice:wonderland", from: 8).status == 200)
    #expect(fixture.send("alice:wonderland").status == 200, "what was verified a moment ago passes")
  }

  @Test("malformed credentials count as failures of their source")
  func malformedThrottle() throws {
    let fixture = try BasicFixture()
    for _ in 0..<20 { #expect(fixture.send(["Basic ????"]).status == 401) }
    #expect(fixture.send("alice:wonderland").status == 429)
  }

  @Test("guesses sent all at once are throttled like those sent one by one")
  func parallelGuesses() throws {
    let fixture = try BasicFixture()
    let outcomes = (0..<50).map { fixture.send("alice:guess\($0)", from: UInt8($0), settle: false) }
    fixture.work()
    #expect(outcomes.filter { $0.status == 401 }.count == 5)
    #expect(outcomes.filter { $0.status == 429 }.count == 45)
    #expect(fixture.module.counter("computed") == 5)
  }

  @Test("a success clears its account's failures, but not its source's")
  func clearing() throws {
    let fixture = try BasicFixture()
    for _ in 0..<4 { #expect(fixture.send("alice:x").status == 401) }
    #expect(fixture.send("alice:wonderland").status == 200)
    #expect(fixture.send("alice:y", from: 8).status == 401)
    #expect(fixture.send("alice:z", from: 8).status == 401, "not the sixth failure of the account")
    for number in 0..<16 { #expect(fixture.send("user\(number):y").status == 401) }
    #expect(fixture.send("bob:builder:s").status == 429, "but the twentieth of the source was reached")
  }

  @Test("four failures of an account in a minute slow nobody down, for as long as it goes on")
  func slowGuesses() throws {
    let fixture = try BasicFixture()
    for number in 0..<40 {
      #expect(fixture.send("alice:guess\(number)").status == 401)
      fixture.clock.advance(by: .seconds(15))
    }
  }

  @Test("failures are recorded ten times a second, and the rest is counted")
  func events() throws {
    let fixture = try BasicFixture()
    for number in 0..<60 { _ = fixture.send("user\(number):x", from: UInt8(number)) }
    #expect(fixture.recorder.events.count == 10)
    #expect(fixture.module.counter("events-suppressed") == 50)
  }
}
