public import Dispatch
import Foundation
public import PolicyDecision
import Synchronization

/// The log of decisions: events of OCSF, one a line, in files that are replaced when they are full.
///
/// A decision never waits for it. What was decided waits in memory and is written by a thread of its own; where more
/// waits than there is room for, decisions are left out, and the log says how many, and so does the event log.
public final class DecisionLog: Sendable {
  /// How many decisions have been made, by tenant and outcome, and how many of them are missing in the log.
  public struct Counts: Hashable, Sendable {
    /// No more tenants are counted by name; the others are `other`.
    static let maximumTenants = 1000

    /// Permitted, by tenant.
    public var permitted: [String: Int] = [:]
    /// Denied, by tenant.
    public var denied: [String: Int] = [:]
    /// Missing in the log.
    public var dropped = 0

    mutating func add(_ decision: AccessDecision, of tenant: String) {
      func key(_ counts: [String: Int]) -> String {
        counts.count < Self.maximumTenants || counts[tenant] != nil ? tenant : "other"
      }
      if decision.isPermit {
        permitted[key(permitted), default: 0] += 1
      } else {
        denied[key(denied), default: 0] += 1
      }
    }
  }

  /// No more decisions wait to be written.
  public static let maximumWaiting = 65_536
  /// A file that is longer, in bytes, is put aside.
  static let maximumFileBytes = 64 << 20
  /// How many files are put aside; then the oldest goes.
  static let maximumOldFiles = 4
  /// No more of the log's end is read, in bytes.
  private static let maximumTail = 8 << 20

  private struct Entry {
    var decision: AccessDecision
    var tenant: String
    var request: String?
    var time: Int64
  }

  private struct State {
    var waiting: [Entry] = []
    var isWriting = false
    /// Left out since the log last said so.
    var dropped = 0
    var counts = Counts()
  }

  /// The file that is written.
  public let path: String
  private let journal: Journal
  private let productVersion: String
  private let capacity: Int
  private let queue: DispatchQueue
  private let state = Mutex(State())

  /// A log in a folder, which is made when something is written. `queue` writes, and must be serial.
  public init(
    folder: String, journal: Journal, productVersion: String, capacity: Int = DecisionLog.maximumWaiting,
    queue: DispatchQueue = DispatchQueue(label: "testudo.decision-log", qos: .utility)
  ) {
    path = folder + "/decisions.jsonl"
    self.journal = journal
    self.productVersion = productVersion
    self.capacity = capacity
    self.queue = queue
  }

  /// Has decisions written some time later. `request` is what the caller named its request.
  public func record(_ decisions: [AccessDecision], tenant: String, request: String?) {
    guard !decisions.isEmpty else { return }
    let time = Self.now()
    let starts = state.withLock { state in
      for decision in decisions {
        state.counts.add(decision, of: tenant)
        guard state.waiting.count < capacity else {
          state.dropped += 1
          state.counts.dropped += 1
          continue
        }
        state.waiting.append(Entry(decision: decision, tenant: tenant, request: request, time: time))
      }
      defer { state.isWriting = true }
      return !state.isWriting
    }
    if starts { queue.async { [self] in write() } }
  }

  /// What has been counted since the start.
  public var counts: Counts { state.withLock { $0.counts } }

  /// Returns when everything recorded before is written.
  public func flush() {
    queue.sync {}
  }

  /// The last lines, of one tenant or of all, oldest first.
  public func tail(_ limit: Int, tenant: String? = nil) -> [String] {
    guard let file = FileHandle(forReadingAtPath: path), let end = try? file.seekToEnd() else { return [] }
    defer { try? file.close() }
    let start = end > UInt64(Self.maximumTail) ? end - UInt64(Self.maximumTail) : 0
    guard (try? file.seek(toOffset: start)) != nil, let data = try? file.readToEnd() else { return [] }
    var lines = String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
    if start > 0, !lines.isEmpty { lines.removeFirst() }
    if let tenant { lines = lines.filter { Self.tenant(of: $0) == tenant } }
    return lines.suffix(max(0, limit))
  }

  private static func tenant(of line: String) -> String? {
    struct Line: Decodable {
      struct Metadata: Decodable { var tenant_uid: String? }
      var metadata: Metadata
    }
    return (try? JSONDecoder().decode(Line.self, from: Data(line.utf8)))?.metadata.tenant_uid
  }

  // MARK: Writing

  private func write() {
    while true {
      let (entries, dropped) = state.withLock { state in
        defer { (state.waiting, state.dropped) = ([], 0) }
        if state.waiting.isEmpty, state.dropped == 0 { state.isWriting = false }
        return (state.waiting, state.dropped)
      }
      guard !entries.isEmpty || dropped > 0 else { return }
      var text = ""
      for entry in entries {
        text += entry.decision.event(
          time: entry.time, tenant: entry.tenant, request: entry.request, productVersion: productVersion)
        text += "\n"
      }
      if dropped > 0 { text += loss(dropped, "more than \(capacity) decisions waited to be written") + "\n" }
      do {
        try append(Data(text.utf8))
      } catch {
        state.withLock { $0.counts.dropped += entries.count }
        note(entries.count, "`\(path)` cannot be written: \(error.localizedDescription)")
      }
    }
  }

  private func loss(_ count: Int, _ reason: String) -> String {
    note(count, reason)
    return AccessDecision.lossEvent(count: count, time: Self.now(), reason: reason, productVersion: productVersion)
  }

  private func note(_ count: Int, _ reason: String) {
    journal.record(
      EventRecord(
        time: Timestamp.now(), severity: "medium", tenant: "", service: "", kind: "decisions-dropped",
        message: "\(count) decisions are missing in the decision log: \(reason)", details: ["count": "\(count)"]))
  }

  private func append(_ data: Data) throws {
    let files = FileManager.default
    if !files.fileExists(atPath: path) {
      try files.createDirectory(
        atPath: URL(filePath: path).deletingLastPathComponent().path, withIntermediateDirectories: true,
        attributes: [.posixPermissions: 0o700])
      guard files.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o600]) else {
        throw CocoaError(.fileWriteUnknown)
      }
    }
    let file = try FileHandle(forWritingTo: URL(filePath: path))
    defer { try? file.close() }
    let length = try file.seekToEnd()
    try file.write(contentsOf: data)
    guard length + UInt64(data.count) > UInt64(Self.maximumFileBytes) else { return }
    try? files.removeItem(atPath: "\(path).\(Self.maximumOldFiles)")
    for number in stride(from: Self.maximumOldFiles - 1, through: 1, by: -1) {
      try? files.moveItem(atPath: "\(path).\(number)", toPath: "\(path).\(number + 1)")
    }
    try files.moveItem(atPath: path, toPath: "\(path).1")
  }

  private static func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }
}
