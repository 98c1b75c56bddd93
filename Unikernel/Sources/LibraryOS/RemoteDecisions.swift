public import Interchange

/// Where questions to the decision point go.
public protocol QuestionSink: AnyObject {
  /// Sends a question; `false` where it cannot be sent now. Never waits.
  func ask(_ question: RemoteQuestion) -> Bool
}

/// A module that asks the decision point.
public protocol AnswerReceiver: AnyObject {
  /// Whether it waits for the answer to the question of this number.
  func awaitsAnswer(to number: UInt64) -> Bool
  /// Takes an answer.
  func receive(_ answer: RemoteAnswer)
  /// Uses no answer again that is of an older epoch.
  func forgetAnswers(before epoch: UInt64)
}

/// What leads questions to the control channel and answers back, in an image whose modules may ask.
public final class RemoteDecisions: QuestionSink, AnswerReceiver {
  /// Where questions go, once there is a control channel.
  public var questions: (any QuestionSink)?
  /// Who asks. There is one such module at most.
  public var asker: (any AnswerReceiver)?

  /// Nobody asks yet.
  public init() {}

  /// Sends a question; `false` where there is no way yet, or it cannot be sent now.
  public func ask(_ question: RemoteQuestion) -> Bool { questions?.ask(question) ?? false }

  /// Whether somebody waits for the answer to the question of this number.
  public func awaitsAnswer(to number: UInt64) -> Bool { asker?.awaitsAnswer(to: number) ?? false }

  /// Passes an answer on.
  public func receive(_ answer: RemoteAnswer) { asker?.receive(answer) }

  /// Has answers of older epochs forgotten.
  public func forgetAnswers(before epoch: UInt64) { asker?.forgetAnswers(before: epoch) }
}
