import Glibc

/// Why the forwarder cannot start, or cannot do what it was asked.
struct ForwarderFault: Error {
  /// One line for a user.
  var text: String

  init(_ text: String) {
    self.text = text
  }

  /// A system call that left `code` as its `errno`, or returned it negated.
  init(_ operation: String, code: Int32) {
    text = "cannot \(operation): \(String(cString: strerror(abs(code))))"
  }
}
