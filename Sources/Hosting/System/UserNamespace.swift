import CHosting
import Glibc

/// The user namespace of an ordinary user's control plane (user_namespaces(7)). In it, and only there, that user has the
/// rights of root: over the network namespaces, bridges and TAPs that are made in it, and over nothing of the host's. A
/// mount namespace belongs to it, in which the network namespaces are pinned.
///
/// It lives for as long as one of its processes: a control plane that is started again joins the one that the tenders and
/// port forwarders of its home are in.
public enum UserNamespace {
  /// Says to a process that it is in one, and where network namespaces are pinned there.
  static let variable = "TESTUDO_NAMESPACES"

  /// Where network namespaces are pinned in it; `nil` for root, and outside of it.
  static let folder: String? = getenv(variable).map { String(cString: $0) }

  /// Whether this process is in one.
  public static var isEntered: Bool { folder != nil && geteuid() == 0 }

  /// Makes the program that runs start again in the user namespace of a home: the one in use there, or a new one. Returns
  /// for root, where it is in there already, and where this host does not let ordinary users have one: what is lacking
  /// then, `HostProbe` says.
  public static func enter(home: String) throws(HostingFault) {
    guard geteuid() != 0, hosting_can_unshare() == 0 else { return }
    let program = "/proc/self/exe"
    var words: [String]
    if let inhabitant = inhabitant(home: home) {
      words = ["nsenter", "--target", String(inhabitant), "--user", "--mount", "--preserve-credentials", "--wd=."]
    } else {
      words = ["unshare", "--user", "--map-root-user", "--mount", "--propagation", "private"]
    }
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = readlink(program, &buffer, buffer.count - 1)
    guard count > 0 else { throw .failed("read \(program)", errno) }
    words += ["--", String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)]
    words += CommandLine.arguments.dropFirst()
    try Files.makeFolder(home + "/run")
    setenv(variable, home + "/run/namespaces", 1)
    let arguments = words.map { strdup($0) } + [nil]
    execvp(words[0], arguments)
    let code = errno
    unsetenv(variable)
    for argument in arguments { free(argument) }
    if code == ENOENT { throw .lacking(what: "the program \(words[0])", remedy: "`apt-get install util-linux`") }
    throw .failed("start \(words[0])", code)
  }

  /// A process of a home that is in its user namespace.
  private static func inhabitant(home: String) -> Int32? {
    let own = link("/proc/self/ns/user")
    return ProcessTable.identifiers().first { process in
      let arguments = ProcessTable.arguments(of: process)
      guard arguments.count > 1, ["/instances/", "/networks/"].contains(where: { arguments[1].hasPrefix(home + $0) }),
        let other = link("/proc/\(process)/ns/user")
      else { return false }
      return other != own && ProcessTable.isAlive(process)
    }
  }

  private static func link(_ path: String) -> String? {
    var buffer = [CChar](repeating: 0, count: 256)
    let count = readlink(path, &buffer, buffer.count)
    return count > 0 ? String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self) : nil
  }
}
