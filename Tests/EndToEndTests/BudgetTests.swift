import Foundation
import Testing

/// What the orchestrator keeps: bounds on images, and on how long instances live.
@Suite("Surface budgets and lifetimes", .serialized, .realUnikernels)
struct BudgetTests {
  /// The portal with one more requirement for the storefront at every level.
  private static func due(_ template: String, _ type: String, _ properties: String) -> String {
    template.replacing(
      "    # When it is due.",
      with: """
            - bounded:
                type: sectosca.policies.\(type)
                targets: [ storefront ]
                properties: { \(properties) }

        """
    )
    .replacing("order_rules ]", with: "order_rules, bounded ]").replacing("calm ]", with: "calm, bounded ]")
    .replacing("nobody ]", with: "nobody, bounded ]")
  }

  @Test(
    "an image that exceeds its budget is refused with its figure and the bound, and nothing runs",
    arguments: [("image_size: 60 kB", "60000"), ("system_calls: 2", "2")])
  func exceeded(budget: String, bound: String) async throws {
    await Testbed.places.take()
    let result: Swift.Result<Void, any Error>
    do {
      result = .success(
        try await Portal.copied { portal in
          try portal.edit("service.yaml") { BudgetTests.due($0, "SurfaceBudget", budget) }
          let up = try await portal.up()
          #expect(up.status != 0)
          #expect(up.errors.contains(bound) && up.errors.contains("storefront"), "\(up.errors)")
          #expect(try await portal.unikernels().isEmpty)
          // Within a bound that it keeps, the same image serves.
          try portal.edit("service.yaml") {
            $0.replacing(budget, with: budget.hasPrefix("image") ? "image_size: 4 MB" : "system_calls: 5")
          }
          let fitting = try await portal.up()
          #expect(fitting.status == 0, "\(fitting.errors)")
          #expect(try await Client.request("GET", try await portal.url()).status == 200)
          // The image is in the store now, and is held against the budget all the same.
          try portal.edit("service.yaml") { $0.replacing(/image_size: 4 MB|system_calls: 5/, with: budget) }
          let again = try await portal.up()
          #expect(again.status != 0 && again.errors.contains(bound), "\(again.errors)")
        })
    } catch {
      result = .failure(error)
    }
    await Testbed.places.giveBack()
    try result.get()
  }

  @Test("an instance that has lived for as long as it may gives its place to a fresh one, and no request fails")
  func lifetime() async throws {
    try await Portal.up(changing: { BudgetTests.due($0, "Lifetime", "maximum: 4 s") }) { portal in
      let url = try await portal.url()
      let storefront = try #require(try await portal.unikernel("storefront").pid)
      let orders = try #require(try await portal.unikernel("orders").pid)
      let statuses = try await Crowd.gathered { crowd in
        await crowd.add("page", "\(url)/")
        var seen: Set<Int32> = [storefront]
        let isRenewed = try await eventually(within: 60) {
          let now = try await portal.unikernels().filter { $0.resource == "storefront" && $0.state == "ready" }
          seen.formUnion(now.compactMap(\.pid))
          return seen.count >= 3
        }
        #expect(isRenewed, "\(seen)")
        return try await crowd.stop()
      }
      #expect(statuses["page"]?.keys.sorted() == ["200"], "\(statuses)")
      #expect(!FileManager.default.fileExists(atPath: "/proc/\(storefront)"))
      #expect(try await portal.unikernel("orders").pid == orders, "what has no bound goes on")
    }
  }
}
