import ImageGeneration
import OpenC2
import Synchronization

/// What each service was resolved to last, so that one for which nothing has changed is not worked out again.
final class ResolutionMemo: Sendable {
  /// All that a resolution depends on. The files that a template names are copies that nobody changes.
  struct Question: Hashable {
    var declaration: ServiceDeclaration
    var level: String
    /// Those that policies can see.
    var attributes: [String: String]
    /// The modules that open notices warn of.
    var vulnerable: Set<ModuleVersion>
    /// What the library of modules is at present.
    var library: LinkLibrary.Stamp
    /// The rules of packet filters that hold because of commands, by resource.
    var commands: [String: [PacketFilterRule]]
  }

  private let known = Mutex<[String: (question: Question, answer: ResolvedService)]>([:])

  /// What the question was answered with, if it was the last about its service.
  func answer(to question: Question) -> ResolvedService? {
    let last = known.withLock { $0[question.declaration.key] }
    return last?.question == question ? last?.answer : nil
  }

  /// Keeps an answer, in the place of the one before.
  func keep(_ answer: ResolvedService, to question: Question) {
    known.withLock { $0[question.declaration.key] = (question, answer) }
  }

  /// Forgets a service that is gone.
  func forget(_ key: String) {
    known.withLock { $0[key] = nil }
  }
}
