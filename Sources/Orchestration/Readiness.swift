import Foundation
import Glibc
import ImageGeneration
import State

/// Whether a control plane can do its work.
public struct Readiness: Hashable, Sendable, Codable {
  /// One thing that it needs.
  public struct Check: Hashable, Sendable, Codable {
    /// What was looked at.
    public var name: String
    /// Whether it is as it must be.
    public var isPassed: Bool
    /// What was found.
    public var found: String
  }

  /// Whether every check is passed.
  public var isReady: Bool
  /// What was looked at.
  public var checks: [Check]

  init(_ checks: [Check]) {
    self.checks = checks
    isReady = checks.allSatisfy(\.isPassed)
  }
}

extension Orchestrator {
  /// No less must be free where images and state are kept, in bytes.
  static let leastFreeBytes = 64 << 20
  static let readinessKey = "readiness"

  /// Looks at what every change needs: that state can be written and read again, that images can be linked and signed, and
  /// that there is room for them. Nothing is said of where on this host that is, since everybody may ask.
  public func readiness() -> Readiness {
    Readiness([checkState(), checkLibrary(), checkKeys(), checkSpace()])
  }

  private func checkState() -> Readiness.Check {
    let text = Array(Timestamp.now().utf8)
    do throws(StateFault) {
      try environment.store.transact(if: [], [.put(key: Self.readinessKey, text)])
      let isSame = try environment.store.value(for: Self.readinessKey)?.bytes == text
      return .init(name: "state", isPassed: isSame, found: isSame ? "written and read" : "not what was written")
    } catch {
      return .init(name: "state", isPassed: false, found: "it cannot be written")
    }
  }

  private func checkLibrary() -> Readiness.Check {
    let isThere =
      access(environment.library + "/tender", X_OK) == 0 && access(environment.library + "/modules", R_OK) == 0
    return .init(
      name: "library", isPassed: isThere,
      found: isThere ? "\(environment.catalogue.modules.count) modules" : "modules or the tender are gone")
  }

  private func checkKeys() -> Readiness.Check {
    let isThere = (try? environment.builder.keys.current()) != nil
    return .init(name: "keys", isPassed: isThere, found: isThere ? "they can be read" : "the image key cannot be read")
  }

  private func checkSpace() -> Readiness.Check {
    var system = statvfs()
    guard statvfs(environment.home.path, &system) == 0 else {
      return .init(name: "space", isPassed: false, found: "the home folder cannot be looked at")
    }
    let free = Int(clamping: system.f_bavail) * Int(clamping: system.f_frsize)
    return .init(
      name: "space", isPassed: free >= Self.leastFreeBytes,
      found: "\(free >> 20) MiB free, at least \(Self.leastFreeBytes >> 20) needed")
  }
}
