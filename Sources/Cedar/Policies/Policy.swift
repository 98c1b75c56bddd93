/// What a policy does when it applies.
public enum Effect: String, Hashable, Sendable {
  /// It allows, unless another forbids.
  case permit
  /// It forbids, whatever others allow.
  case forbid
}

/// A remark on a policy, without effect on decisions: `@id("…")`.
public struct Annotation: Hashable, Sendable {
  /// The name, unique within a policy.
  public var name: String
  /// The text; empty where none is given.
  public var value: CedarString
  /// Where it stands.
  public var range: SourceSpan
}

/// A place in a template that is filled in when it is linked.
public enum Slot: String, Hashable, Sendable {
  /// `?principal`.
  case principal = "?principal"
  /// `?resource`.
  case resource = "?resource"
}

/// The entity that a scope names.
public struct EntityReference: Hashable, Sendable {
  /// An entity, or a place to fill one in.
  public enum Target: Hashable, Sendable {
    /// This entity.
    case entity(EntityUID)
    /// Whatever the template is linked with.
    case slot(Slot)
  }

  /// What is named.
  public var target: Target
  /// Where it is named.
  public var range: SourceSpan

  /// The entity, unless it is still to be filled in.
  public var uid: EntityUID? {
    if case .entity(let uid) = target { return uid }
    return nil
  }
}

/// The entity type that a scope names.
public struct TypeReference: Hashable, Sendable {
  /// The type.
  public var type: EntityType
  /// Where it is named.
  public var range: SourceSpan
}

/// To which principals or resources a policy applies.
public enum ScopeConstraint: Hashable, Sendable {
  /// To all.
  case any
  /// To one.
  case equal(EntityReference)
  /// To one and all below it.
  case `in`(EntityReference)
  /// To those of a type.
  case `is`(TypeReference)
  /// To those of a type among one and all below it.
  case isIn(TypeReference, EntityReference)

  /// The entity named, if one is.
  public var reference: EntityReference? {
    switch self {
    case .any, .is: nil
    case .equal(let reference), .in(let reference), .isIn(_, let reference): reference
    }
  }

  /// The type named, if one is.
  public var type: TypeReference? {
    switch self {
    case .any, .equal, .in: nil
    case .is(let type), .isIn(let type, _): type
    }
  }
}

/// To which actions a policy applies.
public enum ActionConstraint: Hashable, Sendable {
  /// To all.
  case any
  /// To one.
  case equal(EntityReference)
  /// To some and all below them.
  case `in`([EntityReference])

  /// The actions named.
  public var references: [EntityReference] {
    switch self {
    case .any: []
    case .equal(let reference): [reference]
    case .in(let references): references
    }
  }
}

/// `when { … }` or `unless { … }`.
public struct Condition: Sendable {
  /// Whether the policy applies only where the body is true, or only where it is not.
  public enum Kind: String, Hashable, Sendable {
    /// Where it is true.
    case when
    /// Where it is false.
    case unless
  }

  /// Which one it is.
  public var kind: Kind
  /// What is asked.
  public var body: Expression
}

/// A policy, or a template where its scope has slots.
public struct Policy: Sendable {
  /// The name, unique within a set: `policy0`, `policy1`, … in the order of the text, unless others were asked for.
  public var id: String
  /// Remarks, in the order written.
  public var annotations: [Annotation]
  /// What it does when it applies.
  public var effect: Effect
  /// To whom it applies.
  public var principal: ScopeConstraint
  /// To what actions.
  public var action: ActionConstraint
  /// To what resources.
  public var resource: ScopeConstraint
  /// What else must hold, in the order written.
  public var conditions: [Condition]
  /// Where it stands.
  public var range: SourceSpan

  /// Whether slots are still to be filled in.
  public var isTemplate: Bool {
    [principal, resource].contains { constraint in
      if case .slot? = constraint.reference?.target { return true }
      return false
    }
  }

  /// The policy that a template becomes with entities in its slots; `nil` where one it has is not given.
  public func linked(id: String, slots: [Slot: EntityUID]) -> Policy? {
    func fill(_ constraint: ScopeConstraint) -> ScopeConstraint? {
      guard var reference = constraint.reference, case .slot(let slot) = reference.target else { return constraint }
      guard let uid = slots[slot] else { return nil }
      reference.target = .entity(uid)
      switch constraint {
      case .equal: return .equal(reference)
      case .in: return .in(reference)
      case .isIn(let type, _): return .isIn(type, reference)
      case .any, .is: return constraint
      }
    }
    guard let principal = fill(principal), let resource = fill(resource) else { return nil }
    var policy = self
    (policy.id, policy.principal, policy.resource) = (id, principal, resource)
    return policy
  }

  /// The text of an annotation.
  public func annotation(_ name: String) -> CedarString? {
    annotations.first { $0.name == name }?.value
  }
}
