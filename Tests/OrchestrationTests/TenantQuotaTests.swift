import Foundation
import State
import Testing

@testable import Orchestration

@Suite("What tenants may have")
struct TenantQuotaTests {
  private func usage(_ services: Int, _ instances: Int, _ memory: Int, _ addresses: Int) -> TenantUsage {
    var usage = TenantUsage()
    (usage.services, usage.instances, usage.memoryBytes, usage.addresses) = (services, instances, memory, addresses)
    return usage
  }

  @Test(
    "what does not fit beside what there is is refused, by what is short first",
    arguments: [
      (TenantQuota(), nil), (TenantQuota(services: 2, instances: 5, memoryBytes: 96, addresses: 7), nil),
      (TenantQuota(services: 1), "services"), (TenantQuota(instances: 4), "instances"),
      (TenantQuota(memoryBytes: 95), "memory"), (TenantQuota(addresses: 6), "addresses"),
      (TenantQuota(services: 0, instances: 0), "services"), (TenantQuota(processorPercent: 1), nil),
    ] as [(TenantQuota, String?)])
  func excess(quota: TenantQuota, word: String?) {
    let excess = quota.excess(of: usage(1, 2, 32, 3), beside: usage(1, 3, 64, 4))
    #expect((excess == nil) == (word == nil))
    if let word { #expect(excess?.contains(word) == true, "\(excess ?? "")") }
  }

  @Test("sums that would not fit a number of 64 bits cannot be asked for")
  func bounds() {
    for quota in [
      TenantQuota(services: -1), TenantQuota(instances: 1_000_001), TenantQuota(memoryBytes: .max),
      TenantQuota(addresses: -5), TenantQuota(processorPercent: 0), TenantQuota(processorPercent: .max),
    ] {
      #expect(quota.mistake != nil)
    }
    #expect(TenantQuota(services: 0, instances: 10, memoryBytes: 0, processorPercent: 50).mistake == nil)
  }

  @Test("tenants are kept, made once, and named as they may be")
  func kept() throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "testudo-tenants-\(UUID()).sqlite").path
    defer { for end in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + end) } }
    let store = try SQLiteStateStore(path: path)
    let tenants = try Tenants(store: store)
    try tenants.put("shop", quota: TenantQuota(instances: 3), isNew: true)
    #expect(throws: OrchestrationFault.self) { try tenants.put("shop", quota: TenantQuota(), isNew: true) }
    for name in ["", "Shop", "../shop", "shop/portal", "1shop", "shop\u{0}", String(repeating: "s", count: 41), "*"] {
      #expect(throws: OrchestrationFault.self) { try tenants.put(name, quota: TenantQuota(), isNew: true) }
    }
    #expect(try Tenants(store: store).quota(of: "shop") == TenantQuota(instances: 3))
    #expect(try Tenants(store: store).quota(of: "sho").isEmpty)
    try tenants.remove("shop")
    #expect(try Tenants(store: store).all.isEmpty)
  }
}
