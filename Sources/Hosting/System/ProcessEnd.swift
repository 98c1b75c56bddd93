import CHosting
import Glibc
import Synchronization

/// The end of a process, whoever's child it is (pidfd_open(2)).
final class ProcessEnd: Sendable {
  private struct State {
    var watch: Reactor.Watch?
    var waiter: CheckedContinuation<Void, Never>?
  }

  private let state: Mutex<State>

  private init(_ waiter: CheckedContinuation<Void, Never>) { state = Mutex(State(waiter: waiter)) }

  /// Returns once a process has ended; at once where it is gone, or is not the one meant, which `isMeant` judges once it
  /// cannot be exchanged for another.
  static func of(_ process: Int32, isMeant: () -> Bool) async {
    let descriptor = process > 1 ? hosting_process_open(process) : -1
    guard descriptor >= 0 else { return }
    guard isMeant() else {
      close(descriptor)
      return
    }
    await withCheckedContinuation { waiter in ProcessEnd(waiter).watch(descriptor) }
  }

  private func watch(_ descriptor: Int32) {
    // Held over the start, so that an end that comes at once finds what it is to release.
    let isWatched = state.withLock { state in
      state.watch = try? Reactor.shared.watch(descriptor) { self.end() }
      return state.watch != nil
    }
    guard !isWatched else { return }
    close(descriptor)
    end()
  }

  private func end() {
    let last = state.withLock { state in
      defer { state = State() }
      return state
    }
    if let watch = last.watch { Reactor.shared.release(watch) }
    last.waiter?.resume()
  }
}
