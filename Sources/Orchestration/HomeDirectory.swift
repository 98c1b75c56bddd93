import Foundation
import Glibc

/// Where one Testudo keeps its state: `$TESTUDO_HOME`. Several can live side by side on one machine.
///
///     state.sqlite     desired state, what was acknowledged, events
///     keys/            image.pem, control.pem: signing keys, readable by their owner only; image.keys.json: those before
///     images/          the image store
///     services/        a copy of each service's template, as it was given to `up`
///     instances/       one folder per running unikernel (Hosting)
///     networks/        which network namespaces are ours (Hosting)
///     notices/         vulnerability notices about modules
///     quarantine/      what the memory of instances in quarantine was written to
///     decisions/       the log of what the decision points decided
///     run/             sockets and process identifiers of the control plane and the port forwarders
public struct HomeDirectory: Hashable, Sendable {
  /// The folder.
  public var path: String

  /// The folder at a path, made absolute.
  public init(path: String) {
    self.path = URL(filePath: path).standardizedFileURL.path
  }

  /// The folder that the environment names: `$TESTUDO_HOME`, else `testudo` in `$XDG_STATE_HOME`, else in
  /// `~/.local/state`.
  public init(environment: [String: String]) {
    if let home = environment["TESTUDO_HOME"], !home.isEmpty {
      self.init(path: home)
    } else if let state = environment["XDG_STATE_HOME"], !state.isEmpty {
      self.init(path: state + "/testudo")
    } else {
      self.init(path: (environment["HOME"] ?? "/root") + "/.local/state/testudo")
    }
  }

  /// The database.
  public var database: String { path + "/state.sqlite" }
  /// The folder of signing keys.
  public var keys: String { path + "/keys" }
  /// The image store.
  public var images: String { path + "/images" }
  /// The folder of vulnerability notices.
  public var notices: String { path + "/notices" }
  /// The folder of sockets and process identifiers.
  public var run: String { path + "/run" }
  /// The socket of the control plane's API.
  public var apiSocket: String { run + "/api.sock" }
  /// The control plane's process identifier; locked for as long as it runs.
  public var controlPlaneLock: String { run + "/control-plane.pid" }
  /// What a control plane in the background prints.
  public var controlPlaneLog: String { run + "/control-plane.log" }
  /// The folder of the log of decisions.
  public var decisions: String { path + "/decisions" }
  /// The folder of what the memory of instances in quarantine was written to.
  public var quarantine: String { path + "/quarantine" }
  /// What the memory of an instance in quarantine is written to.
  public func dump(of instance: String) -> String { "\(quarantine)/\(instance).core" }
  /// The copy of a service's template.
  public func template(tenant: String, service: String) -> String { "\(path)/services/\(tenant)/\(service)" }
  /// Whether some service is declared, as far as can be seen without a control plane.
  public var hasServices: Bool {
    let files = FileManager.default
    let tenants = (try? files.contentsOfDirectory(atPath: path + "/services")) ?? []
    return tenants.contains { tenant in
      (try? files.contentsOfDirectory(atPath: "\(path)/services/\(tenant)"))?.isEmpty == false
    }
  }

  /// Makes the folders that are missing, and closes to others what there is: there are keys and hashes of passwords in it.
  /// A folder that others may write to is refused where it is for something else.
  public func create() throws(OrchestrationFault) {
    try close()
    for folder in [path, keys, images, run, path + "/services", path + "/instances", path + "/networks"] {
      do {
        try FileManager.default.createDirectory(
          atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
      } catch {
        throw .host("the folder `\(folder)` cannot be made: \(error.localizedDescription)")
      }
    }
    for folder in [keys, images, run, notices, decisions, quarantine, path + "/services", path + "/instances"] {
      var status = stat()
      guard stat(folder, &status) == 0, status.st_mode & 0o077 != 0 else { continue }
      guard chmod(folder, 0o700) == 0 else { throw cannotBeClosed(folder) }
    }
  }

  /// Closes the home folder itself where nothing else is in it; where something is, others may go on reading that.
  private func close() throws(OrchestrationFault) {
    var status = stat()
    guard stat(path, &status) == 0 else { return }
    guard status.st_mode & S_IFMT == S_IFDIR else { throw .host("`\(path)` is no folder, expected a home folder") }
    guard status.st_uid == geteuid() else {
      throw .host("the home folder `\(path)` is another user's, expected one of one's own")
    }
    guard status.st_mode & 0o077 != 0 else { return }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    let isOurs = status.st_mode & S_ISVTX == 0 && (names.isEmpty || names.contains("state.sqlite"))
    guard !isOurs else {
      guard chmod(path, 0o700) == 0 else { throw cannotBeClosed(path) }
      return
    }
    guard status.st_mode & 0o022 == 0 else {
      throw .host(
        "others can write to the home folder `\(path)` (mode \(String(status.st_mode & 0o7777, radix: 8))), which has other "
          + "things in it; expected a folder of its own, or permissions 0700")
    }
  }

  private func cannotBeClosed(_ folder: String) -> OrchestrationFault {
    .host("the folder `\(folder)` cannot be closed to others: \(String(cString: strerror(errno)))")
  }
}
