import Foundation
import ImageGeneration
import Testing

@Suite("Signing keys")
struct SigningKeyTests {
  @Test("a signature holds for what was signed, by the key that signed it, and for nothing else")
  func signing() throws {
    let key = SigningKey()
    let signature = try key.sign([1, 2, 3])
    #expect(signature.count == 64 && key.publicKey.count == 65 && key.publicKey[0] == 4)
    #expect(SigningKey.isValid(signature: signature, of: [1, 2, 3], publicKey: key.publicKey))
    #expect(!SigningKey.isValid(signature: signature, of: [1, 2, 4], publicKey: key.publicKey))
    #expect(!SigningKey.isValid(signature: signature, of: [1, 2, 3], publicKey: SigningKey().publicKey))
    #expect(!SigningKey.isValid(signature: [], of: [1, 2, 3], publicKey: key.publicKey))
    #expect(!SigningKey.isValid(signature: signature, of: [1, 2, 3], publicKey: [4]))
  }

  @Test("a key is made once, for its owner alone")
  func creating() throws {
    let folder = try TemporaryFolder()
    let keys = "\(folder.path)/keys"
    let first = try SigningKey(folder: keys, name: "images")
    #expect(try SigningKey(folder: keys, name: "images").publicKey == first.publicKey)
    #expect(try SigningKey(folder: keys, name: "control").publicKey != first.publicKey)
    let attributes = try FileManager.default.attributesOfItem(atPath: "\(keys)/images.pem")
    #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
    #expect(try FileManager.default.contentsOfDirectory(atPath: keys).sorted() == ["control.pem", "images.pem"])
  }

  @Test("a key that others can read, or that is none, is refused with its file")
  func refusing() throws {
    let folder = try TemporaryFolder()
    _ = try SigningKey(folder: folder.path, name: "images")
    let path = "\(folder.path)/images.pem"
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
    #expect(
      throws: ImageFault.storage(path: path, message: "others can use this private key, expected permissions 0600")
    ) { try SigningKey(folder: folder.path, name: "images") }
    let other = try folder.write("nonsense", to: "other.pem")
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: other)
    #expect(
      throws: ImageFault.storage(path: other, message: "this cannot be read, expected a P-256 private key in PEM")
    ) { try SigningKey(folder: folder.path, name: "other") }
  }
}
