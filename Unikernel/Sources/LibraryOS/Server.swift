/// What the image's port belongs to: takes connections, and ends them when the image is to go. An image has one, which its
/// application brings.
public protocol Server: Module, Timed {
  /// What comes from outside and is not complete may take so much memory at most.
  func bound(heldBytes: Int)
  /// Ends all connections without failing anybody who is served. For `grace`, new connections are served; then they are
  /// refused, and what is in progress finishes within a bound. When no connection is left, `completion` is called, once. A
  /// second drain can only shorten the first.
  func drain(grace: TimeSpan, completion: @escaping () -> Void)
  /// Ends a drain, over or not: connections are taken and kept as before it. A `completion` that was not called yet never
  /// is.
  func resume()
  /// The settings of modules have changed: what lasts and was let through under the earlier ones is judged anew, or ends.
  func settingsChanged()
  /// Whether a drain's grace is over, so that no new connection is taken.
  var refusesConnections: Bool { get }
  /// Tells that a drain is over, once nothing is in progress.
  func reportDrained()
}

/// A server's end, announced some time ahead.
public struct Drain {
  private var end: Instant?
  private var completion: (() -> Void)?
  /// Whether the time for new connections is over.
  public private(set) var isGraceOver = false

  /// None.
  public init() {}

  /// Whether one was begun.
  public var isRunning: Bool { end != nil }

  /// When the grace ends, if it has not.
  public var graceEnd: Instant? { isGraceOver ? nil : end }

  /// Whether no new connection is taken.
  public func refusesConnections(at now: Instant) -> Bool { end.map { $0 <= now } == true }

  /// Begins one, or shortens the one that was begun.
  public mutating func begin(grace: TimeSpan, at now: Instant, completion: @escaping () -> Void) {
    end = end.map { min($0, now + grace) } ?? now + grace
    guard let earlier = self.completion else {
      self.completion = completion
      return
    }
    self.completion = {
      earlier()
      completion()
    }
  }

  /// Whether the grace is over now and was not before.
  public mutating func endGrace(at now: Instant) -> Bool {
    guard !isGraceOver, refusesConnections(at: now) else { return false }
    isGraceOver = true
    return true
  }

  /// What is to be called, once, when the grace is over and nothing is in progress.
  public mutating func complete() -> (() -> Void)? {
    guard isGraceOver else { return nil }
    defer { completion = nil }
    return completion
  }

  /// Ends it.
  public mutating func cancel() { self = Drain() }
}
