import Interchange
import Synchronization

/// Reports between the thread that reads them and the task that handles them. A reader that is slow loses events, which
/// are counted, and questions, whose askers do not wait for long; never other reports: an image that floods it with those
/// is cut off.
final class ReportMailbox: Sendable {
  /// How many reports wait at most before events are dropped.
  static let maximumEvents = 4096
  /// How many reports wait at most at all.
  static let maximumReports = 8192

  private struct State {
    var waiting: [Report] = []
    var head = 0
    var dropped: UInt64 = 0
    var isFinished = false
    var reader: CheckedContinuation<Report?, Never>?

    var count: Int { waiting.count - head }

    mutating func take() -> Report? {
      if head < waiting.count {
        defer { head += 1 }
        if head >= 1024 {
          waiting.removeFirst(head)
          head = 0
        }
        return waiting[head]
      }
      waiting.removeAll(keepingCapacity: true)
      head = 0
      guard dropped > 0 else { return nil }
      defer { dropped = 0 }
      return .dropped(events: dropped)
    }
  }

  private let state = Mutex(State())

  /// Adds a report; `false` where no more can be kept.
  func put(_ report: Report) -> Bool {
    let (reader, isKept) = state.withLock { state -> (CheckedContinuation<Report?, Never>?, Bool) in
      if state.isFinished { return (nil, true) }
      if let reader = state.reader {
        state.reader = nil
        return (reader, true)
      }
      if case .event = report, state.count >= ReportMailbox.maximumEvents {
        state.dropped += 1
        return (nil, true)
      }
      if case .question = report, state.count >= ReportMailbox.maximumEvents { return (nil, true) }
      guard state.count < ReportMailbox.maximumReports else { return (nil, false) }
      state.waiting.append(report)
      return (nil, true)
    }
    reader?.resume(returning: report)
    return isKept
  }

  /// Ends the stream once what waits was taken.
  func finish() {
    let reader = state.withLock { state in
      state.isFinished = true
      defer { state.reader = nil }
      return state.reader
    }
    reader?.resume(returning: nil)
  }

  /// The next report, or `nil` at the end.
  func next() async -> Report? {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let (report, isAnswered, displaced) = state.withLock {
          state -> (Report?, Bool, CheckedContinuation<Report?, Never>?) in
          if let report = state.take() { return (report, true, nil) }
          if state.isFinished || Task.isCancelled { return (nil, true, nil) }
          defer { state.reader = continuation }
          return (nil, false, state.reader)
        }
        displaced?.resume(returning: nil)
        if isAnswered { continuation.resume(returning: report) }
      }
    } onCancel: {
      let reader = state.withLock { state in
        defer { state.reader = nil }
        return state.reader
      }
      reader?.resume(returning: nil)
    }
  }
}
