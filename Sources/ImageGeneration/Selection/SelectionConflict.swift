public import TOSCA

/// Why no image can be made: the needs that cannot be met together, and what stands in the way.
public struct SelectionConflict: Error, Hashable, Sendable, CustomStringConvertible {
  /// A fact without which the needs could be met, or a capability that nothing gives.
  public enum Obstacle: Hashable, Sendable, CustomStringConvertible {
    /// No module of the catalogue provides the capability; these modules require it, if any does.
    case noProvider(capability: String, requiredBy: [ModuleVersion])
    /// A module has a known vulnerability that was not accepted.
    case vulnerable(ModuleVersion)
    /// Two modules cannot be in one image.
    case exclusion(ModuleVersion, ModuleVersion)

    /// In words: lower case, no final period.
    public var description: String {
      switch self {
      case .noProvider(let capability, let dependents):
        guard let dependent = dependents.first else { return "no module provides `\(capability)`" }
        return "no module provides `\(capability)`, which module `\(dependent.name)` requires"
      case .vulnerable(let module):
        return "module `\(module)` has a known vulnerability that is not accepted (`testudo notice list`)"
      case .exclusion(let one, let other):
        guard one.name != other.name else {
          return "`\(one)` and `\(other)` are versions of one module"
        }
        return "modules `\(one.name)` and `\(other.name)` exclude each other"
      }
    }
  }

  /// The resource whose needs these are.
  public var resource: String
  /// Needs that cannot be met together, while they could without any one of them. In the template's order.
  public var core: [Need]
  /// What stands in the way of the core. Without any one of these facts, the others would not.
  public var obstacles: [Obstacle]

  /// Needs that cannot be met together, and why.
  public init(resource: String, core: [Need], obstacles: [Obstacle]) {
    self.resource = resource
    self.core = core
    self.obstacles = obstacles
  }

  /// What clashes and why, in one sentence: lower case, no final period.
  public var description: String {
    let origins = core.map(\.description)
    let reasons = obstacles.map(\.description).joined(separator: "; ")
    let subject =
      switch origins.count {
      case 0: "an image"
      case 1: origins[0]
      default: origins.dropLast().joined(separator: ", ") + " and " + origins[origins.count - 1]
      }
    let verb = origins.count > 1 ? "cannot be met together" : "cannot be met"
    let context = core.contains { if case .application = $0.origin { true } else { false } } ? "" : " of `\(resource)`"
    return "\(subject)\(context) \(verb): \(reasons)"
  }
}

extension SelectionConflict {
  /// The conflict as a finding: at the first security requirement of the core, or else at the first need that has a place;
  /// at `place`, say the resource's, if none has.
  public func finding(at place: SourceRange) -> Finding {
    let placed = core.filter { $0.place != nil }
    let first = placed.first { if case .requirement = $0.origin { true } else { false } } ?? placed.first
    return Finding(
      code: "unsatisfiable-requirements", place: first?.place ?? place, message: description,
      expected: "requirements that modules of the catalogue can meet in one image",
      related: placed.filter { $0 != first }.compactMap { need in
        need.place.map { Finding.Related(place: $0, message: "needs `\(need.capability)`") }
      })
  }
}
