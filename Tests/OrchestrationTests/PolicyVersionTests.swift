import Foundation
import ImageGeneration
import SecTOSCA
import State
import Testing

@testable import Orchestration

@Suite("Versions of tenants' policies")
struct PolicyVersionTests {
  private let folder = FileManager.default.temporaryDirectory.appending(path: "testudo-policies-\(UUID().uuidString)")
  private let key = SigningKey()

  private func history(_ body: (PolicyHistory) throws -> Void) throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let store = try SQLiteStateStore(path: folder.appending(path: "state.sqlite").path)
    try body(PolicyHistory(store: store, key: key))
  }

  private func version(_ number: Int, tenant: String = "shop", text: String = "permit (principal, action, resource);")
    -> PolicyVersion
  {
    PolicyVersion(
      tenant: tenant, number: number, created: "2026-01-01T00:00:00Z", reason: "a test",
      policies: ["portal": ["rules": [ServiceDeclaration.PolicyFile(file: "a.cedar", text: text)]], "none": [:]])
  }

  @Test("a version comes back as it was stored, and only for its tenant and number")
  func stored() throws {
    try history { history in
      try history.add(version(3))
      #expect(try history.version(3, of: "shop") == version(3))
      #expect(version(3).policies.keys.sorted() == ["portal"])
      #expect(try history.last() == ["shop": 3])
      #expect(throws: OrchestrationFault.self) { try history.version(2, of: "shop") }
    }
  }

  @Test("another tenant's version, one under another number, an altered one and one of another key are refused")
  func refused() throws {
    try history { history in
      try history.add(version(3))
      let stored = try #require(try history.store.value(for: PolicyHistory.key("shop", 3))).bytes
      func plant(_ bytes: [UInt8], _ tenant: String, _ number: Int) throws -> String {
        try history.store.transact(if: [], [.put(key: PolicyHistory.key(tenant, number), bytes)])
        do throws(OrchestrationFault) {
          _ = try history.version(number, of: tenant)
          return ""
        } catch {
          return error.message
        }
      }
      #expect(try plant(stored, "bank", 3).contains("of tenant `shop`, expected one of `bank`"))
      #expect(try plant(stored, "shop", 4).contains("it is version 3, expected version 4"))
      var envelope = try JSONDecoder().decode(SignedEnvelope.self, from: Data(stored))
      let other = version(3, text: "forbid (principal, action, resource);")
      envelope.payload = Data(other.document).base64EncodedString()
      let altered = [UInt8](try JSONEncoder().encode(envelope))
      #expect(try plant(altered, "shop", 3).contains("not signed with this"))
      let foreign = try SignedEnvelope(
        payload: other.document, type: PolicyVersion.mediaType, signedBy: SigningKey())
      let signed = [UInt8](try JSONEncoder().encode(foreign))
      #expect(try plant(signed, "shop", 3).contains("not signed with this"))
      #expect(try plant(Array(stored.dropLast(9)), "shop", 3).contains("no signed envelope"))
      // What is read at the start says so, and hides nothing of other tenants.
      try history.add(version(1, tenant: "calm"))
      var declarations: [String: ServiceDeclaration] = [:]
      let found = try Orchestrator.readPolicies(history, declarations: &declarations)
      guard case .failure? = found["bank"], case .success(let calm)? = found["calm"] else {
        Issue.record("expected a refused version of `bank` and one of `calm`: \(found)")
        return
      }
      #expect(calm == version(1, tenant: "calm"))
    }
  }

  @Test("so many versions are kept, and no more")
  func bounded() throws {
    try history { history in
      for number in 1...(PolicyHistory.limit + 5) { try history.add(version(number)) }
      #expect(try history.numbers(of: "shop") == Array(6...(PolicyHistory.limit + 5)))
    }
  }

  @Test("versions that were each service's become the tenant's first one, with the greatest number")
  func migration() throws {
    try history { history in
      func declared(_ name: String, _ tenant: String, version: Int, policies: String) throws -> ServiceDeclaration {
        let service = ProtectedService(resources: [], levels: [], requirements: [], triggers: [], root: "")
        let made = ServiceDeclaration(
          tenant: tenant, name: name, source: "", service: service, target: .process, level: nil)
        var object = try #require(
          try JSONSerialization.jsonObject(with: JSONEncoder().encode(made)) as? [String: Any])
        // As an older version of this program stored it.
        object["policyVersion"] = version
        object["policies"] = ["rules": [["file": "a.cedar", "text": policies]]]
        let bytes = [UInt8](try JSONSerialization.data(withJSONObject: object))
        try history.store.transact(if: [], [.put(key: made.key, bytes)])
        return try JSONDecoder().decode(ServiceDeclaration.self, from: Data(bytes))
      }
      let one = try declared("one", "shop", version: 3, policies: "permit (principal, action, resource);")
      let two = try declared("two", "shop", version: 7, policies: "forbid (principal, action, resource);")
      let other = try declared("one", "bank", version: 2, policies: "")
      var declarations = Dictionary(uniqueKeysWithValues: [one, two, other].map { ($0.key, $0) })
      let found = try Orchestrator.readPolicies(history, declarations: &declarations)
      guard case .success(let shop)? = found["shop"], case .success(let bank)? = found["bank"] else {
        Issue.record("expected a version of each tenant: \(found)")
        return
      }
      #expect(shop.number == 7 && shop.policies.keys.sorted() == ["one", "two"])
      #expect(shop.policies["two"]?["rules"]?.first?.text.hasPrefix("forbid") == true)
      #expect(bank.number == 2)
      #expect(
        Orchestrator.policies(of: two, in: found).files["rules"]?.first?.text.hasPrefix("forbid") == true)
      // Once: what is stored has a place for each thing.
      #expect(try history.last() == ["shop": 7, "bank": 2])
      for key in [one.key, two.key, other.key] {
        let bytes = try #require(try history.store.value(for: key)).bytes
        let again = try JSONDecoder().decode(ServiceDeclaration.self, from: Data(bytes))
        #expect(again.formerPolicies == nil && again.formerVersion == nil)
      }
    }
  }

  @Test("an enforcement point that hangs is known to do so within a second")
  func presence() {
    #expect(ServiceController.presenceAge + ServiceController.presenceDeadline < .seconds(1))
  }
}
