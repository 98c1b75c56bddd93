import Dispatch

/// Delays that a cancelled task cannot shorten.
enum Timer {
  private static let queue = DispatchQueue(label: "testudo.hosting.timer")

  static func after(milliseconds: Int, _ body: @escaping @Sendable () -> Void) {
    queue.asyncAfter(deadline: .now() + .milliseconds(milliseconds), execute: body)
  }

  static func pause(milliseconds: Int) async {
    await withCheckedContinuation { continuation in
      after(milliseconds: milliseconds) { continuation.resume() }
    }
  }
}
