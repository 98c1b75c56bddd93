import Foundation
import Glibc
import Testing

/// `kill -9` of everything but the images, at random moments and at boundaries between what is stored and done, during all
/// that changes a world. `TESTUDO_CRASHES` says how often, `TESTUDO_CRASH_SEED` with which random numbers
/// (`Scripts/crash.sh`).
@Suite("Everything but the images is killed", .serialized, .realUnikernels)
struct CrashTests {
  @Test("started again, it ends in one of the two whole states, nothing is left over, and clients see no gap")
  func killed() async throws {
    let plan = CrashPlan.asked
    print("\(plan.count) crashes, seed \(plan.seed): \(CrashPlan.seedVariable)=\(plan.seed) does the same again")
    try await CrashWorld.made { world in
      var generator = SeededGenerator(seed: plan.seed)
      for number in 1...plan.count {
        let possible = CrashedOperation.allCases.filter { $0.outcome(world.declared) != nil }
        let line = possible.flatMap { Array(repeating: $0, count: $0.weight) }
        let operation = line.randomElement(using: &generator) ?? .up
        let moment: CrashMoment =
          Bool.random(using: &generator)
          ? .after(Int.random(in: 0...world.durations[operation, default: 1500], using: &generator))
          : .boundary(Int.random(in: 1...max(1, world.boundaries[operation, default: 40]), using: &generator))
        let reach = CrashReach.random(using: &generator)
        let said = "crash \(number) of seed \(plan.seed): \(operation.rawValue), \(moment), \(reach)"
        print(said)
        do {
          try await crash(&world, operation, moment, reach, isServed: Bool.random(using: &generator), said)
        } catch {
          Issue.record("\(said): \(error)")
          throw error
        }
      }
      let counts = world.counts.sorted { $0.key.rawValue < $1.key.rawValue }
      print("killed during " + counts.map { "\($0.key.rawValue) \($0.value)" }.joined(separator: ", "))
    }
  }

  /// One crash, and what is looked at after it. `isServed`: whether the control plane is started again as a service manager
  /// would; else a command starts it.
  private func crash(
    _ world: inout CrashWorld, _ operation: CrashedOperation, _ moment: CrashMoment, _ reach: CrashReach,
    isServed: Bool, _ said: String
  ) async throws {
    let before = world.declared
    let after = try #require(operation.outcome(before))
    let portal = world.portal
    let words = try world.command(of: operation, to: after)
    var environment: [String: String] = [:]
    if case .boundary(let number) = moment {
      // Boundaries are counted from the start of a control plane.
      try await world.killAll(.controlPlane)
      environment = ["TESTUDO_CRASH_AT": "\(number)"]
      if before.isAnything { _ = try await portal.start(["ps"], environment: environment).outcome() }
    }
    let follower =
      world.controlPlane == nil
      ? nil : try portal.start(["events", "--follow", "--format", "json", "--after", "\(world.lastEvent)"])

    let isWatched = before.edition != nil && after.edition != nil
    let isSeamless = operation.isSeamless && reach == .controlPlane
    let declared = try await Crowd.gathered { crowd in
      if isWatched {
        await crowd.add("public", "\(world.url)/")
        // Each is an event, of which the log holds no number without end.
        await crowd.add("anonymous", "\(world.url)/orders/17", "--rate", "40/s", batch: 10)
      }
      let outcome = try await interrupt(&world, operation, words, environment, moment, reach)
      world.networks.formUnion(portal.namespaces)
      let server = isServed ? try portal.start(["serve", "--until-idle"], deadline: 3600) : nil
      defer { withExtendedLifetime(server) {} }

      // What a command has said to be done is done.
      let whole = outcome?.status == 0 ? [after] : [before, after]
      var found: DeclaredWorld?
      var lacks: [String?] = []
      _ = try await eventually(within: 60) {
        lacks = []
        for candidate in whole where found == nil {
          let lack = try await world.lack(of: candidate)
          lacks.append(lack)
          if lack == nil { found = candidate }
        }
        return found != nil
      }
      let declared = try #require(found, "\(said): \(lacks), \(String(describing: outcome))")
      let statuses = try await crowd.stop()
      expect(statuses, isSeamless: isSeamless, said)
      return declared
    }
    world.declared = declared
    world.counts[operation, default: 0] += 1
    try await expectEvents(&world, follower, said)
    var remains: [String] = []
    let isClean = try await eventually(within: 20) {
      remains = try await world.remains(declared)
      return remains.isEmpty
    }
    #expect(isClean, "\(said): \(remains)")
  }

