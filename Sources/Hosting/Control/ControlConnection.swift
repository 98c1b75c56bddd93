import CHosting
import Glibc
public import Interchange
import Synchronization

/// The control plane's end of an instance's control channel: frames of sealed messages out, frames of reports in. It
/// goes to the instance's tender, which passes frames on and cannot make any.
public final class ControlConnection: InstanceChannel {
  /// The instance's record, as it was when the connection was made.
  public let record: InstanceRecord

  /// No more than this many bytes wait to be sent: two messages of the greatest length.
  static let maximumOutbound = 2 * (ControlMessage.maximumLength + 4)
  /// No more than this many requests wait for an answer.
  static let maximumRequests = 1024

  private typealias Answer = CheckedContinuation<Result<Report, HostingFault>, Never>

  private struct State {
    var isClosed = false
    var outbound: [UInt8] = []
    var sent = 0
    var watch: Reactor.Watch?
    var isWaitingToWrite = false
    var requests: [UInt64: Answer] = [:]
    var failure: String?
  }

  private let socket: Int32
  private let mailbox = ReportMailbox()
  private let state = Mutex(State())
  private let frames = Mutex(FrameReader(limit: Report.maximumLength))

  /// Takes over a connected socket that does not block.
  init(record: InstanceRecord, socket: Int32) throws(HostingFault) {
    self.record = record
    self.socket = socket
    // Held over the start, so that an end that comes at once finds what it is to release.
    let fault = state.withLock { state -> HostingFault? in
      do throws(HostingFault) {
        state.watch = try Reactor.shared.watch(socket) { [weak self] in self?.ready() }
        return nil
      } catch {
        return error
      }
    }
    if let fault {
      Glibc.close(socket)
      throw fault
    }
  }

  deinit { close() }

  /// Connects to the tender's socket.
  static func connect(_ record: InstanceRecord, path: String) throws(HostingFault) -> ControlConnection {
    let socket = hosting_unix_socket(path, 0)
    if [-ENOENT, -ECONNREFUSED].contains(socket) {
      throw .gone("instance \(record.id) does not run any more: nobody listens at \(path)")
    }
    try HostingFault.check(socket, "connect to \(path)")
    return try ControlConnection(record: record, socket: socket)
  }

  /// What the image reports, in order, for one reader. It ends when the image does, when the tender does not let this
  /// connection in, or with `close`. While 4096 reports wait, events are dropped and counted in a `dropped` report.
  public var reports: AsyncStream<Report> {
    let mailbox = mailbox
    return AsyncStream { await mailbox.next() }
  }

  /// Sends a sealed message and does not wait for an answer; fails where the channel is closed or has too much to send.
  public func send(_ message: [UInt8]) throws(HostingFault) {
    let id = record.id
    guard message.count <= ControlMessage.maximumLength else {
      throw .invalid(
        what: "a message to instance \(id)", found: "\(message.count) bytes",
        expected: "at most \(ControlMessage.maximumLength) bytes")
    }
    let fault = state.withLock { state -> HostingFault? in
      guard !state.isClosed else { return gone(state) }
      guard state.outbound.count - state.sent + message.count + 4 <= ControlConnection.maximumOutbound else {
        return .congested("instance \(id) does not take its messages: too much waits to be sent already")
      }
      state.outbound.append(contentsOf: FrameReader.frame(message))
      return nil
    }
    if let fault { throw fault }
    flush()
  }

