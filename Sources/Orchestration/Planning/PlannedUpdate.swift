/// What becomes of the resources of a service under a plan, in the terms of TOSCA 2.0 (section 4.4). Resources that no
/// action is about stay as they are.
public struct PlannedUpdate: Hashable, Sendable {
  /// Resources that run for the first time, in the order in which they are started.
  public var novel: [String] = []
  /// Resources that get another instance, or other settings, likewise.
  public var modified: [String] = []
  /// Resources that are gone afterwards, in the order in which they are stopped.
  public var obsolete: [String] = []

  /// What the actions of a plan lead to.
  public init(_ actions: [Action]) {
    var started: [String] = []
    var stopped: [String] = []
    var pushed: [String] = []
    for action in actions {
      switch action.step {
      case .startInstance(let resource, _): started.append(resource)
      case .stopInstance(_, let resource), .quarantine(_, let resource): stopped.append(resource)
      case .push(_, let resource, _): pushed.append(resource)
      default: break
      }
    }
    let (isStarted, isStopped) = (Set(started), Set(stopped))
    var seen: Set<String> = []
    for resource in started + pushed where seen.insert(resource).inserted {
      if isStarted.contains(resource), !isStopped.contains(resource) {
        novel.append(resource)
      } else if isStarted.contains(resource) || !isStopped.contains(resource) {
        modified.append(resource)
      }
    }
    for resource in stopped where !isStarted.contains(resource) && seen.insert(resource).inserted {
      obsolete.append(resource)
    }
  }

  /// A line for each category that has resources.
  public var lines: [String] {
    [("new", novel), ("changed", modified), ("removed", obsolete)].compactMap { title, names in
      names.isEmpty ? nil : "\(title): \(names.joined(separator: ", "))"
    }
  }
}
