#if DEBUG
  import Glibc
  import Synchronization

  /// Where a test has the control plane end as `kill -9` would end it: at the n-th boundary that it passes. Boundaries lie
  /// before and after everything that is stored, and before and after everything that is done to the host. Only debug
  /// builds have this.
  final class CrashPoint: Sendable {
    /// The variable that has the number of the boundary, from 1.
    static let variable = "TESTUDO_CRASH_AT"

    private let chosen: Int
    private let passed = Mutex(0)

    /// The boundary that an environment chooses, if it does.
    init?(environment: [String: String]) {
      guard let chosen = environment[CrashPoint.variable].flatMap({ Int($0) }), chosen > 0 else { return nil }
      self.chosen = chosen
    }

    /// Passes a boundary, or ends there.
    func pass(_ place: String) {
      let number = passed.withLock { count in
        count += 1
        return count
      }
      guard number == chosen else { return }
      let text = Array("\(CrashPoint.variable)=\(chosen): \(place)\n".utf8)
      _ = write(STDERR_FILENO, text, text.count)
      kill(getpid(), SIGKILL)
      // The signal may come a moment later: nothing more is done until then.
      while true { pause() }
    }

    /// Passes the boundaries before and after something; also where it fails.
    func around<Result, Failure: Error>(
      _ what: String, _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
      pass("before " + what)
      defer { pass("after " + what) }
      return try body()
    }

    /// The same of what is waited for.
    nonisolated(nonsending) func around<Result, Failure: Error>(
      _ what: String, _ body: () async throws(Failure) -> Result
    ) async throws(Failure) -> Result {
      pass("before " + what)
      defer { pass("after " + what) }
      return try await body()
    }
  }
#endif