  /// Begins the operation, and kills everything while it is under way. Gives how the command ended, where there was one.
  private func interrupt(
    _ world: inout CrashWorld, _ operation: CrashedOperation, _ words: [String], _ environment: [String: String],
    _ moment: CrashMoment, _ reach: CrashReach
  ) async throws -> Outcome? {
    let start = ContinuousClock.now
    if operation == .loseImage {
      let victims = try await world.portal.unikernels().filter { $0.service == "portal" }
      if let process = victims.first?.pid { kill(process, SIGKILL) }
    }
    let command = words.isEmpty ? nil : try world.portal.start(words, environment: environment, deadline: 120)
    let outcome: Outcome?
    switch moment {
    case .after(let milliseconds):
      try await Task.sleep(for: .milliseconds(milliseconds))
      // The command lives: what it was told before the end of the control plane is what it says.
      try await world.killAll(reach)
      outcome = try await command?.outcome()
    case .boundary(let number):
      let first = world.controlPlane
      outcome = try await command?.outcome()
      if command == nil { _ = try await eventually(within: 5) { world.controlPlane != first } }
      // It may not have as many.
      if let first, world.controlPlane == first { world.boundaries[operation] = max(1, number - 1) }
      // Where it was, as the control plane said last.
      let log = world.portal.home.appending(path: "run/control-plane.log")
      let place = try? String(contentsOf: log, encoding: .utf8).split(separator: "\n").last
      print("  \(place.map(String.init) ?? "")")
      try await world.killAll(reach)
    }
    if outcome?.status == 0 {
      let duration = Int((ContinuousClock.now - start) / .milliseconds(1))
      world.durations[operation] = max(world.durations[operation, default: 0], duration)
    }
    return outcome
  }

  /// What clients met: nothing but answers, where nothing was lost that they need; and in no case an order.
  private func expect(_ statuses: [String: [String: Int]], isSeamless: Bool, _ said: String) {
    if isSeamless, let met = statuses["public"] { #expect(met.keys.sorted() == ["200"], "\(said): \(statuses)") }
    for status in (statuses["anonymous"] ?? [:]).keys {
      let isWithout = status == "000" || status.hasPrefix("curl failed")
      #expect(["401", "429"].contains(status) || (!isSeamless && isWithout), "\(said): \(statuses)")
    }
  }

  /// That every event that somebody was told of is still there, with its number and unchanged, and that none is missing.
  private func expectEvents(_ world: inout CrashWorld, _ follower: Command?, _ said: String) async throws {
    guard let follower else {
      world.lastEvent = try await world.events(after: 0).last?.number ?? world.lastEvent
      return
    }
    // It ends with the control plane that it was told by, unless it came to that only afterwards.
    kill(follower.identifier, SIGKILL)
    let lines = try await follower.outcome().output.split(separator: "\n", omittingEmptySubsequences: true)
    let told = lines.compactMap { try? JSONDecoder().decode(NumberedEvent.self, from: Data($0.utf8)) }
    guard world.declared.isAnything else { return }
    let kept = try await world.events(after: world.lastEvent)
    let byNumber = Dictionary(kept.map { ($0.number, $0) }) { first, _ in first }
    let lost = told.filter { $0.number > world.lastEvent && byNumber[$0.number] != $0 }
    #expect(lost.isEmpty, "\(said): \(lost.count) of \(told.count), such as \(String(describing: lost.first))")
    let numbers = kept.map(\.number)
    let first = world.lastEvent + 1
    #expect(numbers == Array(first..<first + numbers.count), "\(said): \(numbers.first ?? 0) after \(first - 1)")
    world.lastEvent = numbers.last ?? world.lastEvent
  }
}

/// An event with its number.
struct NumberedEvent: Decodable, Equatable, Sendable {
  var number: Int
  var time: String
  var kind: String
  var message: String
}

extension CrashWorld {
  /// The events that are in the log.
  func events(after number: Int) async throws -> [NumberedEvent] {
    var all: [NumberedEvent] = []
    while declared.isAnything {
      let last = all.last?.number ?? number
      let next = try await portal.document("events", "--after", "\(last)", as: [NumberedEvent].self)
      if next.isEmpty { break }
      all += next
    }
    return all
  }
}
