public import Interchange

/// A setting of a module, with the stage at which it can change.
public struct StagedParameter: Hashable, Sendable {
  /// The setting.
  public var parameter: Parameter
  /// When it can be set: another value needs another image, another instance, or a message.
  public var stage: ParameterStage

  /// A setting and its stage.
  public init(parameter: Parameter, stage: ParameterStage) {
    self.parameter = parameter
    self.stage = stage
  }
}

extension [StagedParameter] {
  /// The settings of one stage, in order.
  public func parameters(_ stage: ParameterStage) -> [Parameter] {
    filter { $0.stage == stage }.map(\.parameter)
  }
}
