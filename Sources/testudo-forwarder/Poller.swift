import CHosting
import Glibc

/// What a descriptor in the event loop is.
enum EventSource {
  case client(slot: Int, generation: UInt32)
  case target(slot: Int, generation: UInt32)
  case listener(identifier: UInt32)
  case requests
  case requester(identifier: UInt32)
  case signals

  /// 32 bits of generation, 29 of slot or identifier, 3 of kind.
  var token: UInt64 {
    switch self {
    case .client(let slot, let generation): UInt64(generation) << 32 | UInt64(slot) << 3
    case .target(let slot, let generation): UInt64(generation) << 32 | UInt64(slot) << 3 | 1
    case .listener(let identifier): UInt64(identifier) << 3 | 2
    case .requests: 3
    case .requester(let identifier): UInt64(identifier) << 3 | 4
    case .signals: 5
    }
  }

  init(token: UInt64) {
    let generation = UInt32(truncatingIfNeeded: token >> 32)
    let slot = Int(UInt32(truncatingIfNeeded: token) >> 3)
    switch token & 7 {
    case 0: self = .client(slot: slot, generation: generation)
    case 1: self = .target(slot: slot, generation: generation)
    case 2: self = .listener(identifier: UInt32(truncatingIfNeeded: token >> 3))
    case 3: self = .requests
    case 4: self = .requester(identifier: UInt32(truncatingIfNeeded: token >> 3))
    default: self = .signals
    }
  }
}

/// What a descriptor is ready for.
struct Readiness: OptionSet {
  var rawValue: UInt32

  static let readable = Readiness(rawValue: EPOLLIN.rawValue)
  static let writable = Readiness(rawValue: EPOLLOUT.rawValue)
  static let failed = Readiness(rawValue: EPOLLERR.rawValue)
  static let hungUp = Readiness(rawValue: EPOLLHUP.rawValue)
}

/// Level-triggered readiness of descriptors (epoll(7)).
final class Poller {
  private static let batch = 256
  private let descriptor: Int32
  private let events = UnsafeMutablePointer<epoll_event>.allocate(capacity: Poller.batch)

  init() throws(ForwarderFault) {
    descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
    guard descriptor >= 0 else { throw ForwarderFault("make an epoll descriptor", code: errno) }
  }

  deinit {
    close(descriptor)
    events.deallocate()
  }

  /// Reports a descriptor until it is closed or forgotten. Failures and hang-ups are always reported.
  func add(_ file: Int32, _ readiness: Readiness, _ source: EventSource) -> Bool {
    control(EPOLL_CTL_ADD, file, readiness, source)
  }

  func change(_ file: Int32, _ readiness: Readiness, _ source: EventSource) -> Bool {
    control(EPOLL_CTL_MOD, file, readiness, source)
  }

  func forget(_ file: Int32) {
    _ = control(EPOLL_CTL_DEL, file, [], .signals)
  }

  private func control(_ operation: Int32, _ file: Int32, _ readiness: Readiness, _ source: EventSource) -> Bool {
    var event = epoll_event(events: readiness.rawValue, data: epoll_data_t(u64: source.token))
    return epoll_ctl(descriptor, operation, file, &event) == 0
  }

  /// Waits, at most `milliseconds` where that is not negative, and calls `body` for each descriptor that is ready.
  func wait(milliseconds: Int32, _ body: (EventSource, Readiness) -> Void) {
    let count = epoll_wait(descriptor, events, Int32(Poller.batch), milliseconds)
    guard count > 0 else { return }
    for index in 0..<Int(count) {
      let event = events[index]
      body(EventSource(token: event.data.u64), Readiness(rawValue: event.events))
    }
  }
}