  /// Sends a sealed message of this version and waits for its acknowledgement or refusal; fails where the image ends or
  /// nothing comes within `deadline`.
  public nonisolated(nonsending) func request(
    _ message: [UInt8], version: UInt64, deadline: Duration
  ) async throws(HostingFault) -> Report {
    let timeout = Task { [weak self, id = record.id] in
      // Cancelled as soon as there is an answer.
      guard (try? await Task.sleep(for: deadline)) != nil else { return }
      self?.answer(version, .failure(.deadline("instance \(id) did not answer version \(version) within \(deadline)")))
    }
    defer { timeout.cancel() }
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { (continuation: Answer) in
        let fault = state.withLock { state -> HostingFault? in
          guard !state.isClosed else { return gone(state) }
          guard state.requests[version] == nil else {
            return .conflict("version \(version) was already sent to instance \(record.id) and waits for its answer")
          }
          guard state.requests.count < ControlConnection.maximumRequests else {
            return .congested("too many requests to instance \(record.id) wait for an answer")
          }
          state.requests[version] = continuation
          return nil
        }
        if let fault { return continuation.resume(returning: .failure(fault)) }
        do throws(HostingFault) {
          try send(message)
        } catch {
          answer(version, .failure(error))
        }
        if Task.isCancelled { answer(version, .failure(.deadline("the request was cancelled"))) }
      }
    } onCancel: {
      answer(version, .failure(.deadline("the request was cancelled")))
    }
    return try result.get()
  }

  /// Lets go of the channel; the image runs on. Reports end, and requests that wait fail.
  public func close() {
    end(nil)
  }

  private func gone(_ state: borrowing State) -> HostingFault {
    .gone("the control channel of instance \(record.id) is closed" + (state.failure.map { ": \($0)" } ?? ""))
  }

  private func end(_ failure: String?) {
    let (requests, fault, watch) = state.withLock { state -> ([Answer], HostingFault, Reactor.Watch?) in
      state.isClosed = true
      if state.failure == nil { state.failure = failure }
      state.outbound = []
      defer {
        state.requests = [:]
        state.watch = nil
      }
      return (Array(state.requests.values), gone(state), state.watch)
    }
    // Who comes second finds nothing left to end.
    guard let watch else { return }
    // Seen by the tender at once, whose next connection may be ours as well; the descriptor is closed a little later.
    Glibc.shutdown(socket, Int32(SHUT_RDWR))
    Reactor.shared.release(watch)
    for request in requests { request.resume(returning: .failure(fault)) }
    mailbox.finish()
  }

  private func answer(_ version: UInt64, _ result: Result<Report, HostingFault>) {
    state.withLock { $0.requests.removeValue(forKey: version) }?.resume(returning: result)
  }

  // MARK: - The socket

  // Called in the reactor's thread, which also closes the socket: it stays open for as long as these run.
  private func ready() {
    flush()
    receive()
  }

  private func receive() {
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while !state.withLock({ $0.isClosed }) {
      let count = read(socket, &chunk, chunk.count)
      if count < 0 && errno == EINTR { continue }
      if count < 0 && errno == EAGAIN { return }
      guard count > 0 else { return end(count == 0 ? "the image has ended" : HostingFault.text(of: errno)) }
      do throws(DecodingFault) {
        try frames.withLock { frames throws(DecodingFault) in
          frames.append(chunk[0..<count])
          while let frame = try frames.next() {
            guard deliver(try Report(decoding: frame)) else { throw .tooLarge }
          }
        }
      } catch {
        return end("the image does not keep to the protocol (\(error))")
      }
      if count < chunk.count { return }
    }
  }

  private func deliver(_ report: Report) -> Bool {
    // The mailbox first: whoever waits for the answer finds the report there already.
    let isKept = mailbox.put(report)
    switch report {
    case .acknowledged(let version, _), .refused(let version, _): answer(version, .success(report))
    case .failed(let reason): state.withLock { $0.failure = "the image failed: \(reason)" }
    default: break
    }
    return isKept
  }

  private func flush() {
    state.withLock { state in
      while !state.isClosed && state.sent < state.outbound.count {
        let count = state.outbound[state.sent...].withUnsafeBytes {
          Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        if count < 0 && errno == EINTR { continue }
        if count < 0 && errno == EAGAIN { return wait(true, &state) }
        // The other side is gone: what it reported before is still to be read, and then the end, which the reactor
        // sees.
        guard count >= 0 else { break }
        state.sent += count
      }
      state.outbound = []
      state.sent = 0
      wait(false, &state)
    }
  }

  private func wait(_ isWaiting: Bool, _ state: inout State) {
    guard state.isWaitingToWrite != isWaiting, let watch = state.watch else { return }
    state.isWaitingToWrite = isWaiting
    Reactor.shared.change(watch, to: isWaiting ? [.readable, .writable] : .readable)
  }
}
