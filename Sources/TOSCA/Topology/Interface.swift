/// An interface of a node, relationship or group: what can be asked of it, and what it reports.
public struct Interface: Hashable, Sendable, Codable {
  /// Its type; nil where the template does not say it.
  public var type: TypeReference?
  /// The operations by name.
  public var operations: [String: InterfaceOperation]
  /// The notifications by name.
  public var notifications: [String: InterfaceOperation]

  /// An interface.
  public init(
    type: TypeReference?, operations: [String: InterfaceOperation] = [:],
    notifications: [String: InterfaceOperation] = [:]
  ) {
    self.type = type
    self.operations = operations
    self.notifications = notifications
  }
}

/// An operation or a notification (1.3, 3.6.17 and 3.6.19; 2.0, 11.3 and 11.4).
public struct InterfaceOperation: Hashable, Sendable, Codable {
  /// Its description.
  public var description: String?
  /// What carries it out.
  public var implementation: OperationImplementation?
  /// The inputs, those of the interface included, where their values are known or have a function.
  public var inputs: [String: Value]
  /// The attributes that outputs go to, as written: a path for each output.
  public var outputs: [String: Value]

  /// An operation.
  public init(
    description: String? = nil, implementation: OperationImplementation? = nil, inputs: [String: Value] = [:],
    outputs: [String: Value] = [:]
  ) {
    self.description = description
    self.implementation = implementation
    self.inputs = inputs
    self.outputs = outputs
  }
}

/// What carries out an operation (1.3, 3.6.16; 2.0, 11.5).
public struct OperationImplementation: Hashable, Sendable, Codable {
  /// The artifact, by its name in the node or by its file.
  public var primary: String?
  /// The artifacts that it needs, likewise.
  public var dependencies: [String]
  /// How long it may take, as written.
  public var timeout: Value?
  /// The node it is carried out on (1.x).
  public var operationHost: String?

  /// An implementation.
  public init(
    primary: String?, dependencies: [String] = [], timeout: Value? = nil, operationHost: String? = nil
  ) {
    self.primary = primary
    self.dependencies = dependencies
    self.timeout = timeout
    self.operationHost = operationHost
  }
}
