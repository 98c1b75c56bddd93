import Foundation
import Glibc
import Testing

/// What these tests need of the machine they run on: the program under test with its library of modules, the right to
/// make network namespaces and TAPs, and the tools that clients use.
enum Testbed {
  /// The repository that the tests are part of.
  static let repository = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// The program under test: what `TESTUDO_PROGRAM` names, else the one that is built with the tests.
  static let program: String =
    ProcessInfo.processInfo.environment["TESTUDO_PROGRAM"]
    ?? repository.appending(path: ".build/debug/testudo").path

  /// The example that the story is told with.
  static let example = repository.appending(path: "Examples/portal")

  /// What is missing here, or `nil` where the tests can run.
  static let lacking: String? = {
    if geteuid() != 0 { return "network namespaces and TAPs can be made by root only" }
    if access(program, X_OK) != 0 { return "the program under test is missing: \(program)" }
    if !hasLibrary { return "the library of modules is missing: `make library` makes it" }
    if access("/dev/net/tun", R_OK | W_OK) != 0 { return "this host has no /dev/net/tun" }
    for tool in ["curl", "ip", "openssl", "setpriv"] where path(of: tool) == nil { return "`\(tool)` is missing" }
    return nil
  }()

  /// Whether the program under test is there, with its library.
  static var isBuilt: Bool { access(program, X_OK) == 0 && hasLibrary }

  /// Whether there is a library where the program looks for one: in `TESTUDO_LIBRARY`, or in a folder that it is in.
  private static var hasLibrary: Bool { library != nil }

  /// The library that the program uses.
  static var library: String? {
    if let named = ProcessInfo.processInfo.environment["TESTUDO_LIBRARY"] {
      return access(named + "/modules", R_OK) == 0 ? named : nil
    }
    var folder = URL(filePath: program).resolvingSymlinksInPath().deletingLastPathComponent()
    while folder.path != "/" {
      let candidate = folder.appending(path: "library").path
      if access(candidate + "/modules", R_OK) == 0 { return candidate }
      folder.deleteLastPathComponent()
    }
    return nil
  }

  /// Where a tool is, as the shell would find it.
  static func path(of tool: String) -> String? {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
    return (folders + ["/usr/sbin", "/sbin"]).map { "\($0)/\(tool)" }.first { access($0, X_OK) == 0 }
  }

  /// What is missing here for virtual machines, or `nil` where they can run.
  static let lackingMachines: String? = {
    if let lacking { return lacking }
    if path(of: "qemu-system-x86_64") == nil {
      return "`qemu-system-x86_64` is missing: apt-get install qemu-system-x86"
    }
    return nil
  }()

  /// At most two services at once, whatever the number of suites: the tests look at what happens, not at how a crowded
  /// machine slows it down.
  static let places = Places(2)
}

extension Trait where Self == ConditionTrait {
  /// Only where the program under test is built, with its library; nothing is run that would need more.
  static var builtProgram: Self {
    .enabled(if: Testbed.isBuilt, "the program under test, or its library of modules, is missing")
  }

  /// Only where unikernels can really be run.
  static var realUnikernels: Self {
    .enabled(if: Testbed.lacking == nil, Comment(rawValue: Testbed.lacking ?? "everything needed is here"))
  }

  /// Only where unikernels can really be run as virtual machines.
  static var virtualMachines: Self {
    .enabled(
      if: Testbed.lackingMachines == nil, Comment(rawValue: Testbed.lackingMachines ?? "everything needed is here"))
  }
}

/// A number of places, taken one by one and given back.
actor Places {
  private var free: Int
  private var waiting: [CheckedContinuation<Void, Never>] = []

  init(_ count: Int) { free = count }

  func take() async {
    if free > 0 {
      free -= 1
    } else {
      await withCheckedContinuation { waiting.append($0) }
    }
  }

  func giveBack() {
    if waiting.isEmpty {
      free += 1
    } else {
      waiting.removeFirst().resume()
    }
  }
}

/// Looks again and again until something is so, or the deadline has passed; gives whether it came to be so.
func eventually(within seconds: Double = 15, _ isSo: () async throws -> Bool) async throws -> Bool {
  let end = ContinuousClock.now + .seconds(seconds)
  while true {
    if try await isSo() { return true }
    if ContinuousClock.now >= end { return false }
    try await Task.sleep(for: .milliseconds(50))
  }
}
