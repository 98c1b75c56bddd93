import Foundation
import ImageGeneration
import State

/// Where the versions of tenants' policies are kept, each in its signed envelope.
struct PolicyHistory: Sendable {
  let store: any StateStore
  let key: SigningKey

  /// No more than so many versions of a tenant are kept; older ones are forgotten.
  static let limit = 50
  static let prefix = "policies/"

  private static func folder(_ tenant: String) -> String { "\(prefix)\(tenant)/" }

  /// Numbers have ten digits in keys, so that keys are in the order of numbers.
  static func key(_ tenant: String, _ number: Int) -> String {
    let digits = String(number)
    return folder(tenant) + String(repeating: "0", count: max(0, 10 - digits.count)) + digits
  }

  /// The tenants that have versions, each with the number of the last.
  func last() throws(StateFault) -> [String: Int] {
    var numbers: [String: Int] = [:]
    for value in try store.values(under: PolicyHistory.prefix) {
      let parts = value.key.split(separator: "/")
      guard parts.count == 3, let number = Int(parts[2]) else { continue }
      numbers[String(parts[1])] = max(numbers[String(parts[1])] ?? 0, number)
    }
    return numbers
  }

  /// The numbers of a tenant's versions, oldest first.
  func numbers(of tenant: String) throws(OrchestrationFault) -> [Int] {
    do throws(StateFault) {
      return try store.values(under: PolicyHistory.folder(tenant)).compactMap {
        Int($0.key.dropFirst(PolicyHistory.folder(tenant).count))
      }.sorted()
    } catch {
      throw .execution(error.reason)
    }
  }

  /// Forgets all versions of a tenant.
  func remove(of tenant: String) throws(OrchestrationFault) {
    do throws(StateFault) {
      let keys = try store.values(under: PolicyHistory.folder(tenant)).map(\.key)
      try store.transact(if: [], keys.map { .delete(key: $0) })
    } catch {
      throw .execution(error.reason)
    }
  }

  /// A version; what is wrong with it is thrown.
  func version(_ number: Int, of tenant: String) throws(OrchestrationFault) -> PolicyVersion {
    let bytes: [UInt8]?
    do throws(StateFault) {
      bytes = try store.value(for: PolicyHistory.key(tenant, number))?.bytes
    } catch {
      throw .execution(error.reason)
    }
    guard let bytes else { throw .notFound("tenant `\(tenant)` has no version \(number) of its policies") }
    let what = "version \(number) of the policies of tenant `\(tenant)` cannot be trusted: "
    guard let envelope = try? JSONDecoder().decode(SignedEnvelope.self, from: Data(bytes)) else {
      throw .input(what + "it is no signed envelope")
    }
    do throws(OrchestrationFault) {
      return try PolicyVersion(verifying: envelope, publicKey: key.publicKey, tenant: tenant, number: number)
    } catch {
      throw .input(what + error.message)
    }
  }

  /// Signs a version and keeps it, together with other changes, all or none. The oldest go beyond the limit.
  func add(_ version: PolicyVersion, with changes: [State.Operation] = []) throws(OrchestrationFault) {
    do {
      let envelope = try SignedEnvelope(payload: version.document, type: PolicyVersion.mediaType, signedBy: key)
      let bytes = [UInt8](try JSONEncoder().encode(envelope))
      let old = try numbers(of: version.tenant).dropLast(PolicyHistory.limit - 1)
      try store.transact(
        if: [],
        [.put(key: PolicyHistory.key(version.tenant, version.number), bytes)] + changes
          + old.map { .delete(key: PolicyHistory.key(version.tenant, $0)) })
    } catch {
      throw .execution("version \(version.number) of the policies cannot be stored: \(error)")
    }
  }
}
