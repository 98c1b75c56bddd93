import ImageGeneration
import OpenC2
import SecTOSCA
import Synchronization

/// What each service was resolved to last at each level, so that one for which nothing has changed is not worked out again,
/// nor one that goes back to a level where it was.
final class ResolutionMemo: Sendable {
  /// All that a resolution depends on. The files that a template names are copies that nobody changes.
  struct Question: Hashable {
    /// What triggers set and what was revoked included.
    var service: ProtectedService
    var target: Target
    var policies: AppliedPolicies
    /// Those that policies can see.
    var attributes: [String: String]
    /// The modules that open notices warn of.
    var vulnerable: Set<ModuleVersion>
    /// What the library of modules is at present.
    var library: LinkLibrary.Stamp
    /// The rules of packet filters that hold because of commands, by resource.
    var commands: [String: [PacketFilterRule]]
  }

  /// What images are made of.
  struct Recipe: Sendable {
    var recipe: ImageRecipe
    /// Its digest.
    var digest: String
  }

  private struct Known {
    var resolved: [String: (question: Question, answer: ResolvedService)] = [:]
    var recipes: [String: (question: Question, answer: [Recipe])] = [:]
  }

  private let known = Mutex<[String: Known]>([:])

  /// What the question was answered with, if it was the last about that service at that level.
  func resolved(_ key: String, at level: String, as question: Question) -> ResolvedService? {
    let last = known.withLock { $0[key]?.resolved[level] }
    return last?.question == question ? last?.answer : nil
  }

  /// Keeps an answer, in the place of the one before.
  func keep(_ answer: ResolvedService, of key: String, at level: String, as question: Question) {
    known.withLock { known in
      // Levels that the template does not have any more.
      let names = Set(question.service.levels.map(\.name))
      var own = known[key] ?? Known()
      own.resolved = own.resolved.filter { names.contains($0.key) }
      own.recipes = own.recipes.filter { names.contains($0.key) }
      own.resolved[level] = (question, answer)
      known[key] = own
    }
  }

  /// The recipes that the question was answered with, if it was the last about that service at that level.
  func recipes(_ key: String, at level: String, as question: Question) -> [Recipe]? {
    let last = known.withLock { $0[key]?.recipes[level] }
    return last?.question == question ? last?.answer : nil
  }

  /// Keeps an answer, in the place of the one before.
  func keep(_ answer: [Recipe], of key: String, at level: String, as question: Question) {
    known.withLock { $0[key, default: Known()].recipes[level] = (question, answer) }
  }

  /// Forgets a service that is gone.
  func forget(_ key: String) {
    known.withLock { $0[key] = nil }
  }
}
