import Foundation

/// What is signed of an image: everything that is said of it, and the digests of its file, its bill of materials and its
/// provenance.
struct Statement: Hashable, Codable {
  /// The kind and version of the statement.
  var type: String
  /// The image, without a signature.
  var image: Image
  /// The digest of the bill of materials.
  var billOfMaterials: String
  /// The digest of the file with the statement of its provenance.
  var provenance: String
  /// The digest of the public key it is signed with.
  var signer: String

  static let currentType = "testudo.image/2"

  init(image: Image, billOfMaterials: Digest, provenance: Digest, signer: String) {
    type = Statement.currentType
    self.image = image
    self.image.signature = nil
    self.billOfMaterials = billOfMaterials.description
    self.provenance = provenance.description
    self.signer = signer
  }
}

/// JSON with one form for each value: sorted keys, no spaces, nothing escaped that need not be.
enum CanonicalJSON {
  static func encode(_ value: some Encodable) throws(ImageFault) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      return Array(try encoder.encode(value))
    } catch {
      throw .unfit(message: "its papers cannot be written as JSON: \(error)")
    }
  }
}
