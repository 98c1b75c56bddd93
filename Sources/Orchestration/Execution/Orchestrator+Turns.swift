import Foundation

// Commands about the same service are carried out one after another, in the order they came; others go on side by side.

/// Who asks for what is being done.
public enum Caller {
  /// The caller, as those are told who wait for the command; `nil` for whoever opened the control plane's socket.
  @TaskLocal public static var current: String?
}

extension Orchestrator {
  /// Carries a command out when no earlier one about the same is under way or waits. Whoever has to wait is told for what.
  /// - Parameters:
  ///   - name: What it does, as users call it.
  ///   - subject: What it is about; it must change nothing else.
  ///   - progress: Told for what it waits, and how long that was.
  func exclusively<Result: Sendable>(
    _ name: String, about subject: ServiceScope, progress: @Sendable (StepOutcome) -> Void = { _ in },
    _ body: () async throws(OrchestrationFault) -> Result
  ) async throws(OrchestrationFault) -> Result {
    let number = await enter(name, subject, progress)
    let result = await Correlation.continuing { () async -> Swift.Result<Result, OrchestrationFault> in
      do throws(OrchestrationFault) {
        return .success(try await body())
      } catch {
        return .failure(error)
      }
    }
    leave(number)
    return try result.get()
  }

  /// The same for what cannot fail.
  func inTurn<Result: Sendable>(
    _ name: String, about subject: ServiceScope, progress: @Sendable (StepOutcome) -> Void = { _ in },
    _ body: () async -> Result
  ) async -> Result {
    let number = await enter(name, subject, progress)
    let result = await body()
    leave(number)
    return result
  }

  /// Waits for a command's turn. Gives the number by which it leaves.
  private func enter(
    _ name: String, _ subject: ServiceScope, _ progress: @Sendable (StepOutcome) -> Void
  ) async -> Int {
    let start = Date()
    let command = Command(name: name, subject: subject, caller: Caller.current, since: start)
    guard let obstacle = commands.obstacle(to: subject) else { return commands.append(command, waiter: nil) }
    let service = subject.service ?? ""
    let reason = obstacle.summary(to: subject, now: start)
    progress(
      StepOutcome(
        service: service, text: "wait for another command", reason: reason, milliseconds: 0, isUnderWay: true))
    var number = 0
    await withCheckedContinuation { number = commands.append(command, waiter: $0) }
    progress(
      StepOutcome(
        service: service, text: "waited for another command", reason: reason,
        milliseconds: Date().timeIntervalSince(start) * 1000))
    return number
  }

  private func leave(_ number: Int) {
    for waiter in commands.remove(number) { waiter.resume() }
  }
}
