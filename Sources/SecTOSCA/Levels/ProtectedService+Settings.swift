extension ProtectedService {
  /// The service with the properties that triggers set while they hold in a context.
  public func adjusted(to context: [String: String]) -> ProtectedService {
    let settings = triggersHolding(in: context).flatMap(\.settings)
    guard !settings.isEmpty else { return self }
    var copy = self
    copy.requirements = requirements.flatMap { requirement -> [SecurityRequirement] in
      let own = settings.filter { $0.name == requirement.name }
      var rest = requirement
      rest.targets.removeAll { target in own.contains { $0.targets.contains(target) } }
      return own + (own.isEmpty || !rest.targets.isEmpty ? [rest] : [])
    }
    return copy
  }
}
