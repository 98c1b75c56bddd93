/// How an image's process is confined, read from `/proc/PID/status` and `/proc/PID/maps` (proc(5)). An instance counts
/// as ready only where there are no findings.
public struct SandboxInspection: Sendable, Equatable {
  /// 0: system calls are not filtered; 1: strict; 2: by a filter (seccomp(2)).
  public var seccompMode: Int
  /// Whether no program it starts can gain privileges (`no_new_privs`).
  public var hasNoNewPrivileges: Bool
  /// The capabilities that it has or could take, as bits (capabilities(7)); `nil` where that is not known.
  public var capabilities: UInt64?
  /// Whether it is the superuser in any of its four user identifiers (credentials(7)).
  public var isSuperuser: Bool
  /// Mappings that are both writable and executable, as `/proc/PID/maps` shows them.
  public var writableExecutable: [String]
  /// Files other than the image that are mapped.
  public var foreignFiles: [String]

  /// What is not as it must be, each in one line; none where the process is confined.
  public var findings: [String] {
    var findings: [String] = []
    if seccompMode != 2 { findings.append("system calls are not filtered: seccomp mode is \(seccompMode), expected 2") }
    if !hasNoNewPrivileges { findings.append("the process could gain privileges: NoNewPrivs is not 1") }
    if capabilities != 0 {
      let found = capabilities.map { "0x" + String($0, radix: 16) } ?? "not known"
      findings.append("the process has privileges: its capabilities are \(found), expected none")
    }
    if isSuperuser { findings.append("the process is the superuser, expected another user") }
    findings += writableExecutable.map { "a mapping is both writable and executable: \($0)" }
    findings += foreignFiles.map { "a file other than the image is mapped: \($0)" }
    return findings
  }

  /// Whether nothing was found.
  public var isConfined: Bool { findings.isEmpty }

  /// Looks at a process that runs the image at `image`; `.gone` where there is no such process. With an emulator, the files
  /// mapped are its own, and its user may be the one that may use accelerators: neither is looked at. In the user namespace of
  /// an ordinary user there is only one user, whose number there is 0.
  public static func inspect(
    process: Int32, image: String, emulator: Emulator? = nil
  ) throws(HostingFault) -> SandboxInspection {
    guard ProcessTable.isAlive(process), let status = Files.text("/proc/\(process)/status"),
      let maps = Files.text("/proc/\(process)/maps"), ProcessTable.isAlive(process)
    else { throw .gone("process \(process) is not there") }
    var inspection = SandboxInspection(status: status, maps: maps, image: image)
    if emulator != nil {
      inspection.foreignFiles = []
      inspection.capabilities = 0
    }
    if emulator != nil || UserNamespace.isEntered { inspection.isSuperuser = false }
    return inspection
  }

  /// Interprets the two texts. What is missing in `status` counts as not confined.
  init(status: String, maps: String, image: String) {
    func words(_ name: String) -> [Substring] {
      let line = status.split(separator: "\n").first { $0.hasPrefix(name + ":") }
      return line?.dropFirst(name.count + 1).split(whereSeparator: \.isWhitespace) ?? []
    }
    func field(_ name: String) -> Int? { words(name).first.flatMap { Int($0) } }
    var capabilities: UInt64? = 0
    for set in ["CapPrm", "CapEff", "CapAmb"] {
      let found = words(set).first.flatMap { UInt64($0, radix: 16) }
      capabilities = capabilities.flatMap { all in found.map { all | $0 } }
    }
    self.capabilities = capabilities
    let users = words("Uid")
    isSuperuser = users.isEmpty || users.contains("0")
    seccompMode = field("Seccomp") ?? 0
    hasNoNewPrivileges = field("NoNewPrivs") == 1
    writableExecutable = []
    foreignFiles = []
    // address perms offset dev inode path
    for line in maps.split(separator: "\n") {
      let fields = line.split(separator: " ", maxSplits: 5)
      guard fields.count >= 5 else { continue }
      if fields[1].contains("w") && fields[1].contains("x") { writableExecutable.append(String(line)) }
      guard fields[4] != "0", fields.count == 6 else { continue }
      var path = String(fields[5].drop { $0 == " " })
      // An image that was removed from the store while it runs is still the image.
      if path.hasSuffix(" (deleted)") { path.removeLast(10) }
      if path != image && !foreignFiles.contains(path) { foreignFiles.append(path) }
    }
  }
}
