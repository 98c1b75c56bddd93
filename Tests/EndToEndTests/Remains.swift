import Foundation
import Glibc

/// What there is of a home on this machine: processes, namespaces and files.
extension Portal {
  /// Every process that belongs to the home: by its command line, by its environment, or by a file it has open there. An
  /// image shows neither of the first two, but its console is such a file.
  func remainingProcesses() -> [pid_t] {
    let files = FileManager.default
    let path = Array(home.path.utf8)
    let own = getpid()
    return ((try? files.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { pid_t($0) }.filter { process in
      guard process != own else { return false }
      for name in ["cmdline", "environ"] {
        if let data = files.contents(atPath: "/proc/\(process)/\(name)"), data.firstRange(of: path) != nil {
          return true
        }
      }
      let descriptors = (try? files.contentsOfDirectory(atPath: "/proc/\(process)/fd")) ?? []
      return descriptors.contains {
        (try? files.destinationOfSymbolicLink(atPath: "/proc/\(process)/fd/\($0)"))?.hasPrefix(home.path + "/") ?? false
      }
    }.sorted()
  }

  /// The words of a process's command line.
  func commandLine(of process: pid_t) -> [String] {
    let data = FileManager.default.contents(atPath: "/proc/\(process)/cmdline") ?? Data()
    return data.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
  }

  /// The lines of `/proc/PID/status`, by their names.
  func status(of process: pid_t) throws -> [String: String] {
    let text = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
    var lines: [String: String] = [:]
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 1)
      if parts.count == 2 { lines[String(parts[0])] = parts[1].trimmingCharacters(in: .whitespaces) }
    }
    return lines
  }

  /// Every file, socket and link under `instances`, `networks`, `run` and `services`, but for the control plane's log.
  func remainingFiles() -> [String] {
    var found: [String] = []
    for part in ["instances", "networks", "run", "services"] {
      let folder = home.appending(path: part).path
      for name in (try? FileManager.default.subpathsOfDirectory(atPath: folder)) ?? [] {
        let type = try? FileManager.default.attributesOfItem(atPath: "\(folder)/\(name)")[.type] as? FileAttributeType
        if type != .typeDirectory && name != "control-plane.log" { found.append("\(part)/\(name)") }
      }
    }
    return found.sorted()
  }

  /// Those of the named network namespaces that exist.
  func existing(_ namespaces: [String]) -> [String] {
    namespaces.filter { access("/run/netns/\($0)", F_OK) == 0 }
  }
}
