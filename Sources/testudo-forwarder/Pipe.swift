import CHosting
import Glibc

/// A pipe that bytes go through on their way from one socket to another, so that they are never copied (splice(2)).
final class Pipe {
  /// The most that one holds, where the kernel allows it: as much as one segmented packet and its successors.
  static let capacity: Int32 = 256 << 10

  private let input: Int32
  private let output: Int32
  /// How much it holds.
  private(set) var count = 0

  init?() {
    var ends: (Int32, Int32) = (-1, -1)
    let made = withUnsafeMutablePointer(to: &ends) {
      $0.withMemoryRebound(to: Int32.self, capacity: 2) { hosting_pipe($0, Pipe.capacity) }
    }
    guard made == 0 else { return nil }
    (output, input) = ends
  }

  deinit {
    close(input)
    close(output)
  }

  /// Takes what has come at a socket: how much, 0 at its end, or a negative error number; `-EAGAIN` also where the pipe
  /// is full.
  func take(from socket: Int32) -> Int {
    let taken = hosting_splice(socket, input, Int(Pipe.capacity))
    if taken > 0 { count += taken }
    return taken
  }

  /// Gives a socket what it takes of this: how much, or a negative error number.
  func give(to socket: Int32) -> Int {
    let given = hosting_splice(output, socket, count)
    if given > 0 { count -= given }
    return given
  }
}
