/// The mistakes of one way through a policy besides the first, which ends it.
final class Mistakes {
  var others: [TypeChecker.Failure] = []
}

/// Parts that are checked one by one, so that a mistake in one does not hide those in the others. The first is thrown once
/// all were looked at; the others are noted.
struct Attempts {
  let mistakes: Mistakes
  private(set) var first: TypeChecker.Failure?

  init(_ mistakes: Mistakes) {
    self.mistakes = mistakes
  }

  /// Whether some part was wrong.
  var hasFailed: Bool { first != nil }

  /// What a part gives; `nil` where it is wrong.
  @discardableResult
  mutating func attempt<Result>(_ body: () throws(TypeChecker.Failure) -> Result) -> Result? {
    do throws(TypeChecker.Failure) {
      return try body()
    } catch {
      if first == nil {
        first = error
      } else if !error.isAboutAbsence {
        // What a part that is wrong would have tested is not known, so that nothing is said of what may be missing.
        mistakes.others.append(error)
      }
      return nil
    }
  }

  func finish() throws(TypeChecker.Failure) {
    if let first { throw first }
  }
}
