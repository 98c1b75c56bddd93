/// An imperative workflow (1.3, 3.8.7; 2.0, 13.2): steps, each with those that follow it. All steps that are named exist,
/// and no step leads back to itself.
public struct Workflow: Hashable, Sendable, Codable {
  /// Its name.
  public var name: String
  /// Its description.
  public var description: String?
  /// Its metadata.
  public var metadata: [String: String]
  /// Its inputs, in order.
  public var inputs: [ParameterDeclaration]
  /// What must hold when it begins, as written.
  public var precondition: Value?
  /// Its steps, in the order in which they are written.
  public var steps: [WorkflowStep]
  /// What carries it out in place of steps.
  public var implementation: OperationImplementation?
  /// The attributes that outputs go to, as written.
  public var outputs: [String: Value]
  /// Where the workflow begins: its name.
  public var place: SourceRange

  /// A workflow.
  public init(
    name: String, description: String? = nil, metadata: [String: String] = [:], inputs: [ParameterDeclaration] = [],
    precondition: Value? = nil, steps: [WorkflowStep] = [], implementation: OperationImplementation? = nil,
    outputs: [String: Value] = [:], place: SourceRange
  ) {
    self.name = name
    self.description = description
    self.metadata = metadata
    self.inputs = inputs
    self.precondition = precondition
    self.steps = steps
    self.implementation = implementation
    self.outputs = outputs
    self.place = place
  }

  /// The steps that it begins with: those that follow no other.
  public var firstSteps: [String] {
    let following = Set(steps.flatMap { $0.onSuccess + $0.onFailure })
    return steps.map(\.name).filter { !following.contains($0) }
  }
}

/// A step of a workflow (1.3, 3.6.27; 2.0, 13.2.3).
public struct WorkflowStep: Hashable, Sendable, Codable {
  /// Its name.
  public var name: String
  /// The node or group that it acts on.
  public var target: String?
  /// The requirement of the target whose relationship it acts on.
  public var targetRelationship: String?
  /// Where its operations are carried out.
  public var operationHost: String?
  /// What must hold for it to be carried out, as written.
  public var filter: Value?
  /// What it does, in order.
  public var activities: [WorkflowActivity]
  /// The steps that follow when all activities succeeded.
  public var onSuccess: [String]
  /// The steps that follow when an activity failed.
  public var onFailure: [String]
  /// Where the step begins: its name.
  public var place: SourceRange

  /// A step.
  public init(
    name: String, target: String? = nil, targetRelationship: String? = nil, operationHost: String? = nil,
    filter: Value? = nil, activities: [WorkflowActivity] = [], onSuccess: [String] = [], onFailure: [String] = [],
    place: SourceRange
  ) {
    self.name = name
    self.target = target
    self.targetRelationship = targetRelationship
    self.operationHost = operationHost
    self.filter = filter
    self.activities = activities
    self.onSuccess = onSuccess
    self.onFailure = onFailure
    self.place = place
  }
}

/// Something that a step does (1.3, 3.6.23; 2.0, 13.2.4).
public struct WorkflowActivity: Hashable, Sendable, Codable {
  /// The kinds of activities.
  public enum Kind: String, Hashable, Sendable, Codable {
    /// An operation of the target is called.
    case callOperation = "call_operation"
    /// A workflow that the orchestrator works out is carried out on the target.
    case delegate
    /// The target's state is set.
    case setState = "set_state"
    /// Another workflow of the template is carried out.
    case inline
  }

  /// The kind.
  public var kind: Kind
  /// The operation as `interface.operation`, the workflow, or the state.
  public var name: String
  /// The inputs that are given.
  public var inputs: [String: Value]
  /// Where the activity is written.
  public var place: SourceRange

  /// An activity.
  public init(kind: Kind, name: String, inputs: [String: Value] = [:], place: SourceRange) {
    self.kind = kind
    self.name = name
    self.inputs = inputs
    self.place = place
  }
}
