import Foundation
import Testing

@testable import Orchestration

@Suite("commands and their turns")
struct CommandQueueTests {
  static func command(_ scope: ServiceScope, name: String = "up", caller: String? = nil) -> Command {
    Command(name: name, subject: scope, caller: caller, since: Date(timeIntervalSince1970: 100))
  }

  @Test(
    "which commands are about the same",
    arguments: [
      (ServiceScope.service("shop", tenant: "a"), ServiceScope.service("shop", tenant: "a"), true),
      (.service("shop", tenant: "a"), .service("shop", tenant: "b"), false),
      (.service("shop", tenant: "a"), .service("mail", tenant: "a"), false),
      (.service("shop", tenant: "a"), .tenant("a"), true),
      (.service("shop", tenant: "a"), .tenant("b"), false),
      (.tenant("a"), .tenant("a"), true),
      (.tenant("a"), .tenant("b"), false),
      (.everything, .service("shop", tenant: "a"), true),
      (.everything, .tenant("a"), true),
      (.everything, .everything, true),
    ])
  func overlaps(first: ServiceScope, second: ServiceScope, expected: Bool) {
    #expect(first.overlaps(second) == expected)
    #expect(second.overlaps(first) == expected)
  }

  @Test("a command waits for earlier ones about the same, and for no others")
  func order() {
    var queue = CommandQueue<String>()
    let up = queue.append(Self.command(.service("shop", tenant: "a")), waiter: nil)
    #expect(queue.obstacle(to: .service("mail", tenant: "a")) == nil)
    let mail = queue.append(Self.command(.service("mail", tenant: "a")), waiter: nil)
    #expect(queue.obstacle(to: .tenant("a")) != nil)
    let policies = queue.append(Self.command(.tenant("a")), waiter: "policies")
    // It could go on beside what is under way, and would overtake what waits.
    #expect(queue.obstacle(to: .service("blog", tenant: "a")) != nil)
    let blog = queue.append(Self.command(.service("blog", tenant: "a")), waiter: "blog")
    #expect(queue.obstacle(to: .service("blog", tenant: "b")) == nil)

    #expect(queue.remove(up) == [])
    #expect(queue.remove(mail) == ["policies"])
    #expect(queue.remove(policies) == ["blog"])
    #expect(queue.remove(blog) == [])
    #expect(queue.isEmpty)
  }

  @Test("who waits is told for what, and nothing of other tenants")
  func summaries() {
    let now = Date(timeIntervalSince1970: 102.34)
    let own = Self.command(.service("shop", tenant: "a"), name: "down", caller: "`deploy`")
    #expect(
      own.summary(to: .service("shop", tenant: "a"), now: now) == "`down` of `shop` by `deploy`, which came 2.3 s ago")
    #expect(own.summary(to: .everything, now: now) == "`down` of `shop` by `deploy`, which came 2.3 s ago")
    let wide = Self.command(.everything, name: "notices", caller: "an administrator of all tenants")
    #expect(wide.summary(to: .tenant("a"), now: now) == "a command about all tenants, which came 2.3 s ago")
  }

  /// Commands come and end at random. Whatever the order: none are under way at once that are about the same, none is
  /// overtaken by a later one about the same, whoever can go on is not left waiting, and all are done in the end.
  @Test("a thousand random series of commands", arguments: 0..<1000)
  func random(seed: UInt64) {
    var state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1
    func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(bound))
    }
    var queue = CommandQueue<Int>()
    var scopes: [Int: ServiceScope] = [:]
    var underWay: [Int: Int] = [:]
    var numbers: [Int: Int] = [:]
    var begun: [Int] = []
    func check() {
      for (one, _) in underWay {
        for (other, _) in underWay where one != other { #expect(!scopes[one]!.overlaps(scopes[other]!)) }
      }
      for entry in queue.entries {
        guard let waiter = entry.waiter else { continue }
        let earlier = queue.entries.prefix { $0.number < entry.number }
        #expect(earlier.contains { $0.command.subject.overlaps(scopes[waiter]!) })
      }
    }
    var ids = Array(0..<40)[...]
    while !ids.isEmpty || !underWay.isEmpty {
      if let id = ids.first, next(2) == 0 || underWay.isEmpty {
        ids.removeFirst()
        let tenant = ["a", "b"][next(2)]
        let scope: ServiceScope =
          switch next(8) {
          case 0: .everything
          case 1: .tenant(tenant)
          default: .service(["x", "y", "z"][next(3)], tenant: tenant)
          }
        scopes[id] = scope
        let mustWait = queue.obstacle(to: scope) != nil
        numbers[id] = queue.append(Self.command(scope), waiter: mustWait ? id : nil)
        if !mustWait {
          underWay[id] = numbers[id]
          begun.append(id)
        }
      } else {
        let id = underWay.keys.sorted()[next(underWay.count)]
        for woken in queue.remove(underWay.removeValue(forKey: id)!) {
          underWay[woken] = numbers[woken]
          begun.append(woken)
        }
      }
      check()
    }
    #expect(queue.isEmpty)
    #expect(begun.count == 40)
    for (place, id) in begun.enumerated() {
      #expect(!begun[..<place].contains { $0 > id && scopes[$0]!.overlaps(scopes[id]!) })
    }
  }
}
