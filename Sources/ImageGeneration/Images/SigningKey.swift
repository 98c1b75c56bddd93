import Crypto
import Foundation
import Glibc

/// A private key for ECDSA on P-256 with SHA-256 (FIPS 186-5). Image papers are signed with one, control messages with
/// another.
public struct SigningKey: Sendable {
  private let key: P256.Signing.PrivateKey

  /// The number of bytes in a signature.
  public static let signatureLength = 64
  /// The number of bytes in a public key.
  public static let publicKeyLength = 65

  /// A fresh key that is kept nowhere.
  public init() {
    key = P256.Signing.PrivateKey()
  }

  /// The key `name` of a folder, as PEM in `name.pem`. It is made when it is asked for the first time, readable by its
  /// owner alone; a key file that others can read is refused. Of several processes that ask at once, all get one key.
  public init(folder: String, name: String) throws(ImageFault) {
    let path = "\(folder)/\(name).pem"
    if !FileManager.default.fileExists(atPath: path) { try SigningKey.create(path, in: folder) }
    var status = stat()
    guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw .storage(path: path, message: "this is no file, expected a private key")
    }
    guard status.st_mode & 0o077 == 0 else {
      throw .storage(path: path, message: "others can use this private key, expected permissions 0600")
    }
    guard let bytes = FileManager.default.contents(atPath: path),
      let key = try? P256.Signing.PrivateKey(pemRepresentation: String(decoding: bytes, as: UTF8.self))
    else {
      throw .storage(path: path, message: "this cannot be read, expected a P-256 private key in PEM")
    }
    self.key = key
  }

  /// A new key in the place of the key `name` of a folder.
  init(replacing name: String, in folder: String) throws(ImageFault) {
    let path = "\(folder)/\(name).pem"
    try SigningKey.create(path, in: folder, replacing: true)
    try self.init(folder: folder, name: name)
  }

  /// Writes a new key aside and gives it its name, unless another process was faster, or it is to replace what is there.
  private static func create(_ path: String, in folder: String, replacing: Bool = false) throws(ImageFault) {
    guard
      (try? FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])) != nil
    else {
      throw .storage(path: folder, message: "this folder cannot be made, expected a folder for keys")
    }
    let draft = "\(path).\(getpid()).\(UInt32.random(in: 0...UInt32.max))"
    let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw .storage(path: draft, message: "this file cannot be made: \(String(cString: strerror(errno)))")
    }
    defer { unlink(draft) }
    let text = Array((P256.Signing.PrivateKey().pemRepresentation + "\n").utf8)
    let written = text.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    let synchronized = fsync(descriptor)
    close(descriptor)
    guard written == text.count, synchronized == 0 else {
      throw .storage(path: draft, message: "this file cannot be written\(DiskSpace.remark(on: folder))")
    }
    if replacing {
      guard rename(draft, path) == 0 else { throw ImageStore.fault(path, "this file cannot be replaced") }
      return
    }
    guard link(draft, path) == 0 || errno == EEXIST else {
      throw .storage(path: path, message: "this file cannot be made: \(String(cString: strerror(errno)))")
    }
  }

  /// The public key: an uncompressed point of 65 bytes (SEC 1, 2.3.3).
  public var publicKey: [UInt8] { Array(key.publicKey.x963Representation) }

  /// The digest that names the public key in papers.
  public var identifier: String { Digest(of: publicKey).description }

  /// Signs bytes: 64 bytes, `r || s`.
  public func sign(_ bytes: [UInt8]) throws(ImageFault) -> [UInt8] {
    do {
      return Array(try key.signature(for: bytes).rawRepresentation)
    } catch {
      throw .unfit(message: "it cannot be signed: \(error)")
    }
  }

  /// Signs bytes: an ASN.1 `ECDSA-Sig-Value` (SEC 1, C.5), as DSSE's verifiers expect it.
  func signASN1(_ bytes: [UInt8]) throws(ImageFault) -> [UInt8] {
    do {
      return Array(try key.signature(for: bytes).derRepresentation)
    } catch {
      throw .unfit(message: "it cannot be signed: \(error)")
    }
  }

  /// Whether an ASN.1 `ECDSA-Sig-Value` is the signature of the holder of a public key, over these bytes.
  static func isValid(signatureASN1 signature: [UInt8], of bytes: [UInt8], publicKey: [UInt8]) -> Bool {
    guard let key = try? P256.Signing.PublicKey(x963Representation: publicKey),
      let signature = try? P256.Signing.ECDSASignature(derRepresentation: signature)
    else { return false }
    return key.isValidSignature(signature, for: bytes)
  }

  /// Whether a signature of 64 bytes is that of the holder of a public key, over these bytes.
  public static func isValid(signature: [UInt8], of bytes: [UInt8], publicKey: [UInt8]) -> Bool {
    guard let key = try? P256.Signing.PublicKey(x963Representation: publicKey),
      let signature = try? P256.Signing.ECDSASignature(rawRepresentation: signature)
    else { return false }
    return key.isValidSignature(signature, for: bytes)
  }
}
