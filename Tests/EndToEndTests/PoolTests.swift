import Foundation
import Glibc
import Testing

@Suite("The pool of images", .serialized, .realUnikernels)
struct PoolTests {
  struct Status: Decodable {
    struct Entry: Decodable {
      var resource: String
      var level: String
      var image: String?
      var isInUse: Bool
    }
    struct Instance: Decodable {
      var resource: String
      var level: String
      var instance: String
      var bytes: Int
    }
    var instances: [Instance]
    var instanceBytes: Int
    var instanceBudgetBytes: Int
    var instanceHits: Int
    var instanceMisses: Int
    var images: [Entry]
    var bytes: Int
    var hits: Int
    var misses: Int

    func entry(_ resource: String, _ level: String) -> Entry? {
      images.first { $0.resource == resource && $0.level == level }
    }
  }

  /// Waits until just one instance waits, of a level, and gives it.
  private func waiting(_ level: String, in portal: Portal) async throws -> Status.Instance {
    var last: Status?
    let isThere = try await eventually {
      last = try await portal.document("pool", "status", as: Status.self)
      return last?.instances.map(\.level) == [level]
    }
    try #require(isThere, "\(String(describing: last))")
    return try #require(last?.instances.first)
  }

  @Test(
    "an instance waits off the network, is taken with what is due by then, and leaves nothing behind when the control plane is killed"
  )
  func instances() async throws {
    try await Portal.up { portal in
      let url = try await portal.url()
      let namespaces = portal.namespaces
      // Nothing waits before there is memory for it.
      #expect(try await portal.document("pool", "status", as: Status.self).instances.isEmpty)
      let set = try await portal.testudo("pool", "set", "--memory", "40MiB")
      #expect(set.status == 0, "\(set.errors)")
      let first = try await waiting("elevated", in: portal)
      #expect(first.resource == "storefront" && first.bytes == 32 << 20)
      // It is no part of the service.
      let served = try await portal.unikernels()
      #expect(served.map(\.resource).sorted() == ["orders", "storefront"])
      #expect(
        try await portal.testudo(
          "plan", portal.template.path, "--detailed-exitcode", Portal.inputs[0], Portal.inputs[1]
        ).status == 0)

      // Other policies come while it waits: it never has the old ones where others reach it.
      let policy = portal.folder.appending(path: "closed.cedar")
      try "permit (principal is User, action, resource);".write(to: policy, atomically: true, encoding: .utf8)
      let applied = try await portal.testudo("policy", "apply", policy.path, "--service", "portal")
      #expect(applied.status == 0, "\(applied.errors)")
      let version = try await portal.unikernel("storefront").policyVersion
      #expect(version > served.first { $0.resource == "storefront" }!.policyVersion)
      let statuses = try await Crowd.gathered { crowd in
        await crowd.add("public", "\(url)/")
        try #require(try await eventually { await crowd.count > 20 })
        let change = try await portal.testudo("context", "set", "threat_level=high")
        #expect(change.status == 0 && !change.errors.contains("generated image"), "\(change.errors)")
        return try await crowd.stop()
      }
      #expect(statuses["public"]?.keys.sorted() == ["401"], "\(statuses)")
      let taken = try await portal.unikernel("storefront")
      #expect(
        taken.policyVersion == version && taken.level == "elevated" && taken.mechanisms == AdaptationTests.elevated)
      let status = try await portal.document("pool", "status", as: Status.self)
      #expect(status.instanceHits == 1)
      let probed = try await ProbeTests.probed(portal)
      #expect(probed["storefront"]?.instance == first.instance && probed["storefront"]?.probes?.isEmpty == false)

      // Refilled for the way back. One that ends by itself while it waits is no failure of the service.
      let second = try await waiting("normal", in: portal)
      let pid = try #require(
        Int32(
          String(contentsOf: portal.home.appending(path: "instances/\(second.instance)/pid"), encoding: .utf8)
            .trimmingCharacters(in: .whitespacesAndNewlines)))
      #expect(kill(pid, SIGKILL) == 0)
      let isGone = try await eventually {
        try await portal.document("pool", "status", as: Status.self).instances.allSatisfy {
          $0.instance != second.instance
        }
      }
      #expect(isGone)
      #expect(try await portal.events().allSatisfy { $0.kind != "instance-failed" })
      _ = try await portal.testudo("pool", "fill")
      let third = try await waiting("normal", in: portal)

      // Who waits while the control plane is killed is ended by the next.
      #expect(kill(try portal.controlPlane(), SIGKILL) == 0)
      let again = try await portal.up()
      #expect(again.status == 0, "\(again.errors)")
      #expect(!FileManager.default.fileExists(atPath: portal.home.appending(path: "instances/\(third.instance)").path))
      let fourth = try await waiting("normal", in: portal)
      #expect(fourth.instance != third.instance)
      #expect(try await portal.unikernels().count == 2)

      let none = try await portal.testudo("pool", "set", "--memory", "0")
      #expect(none.status == 0)
      #expect(try await portal.document("pool", "status", as: Status.self).instances.isEmpty)
      _ = try await portal.testudo("pool", "set", "--memory", "40MiB")
      _ = try await waiting("normal", in: portal)
      let down = try await portal.testudo("down", "portal")
      #expect(down.status == 0, "\(down.errors)")
      let isDown = try await eventually { portal.remainingProcesses().isEmpty }
      #expect(isDown && portal.existing(namespaces).isEmpty)
    }
  }

  @Test("what a trigger could ask for next is made by itself, serves, and can be removed and made again by hand")
  func life() async throws {
    try await Portal.up { portal in
      let isFilled = try await eventually {
        try await portal.document("pool", "status", as: Status.self).images.allSatisfy { $0.image != nil }
      }
      #expect(isFilled)
      let filled = try await portal.document("pool", "status", as: Status.self)
      #expect(filled.images.count == 6)
      #expect(filled.entry("storefront", "normal")?.isInUse == true)
      #expect(filled.entry("storefront", "elevated")?.isInUse == false)
      #expect(filled.bytes > 100_000 && filled.hits == 0 && filled.misses == 2)

      let change = try await portal.testudo("context", "set", "threat_level=high")
      #expect(change.status == 0 && !change.errors.contains("generated image"), "\(change.errors)")
      #expect(try await portal.document("pool", "status", as: Status.self).hits == 1)

      let drained = try await portal.document("pool", "drain", as: Status.self)
      #expect(drained.entry("storefront", "normal")?.image == nil && drained.bytes == 0)
      #expect(drained.entry("storefront", "elevated")?.image != nil)
      #expect(try await Client.request("GET", try await portal.url()).status == 200)
      let again = try await portal.document("pool", "fill", as: Status.self)
      #expect(again.entry("storefront", "normal")?.image == filled.entry("storefront", "normal")?.image)

      // An image that was altered while it waited is not served: it is linked anew.
      let digest = try #require(again.entry("storefront", "normal")?.image).dropFirst(7)
      let file = portal.home.appending(path: "images/images/\(digest)/image.elf")
      var bytes = try Data(contentsOf: file)
      bytes[bytes.count / 2] ^= 1
      try FileManager.default.removeItem(at: file)
      try bytes.write(to: file)
      let back = try await portal.testudo("context", "set", "threat_level=low")
      #expect(back.status != 0 || back.errors.contains("generated image"), "\(back.errors)")
    }
  }
}
