import Interchange

// What images make keys and nonces from: they have no source of randomness of their own.

extension ServiceController {
  /// Bytes for the random generator of an image, out of the host's.
  static func freshEntropy() -> [UInt8] {
    var generator = SystemRandomNumberGenerator()
    return (0..<48).map { _ in UInt8.random(in: 0...255, using: &generator) }
  }

  /// Sends every instance entropy of its own, so that whoever learned the state of its generator knows it no more. One
  /// that does not take it is noted and runs on: it is no worse off than before.
  func refreshEntropy() async {
    await gate.enter()
    for id in channels.keys.sorted() where !isQuarantined(id) {
      do throws(OrchestrationFault) {
        try await tell(id, .entropy, payload: ServiceController.freshEntropy())
      } catch {
        journal.record(
          failure: "it did not take fresh entropy: \(error.message)", instance: records[id], tenant: tenant,
          service: name)
      }
    }
    await gate.leave()
  }
}
