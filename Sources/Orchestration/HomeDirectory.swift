import Foundation

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

  /// Makes the folders that are missing, for their owner only.
  public func create() throws(OrchestrationFault) {
    for folder in [path, keys, images, run, path + "/services", path + "/instances", path + "/networks"] {
      do {
        try FileManager.default.createDirectory(
          atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
      } catch {
        throw .host("the folder `\(folder)` cannot be made: \(error.localizedDescription)")
      }
    }
  }
}
