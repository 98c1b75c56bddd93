import Foundation
import Glibc

/// The finished images of a folder, each in a folder of its own that is named by its digest:
///
///     images/<digits>/image.elf, statement.json, statement.sig, sbom.cdx.json, provenance.intoto.json
///     recipes/<digits>      the digest of the image that a recipe gave
///     incoming/             what is being made
///
/// Images appear whole or not at all, and processes that share a store do not disturb each other.
public struct ImageStore: Sendable {
  /// The store's folder. It is made when the first image is.
  public let folder: String
  /// What was read of papers last.
  private let known = PaperCache()

  /// No statement and no bill of materials is longer than this.
  static let maximumPaperBytes = 16 << 20
  /// No image is larger than this.
  static let maximumImageBytes = 1 << 30

  /// The store in a folder.
  public init(folder: String) {
    // Absolute, since programs that are started run elsewhere.
    self.folder = URL(fileURLWithPath: folder).path
  }

  /// The images, by digest. Those whose papers cannot be read are left out; `damaged` has them.
  public func images() -> [Image] {
    digests().compactMap { try? image($0) }
  }

  /// The digests of images whose papers cannot be read.
  public func damaged() -> [String] {
    digests().filter { (try? image($0)) == nil }
  }

  private func digests() -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/images")) ?? []
    return names.map { "sha256:\($0)" }.filter { Digest($0) != nil }.sorted()
  }

  /// What an image's papers say. They are not checked; `verify` does that.
  public func image(_ digest: String) throws(ImageFault) -> Image {
    let place = try folder(of: digest)
    return try withLock(exclusive: false) { () throws(ImageFault) in try read(place, digest) }
  }

  private func read(_ place: String, _ digest: String) throws(ImageFault) -> Image {
    let stamps = ["statement.json", "statement.sig"].map { FileStamp("\(place)/\($0)") }
    if let image = known.image(digest, stamps) { return image }
    let image = try ImageStore.papers(in: place, digest: digest).image
    known.keep(image, digest, stamps)
    return image
  }

  /// Where the ELF file of an image stands.
  public func path(of digest: String) throws(ImageFault) -> String {
    try folder(of: digest) + "/image.elf"
  }

  /// The bill of materials of an image, in CycloneDX's JSON.
  public func billOfMaterials(of digest: String) throws(ImageFault) -> [UInt8] {
    try ImageStore.read(try folder(of: digest) + "/sbom.cdx.json", limit: ImageStore.maximumPaperBytes)
  }

  /// How an image was made: a statement of SLSA provenance in a signed envelope (in-toto attestation, DSSE).
  public func provenance(of digest: String) throws(ImageFault) -> [UInt8] {
    try ImageStore.read(try folder(of: digest) + "/provenance.intoto.json", limit: ImageStore.maximumPaperBytes)
  }

  /// The digest of the public key that an image's papers say they are signed with.
  func signer(of digest: String) throws(ImageFault) -> String {
    let place = try folder(of: digest)
    return try withLock(exclusive: false) { () throws(ImageFault) in
      try ImageStore.papers(in: place, digest: digest).statement.signer
    }
  }

  /// Checks that an image is what one of the trusted keys signed: the file's digest is computed again, and the papers are
  /// held against the signature and each other. Keys are uncompressed points of 65 bytes.
  public func verify(_ digest: String, trustedKeys: [[UInt8]]) throws(ImageFault) {
    let place = try folder(of: digest)
    try withLock(exclusive: false) { () throws(ImageFault) in
      let papers = try ImageStore.papers(in: place, digest: digest)
      guard trustedKeys.contains(where: papers.areSigned(by:)) else { throw .untrusted(digest: digest) }
      guard papers.statement.type == Statement.currentType else {
        throw .altered(digest: digest, message: "`\(papers.statement.type)` is not `\(Statement.currentType)`")
      }
      guard papers.statement.image.digest == digest else {
        throw .altered(digest: digest, message: "its statement is that of `\(papers.statement.image.digest)`")
      }
      let file = try ImageStore.read("\(place)/image.elf", limit: ImageStore.maximumImageBytes)
      guard Digest(of: file).description == digest, file.count == papers.statement.image.bytes else {
        throw .altered(digest: digest, message: "its file has another digest")
      }
      let bill = try ImageStore.read("\(place)/sbom.cdx.json", limit: ImageStore.maximumPaperBytes)
      guard Digest(of: bill).description == papers.statement.billOfMaterials else {
        throw .altered(digest: digest, message: "its bill of materials has another digest")
      }
      let provenance = try ImageStore.read("\(place)/provenance.intoto.json", limit: ImageStore.maximumPaperBytes)
      guard Digest(of: provenance).description == papers.statement.provenance else {
        throw .altered(digest: digest, message: "its provenance has another digest")
      }
    }
  }

  /// Takes an image out of the store.
  public func remove(_ digest: String) throws(ImageFault) {
    let place = try folder(of: digest)
    try withWorkingFolder { working throws(ImageFault) in
      try withLock(exclusive: true) { () throws(ImageFault) in
        guard rename(place, "\(working)/image") == 0 else {
          throw ImageStore.fault(place, "this cannot be removed")
        }
        forgetRecipes(of: digest)
      }
    }
  }

  /// The folder of an image that the store has.
  func folder(of digest: String) throws(ImageFault) -> String {
    guard let name = Digest(digest) else { throw .notFound(digest: digest) }
    let place = "\(folder)/images/\(name.hex)"
    guard FileManager.default.fileExists(atPath: place) else { throw .notFound(digest: digest) }
    return place
  }

  // MARK: Papers

  /// A statement as it was signed, with its signatures.
  struct Papers {
    var statement: Statement
    var signed: [UInt8]
    /// One signature; two while a statement is being replaced, one for the old and one for the new.
    var signatures: [[UInt8]]

    /// Whether one of the signatures is that of the key's holder.
    func areSigned(by publicKey: [UInt8]) -> Bool {
      guard Digest(of: publicKey).description == statement.signer else { return false }
      return signatures.contains { SigningKey.isValid(signature: $0, of: signed, publicKey: publicKey) }
    }

    /// The image with its signature.
    var image: Image {
      var image = statement.image
      image.signature = ImageSignature(
        algorithm: ImageSignature.algorithm, key: statement.signer, value: Digest.digits(signatures.first ?? []))
      return image
    }
  }

  static func papers(in place: String, digest: String) throws(ImageFault) -> Papers {
    let signed = try read("\(place)/statement.json", limit: maximumPaperBytes)
    let signature = try read("\(place)/statement.sig", limit: 2 * SigningKey.signatureLength)
    guard let statement = try? JSONDecoder().decode(Statement.self, from: Data(signed)) else {
      throw .altered(digest: digest, message: "its statement cannot be read")
    }
    guard !signature.isEmpty, signature.count % SigningKey.signatureLength == 0 else {
      throw .altered(digest: digest, message: "its signature is not of \(SigningKey.signatureLength) bytes")
    }
    let signatures = stride(from: 0, to: signature.count, by: SigningKey.signatureLength).map {
      Array(signature[$0..<($0 + SigningKey.signatureLength)])
    }
    return Papers(statement: statement, signed: signed, signatures: signatures)
  }
}
