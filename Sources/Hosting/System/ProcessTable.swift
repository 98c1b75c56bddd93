import CHosting
import Glibc

/// What `/proc` says of processes (proc(5)).
enum ProcessTable {
  /// Every process there is.
  static func identifiers() -> [Int32] {
    Files.names(in: "/proc").compactMap { Int32($0) }
  }

  /// The arguments a process was started with; none where it is gone or has none left.
  static func arguments(of process: Int32) -> [String] {
    guard let bytes = Files.read("/proc/\(process)/cmdline") else { return [] }
    return bytes.split(separator: 0, omittingEmptySubsequences: false).dropLast().map {
      String(decoding: $0, as: UTF8.self)
    }
  }

  /// Whether a process is there and has not ended: a zombie has.
  static func isAlive(_ process: Int32) -> Bool {
    guard process > 0, let status = status(of: process) else { return false }
    return status.state != "Z" && status.state != "X"
  }

  /// The fields of `/proc/PID/stat` used here.
  struct Status: Equatable {
    var state: Character
    var parent: Int32
    /// Clock ticks from the host's start to the process's.
    var started: UInt64
  }

  static func status(of process: Int32) -> Status? {
    Files.text("/proc/\(process)/stat").flatMap(parse)
  }

  /// The command's name is in parentheses and may itself contain any character, so the fields are counted from the last
  /// one.
  static func parse(_ text: String) -> Status? {
    guard let end = text.lastIndex(of: ")") else { return nil }
    let fields = text[text.index(after: end)...].split(whereSeparator: \.isWhitespace)
    guard fields.count > 19, let state = fields[0].first, let parent = Int32(fields[1]),
      let started = UInt64(fields[19])
    else { return nil }
    return Status(state: state, parent: parent, started: started)
  }

  /// Sends a signal to a process if it still is the one meant, which `isMeant` judges once it cannot be exchanged for
  /// another.
  static func signal(_ process: Int32, _ signal: Int32, isMeant: () -> Bool) {
    guard process > 1 else { return }
    let number = hosting_process_open(process)
    guard number >= 0 else { return }
    let descriptor = Descriptor(number)
    if isMeant() { _ = hosting_process_signal(descriptor.number, signal) }
  }
}
