import Foundation
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
    var images: [Entry]
    var bytes: Int
    var hits: Int
    var misses: Int

    func entry(_ resource: String, _ level: String) -> Entry? {
      images.first { $0.resource == resource && $0.level == level }
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
