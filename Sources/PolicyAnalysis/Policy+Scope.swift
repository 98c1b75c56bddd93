import Cedar

extension Policy {
  /// Whether the scopes leave it open that some request meets both policies; `false` is certain.
  func mayMeet(_ other: Policy) -> Bool {
    principal.mayMeet(other.principal) && resource.mayMeet(other.resource) && action.mayMeet(other.action)
  }
}

extension ScopeConstraint {
  fileprivate func mayMeet(_ other: ScopeConstraint) -> Bool {
    if let one = namedType, let two = other.namedType, one != two { return false }
    if case .equal(let one) = self, case .equal(let two) = other, let uid = one.uid, let second = two.uid {
      return uid == second
    }
    return true
  }

  /// The only type that it lets through, where that is known.
  private var namedType: EntityType? {
    if case .equal(let reference) = self { return reference.uid?.type }
    return type?.type
  }
}

extension ActionConstraint {
  fileprivate func mayMeet(_ other: ActionConstraint) -> Bool {
    guard case .equal(let one) = self, case .equal(let two) = other, let uid = one.uid, let second = two.uid else {
      return true
    }
    return uid == second
  }
}
