import Foundation
import Glibc
import Synchronization

/// The last line of a terminal, which says what is waited for, and for how long already. Where standard error is no
/// terminal, nothing is written.
final class StatusLine: Sendable {
  /// The one of this process.
  static let shared = StatusLine()

  private struct Waiting {
    var text: String
    var start: ContinuousClock.Instant
  }

  private let isTerminal =
    isatty(2) == 1 && ProcessInfo.processInfo.environment["TERM"].map { $0 != "dumb" && !$0.isEmpty } == true
  private let state = Mutex<(waiting: Waiting?, ticker: Task<Void, Never>?)>((nil, nil))

  /// Shows what is waited for from now on.
  func begin(_ text: String) {
    guard isTerminal else { return }
    state.withLock { state in
      state.waiting = Waiting(text: text, start: .now)
      Self.draw(state.waiting)
      guard state.ticker == nil else { return }
      state.ticker = Task.detached {
        while !Task.isCancelled {
          try? await Task.sleep(for: .milliseconds(100))
          self.state.withLock { Self.draw($0.waiting) }
        }
      }
    }
  }

  /// Takes the line away, so that another can be written there.
  func clear() {
    guard isTerminal else { return }
    state.withLock { state in
      guard state.waiting != nil else { return }
      state.waiting = nil
      Self.write("\r\u{1B}[K")
    }
  }

  private static func draw(_ waiting: Waiting?) {
    guard let waiting else { return }
    let seconds = Double((ContinuousClock.now - waiting.start) / .milliseconds(1)) / 1000
    let line = String(format: "… %7.1f s   ", seconds) + waiting.text
    // A line that breaks could not be taken away again.
    write("\r\u{1B}[K" + String(line.prefix(columns - 1)))
  }

  private static var columns: Int {
    var size = winsize()
    return ioctl(2, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 1 ? Int(size.ws_col) : 80
  }

  private static func write(_ text: String) {
    let bytes = Array(text.utf8)
    _ = Glibc.write(2, bytes, bytes.count)
  }
}
