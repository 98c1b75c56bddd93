/// The system calls that an image declares: numbers of Linux on x86-64, each a `UInt32`, in a section that its platform
/// fills from the same list as the filter which enforces it.
enum SystemCalls {
  /// The section's name.
  static let section = ".testudo.syscalls"

  /// The names of the system calls that an image declares, in its order; `nil` if it declares none.
  static func declared(in file: ELFFile) -> [String]? {
    guard let section = file.section(section), let contents = file.contents(of: section), contents.count % 4 == 0 else {
      return nil
    }
    var names: [String] = []
    for start in stride(from: contents.startIndex, to: contents.endIndex, by: 4) {
      let number = contents[start..<(start + 4)].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      let name = name(of: number)
      if !names.contains(name) { names.append(name) }
    }
    return names
  }

  private static func name(of number: UInt32) -> String { known[number] ?? "system call \(number)" }

  private static let known: [UInt32: String] = [
    0: "read", 1: "write", 2: "open", 3: "close", 7: "poll", 9: "mmap", 10: "mprotect", 11: "munmap", 12: "brk",
    13: "rt_sigaction", 14: "rt_sigprocmask", 15: "rt_sigreturn", 16: "ioctl", 17: "pread64", 18: "pwrite64",
    19: "readv", 20: "writev", 24: "sched_yield", 35: "nanosleep", 39: "getpid", 41: "socket", 42: "connect",
    44: "sendto", 45: "recvfrom", 46: "sendmsg", 47: "recvmsg", 57: "fork", 59: "execve", 60: "exit", 157: "prctl",
    202: "futex", 228: "clock_gettime", 230: "clock_nanosleep", 231: "exit_group", 232: "epoll_wait",
    233: "epoll_ctl", 257: "openat", 271: "ppoll", 281: "epoll_pwait", 318: "getrandom",
  ]
}
