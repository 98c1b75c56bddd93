import Glibc

extension HostingFault {
  /// The text of an `errno`, without locale.
  static func text(of code: Int32) -> String {
    String(cString: strerror(code))
  }

  /// A fault for a system call that returned `-errno` or left it: what is not permitted becomes `.lacking`.
  static func failed(_ operation: String, _ code: Int32) -> HostingFault {
    switch abs(code) {
    case EPERM, EACCES:
      return .lacking(what: "the permission to \(operation)", remedy: "run it as root, for example with `sudo`")
    default: return .system(operation: operation, code: abs(code))
    }
  }

  /// Throws unless `result`, which is `-errno` on failure, is 0 or more; then gives it.
  @discardableResult
  static func check(_ result: Int32, _ operation: @autoclosure () -> String) throws(HostingFault) -> Int32 {
    guard result >= 0 else { throw failed(operation(), result) }
    return result
  }

  /// Throws unless this process may change networks.
  static func requireRoot(to operation: String) throws(HostingFault) {
    guard geteuid() == 0 else { throw failed(operation, EPERM) }
  }
}
