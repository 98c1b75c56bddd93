import Crypto
import Foundation
import Testing

@testable import ImageGeneration

@Suite("Key rings")
struct KeyRingTests {
  @Test("a rotation keeps what was signed before trusted, a revocation does not")
  func life() throws {
    let folder = try TemporaryFolder()
    let ring = KeyRing(folder: "\(folder.path)/keys", name: "image")
    let first = try ring.current()
    #expect(try ring.entries().map(\.state) == [.current])

    let (old, new) = try ring.rotate()
    #expect(old.identifier == first.identifier)
    #expect(try ring.current().identifier == new.identifier)
    #expect(try ring.entries().map(\.state) == [.current, .retired])
    #expect(try ring.standing(of: old.identifier)?.state == .retired)
    #expect(try ring.standing(of: old.identifier)?.publicKey == first.publicKey)

    #expect(try ring.revoke(String(old.identifier.dropFirst(7).prefix(12))).state == .revoked)
    #expect(try ring.standing(of: old.identifier)?.state == .revoked)
    #expect(try ring.current().identifier == new.identifier)

    // The key that signs is replaced before it is revoked.
    #expect(try ring.revoke(new.identifier).state == .revoked)
    #expect(try ring.entries().map(\.state) == [.current, .revoked, .revoked])
    #expect(try ring.current().identifier != new.identifier)
    #expect(try ring.standing(of: SigningKey().identifier) == nil)
  }

  @Test("what is trusted is known at once, whoever changes the ring")
  func trust() throws {
    let folder = try TemporaryFolder()
    let ring = KeyRing(folder: "\(folder.path)/keys", name: "image")
    let first = try ring.current().identifier
    #expect(ring.trusts(first) && ring.trusts(first) && !ring.trusts(SigningKey().identifier))
    let other = KeyRing(folder: "\(folder.path)/keys", name: "image")
    let second = try other.rotate().new.identifier
    #expect(ring.trusts(first) && ring.trusts(second))
    _ = try other.revoke(first)
    #expect(!ring.trusts(first) && ring.trusts(second))
    let key = SigningKey()
    #expect(KeyRing(key).trusts(key.identifier) && !KeyRing(key).trusts(first))
  }

  @Test("another ring of the same folder sees a change at once, and the private half of an old key is gone")
  func shared() throws {
    let folder = try TemporaryFolder()
    let (one, other) = (
      KeyRing(folder: "\(folder.path)/keys", name: "image"), KeyRing(folder: "\(folder.path)/keys", name: "image")
    )
    let first = try one.current()
    _ = try other.rotate()
    #expect(try one.current().identifier != first.identifier)
    let names = try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/keys").sorted()
    #expect(names == ["image.keys.json", "image.lock", "image.pem"])
  }

  @Test("where nobody can tell what is revoked, nothing is trusted")
  func damaged() throws {
    let folder = try TemporaryFolder()
    let ring = KeyRing(folder: "\(folder.path)/keys", name: "image")
    let (old, _) = try ring.rotate()
    try Data("[{".utf8).write(to: URL(filePath: "\(folder.path)/keys/image.keys.json"))
    #expect(throws: ImageFault.self) { try ring.standing(of: old.identifier) }
    #expect(!ring.trusts(try ring.current().identifier))
    #expect(throws: ImageFault.self) { try ring.rotate() }
  }

  @Test("an unknown key, or too short a beginning of one, cannot be revoked")
  func unknown() throws {
    let folder = try TemporaryFolder()
    let ring = KeyRing(folder: "\(folder.path)/keys", name: "image")
    _ = try ring.rotate()
    for prefix in ["nothing", ""] {
      let fault = try #require(throws: ImageFault.self) { try ring.revoke(prefix) }
      #expect("\(fault)".contains("testudo key list"))
    }
    #expect(throws: ImageFault.self) { try KeyRing(SigningKey()).rotate() }
  }
}
