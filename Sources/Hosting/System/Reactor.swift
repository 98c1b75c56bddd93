import CHosting
import Glibc
import Synchronization

/// One thread that waits for descriptors to become ready (epoll(7)) and calls their handlers. Readiness is
/// level-triggered: whatever a handler leaves undone is reported again, so no end of a channel can be missed.
final class Reactor: Sendable {
  /// What a descriptor is ready for, or is watched for. Ends and failures are always reported.
  struct Readiness: OptionSet, Sendable {
    let rawValue: UInt32
    static let readable = Readiness(rawValue: EPOLLIN.rawValue)
    static let writable = Readiness(rawValue: EPOLLOUT.rawValue)
  }

  /// A descriptor that is watched.
  struct Watch: Sendable {
    fileprivate let token: UInt64
    fileprivate let descriptor: Int32
  }

  typealias Handler = @Sendable () -> Void

  private struct State {
    var handlers: [UInt64: Handler] = [:]
    var closing: [Int32] = []
    var nextToken: UInt64 = 1
  }

  /// The reactor of this process. Its thread starts with the first use and stays.
  static let shared = Reactor()

  private let poller: Int32
  private let bell: Int32
  private let state = Mutex(State())

  private init() {
    poller = epoll_create1(Int32(EPOLL_CLOEXEC))
    bell = hosting_bell_make()
    // Out of descriptors this early, nothing of a host could be done.
    precondition(poller >= 0 && bell >= 0, "no descriptor for the event loop: \(HostingFault.text(of: errno))")
    var event = epoll_event(events: EPOLLIN.rawValue, data: epoll_data_t(u64: 0))
    epoll_ctl(poller, EPOLL_CTL_ADD, bell, &event)
    var thread = pthread_t()
    let failed = pthread_create(
      &thread, nil,
      { reactor in
        reactor.map { Unmanaged<Reactor>.fromOpaque($0).takeUnretainedValue() }?.run()
        return nil
      }, Unmanaged.passRetained(self).toOpaque())
    precondition(failed == 0, "no thread for the event loop: \(HostingFault.text(of: failed))")
    pthread_detach(thread)
  }

  /// Calls `handler` in the reactor's thread whenever the descriptor is ready, until it is released.
  func watch(
    _ descriptor: Int32, for readiness: Readiness = .readable, _ handler: @escaping Handler
  ) throws(HostingFault) -> Watch {
    let watch = state.withLock { state in
      defer { state.nextToken += 1 }
      state.handlers[state.nextToken] = handler
      return Watch(token: state.nextToken, descriptor: descriptor)
    }
    guard control(EPOLL_CTL_ADD, watch, readiness) else {
      let code = errno
      _ = state.withLock { $0.handlers.removeValue(forKey: watch.token) }
      throw .failed("watch a descriptor", code)
    }
    return watch
  }

  /// Changes what a descriptor is watched for.
  func change(_ watch: Watch, to readiness: Readiness) {
    _ = control(EPOLL_CTL_MOD, watch, readiness)
  }

  /// Ends a watch and closes its descriptor, once no handler that could still use it runs.
  func release(_ watch: Watch) {
    _ = control(EPOLL_CTL_DEL, watch, [])
    // The handler may hold the last reference to something whose end takes the lock.
    let handler = state.withLock { state in
      state.closing.append(watch.descriptor)
      return state.handlers.removeValue(forKey: watch.token)
    }
    hosting_bell_ring(bell)
    withExtendedLifetime(handler) {}
  }

  private func control(_ operation: Int32, _ watch: Watch, _ readiness: Readiness) -> Bool {
    var event = epoll_event(events: readiness.rawValue, data: epoll_data_t(u64: watch.token))
    return epoll_ctl(poller, operation, watch.descriptor, &event) == 0
  }

  private func run() {
    let capacity = 64
    let events = UnsafeMutablePointer<epoll_event>.allocate(capacity: capacity)
    while true {
      let count = epoll_wait(poller, events, Int32(capacity), -1)
      for index in 0..<Int(max(0, count)) {
        let token = events[index].data.u64
        if token == 0 {
          hosting_bell_clear(bell)
        } else {
          state.withLock { $0.handlers[token] }?()
        }
      }
      let closing = state.withLock { state in
        defer { state.closing = [] }
        return state.closing
      }
      for descriptor in closing { close(descriptor) }
    }
  }
}
