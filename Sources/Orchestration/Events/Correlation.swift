import Foundation

/// What belongs together among events: everything from a cause to the last acknowledgement of what it led to has one
/// identifier. It goes with the task, so that nobody has to hand it on.
enum Correlation {
  @TaskLocal static var current: String?

  /// Does something that has a cause of its own.
  static func begin<Result>(
    isolation: isolated (any Actor)? = #isolation, _ body: () async -> Result
  ) async -> Result {
    await $current.withValue(UUID().uuidString.lowercased(), operation: body)
  }

  /// Does something that has the cause of what is being done, or one of its own where there is none.
  static func continuing<Result>(
    isolation: isolated (any Actor)? = #isolation, _ body: () async -> Result
  ) async -> Result {
    guard current == nil else { return await body() }
    return await begin(body)
  }
}
