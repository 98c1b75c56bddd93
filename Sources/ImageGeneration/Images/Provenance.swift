import Foundation

/// How an image was made: an in-toto statement (attestation framework, v1) with SLSA provenance (v1) about it. It has no
/// time and no place, so that equal images have equal statements; the signature around it is another each time.
struct Provenance: Encodable {
  let type = "https://in-toto.io/Statement/v1"
  var subject: [Artifact]
  let predicateType = "https://slsa.dev/provenance/v1"
  var predicate: Predicate

  private enum CodingKeys: String, CodingKey {
    case type = "_type"
    case subject, predicateType, predicate
  }

  /// A file by its digest (in-toto `ResourceDescriptor`).
  struct Artifact: Encodable {
    var name: String
    var digest: [String: String]

    init(name: String, digest: String) {
      self.name = name
      self.digest = ["sha256": digest.split(separator: ":").last.map(String.init) ?? digest]
    }
  }

  struct Predicate: Encodable {
    var buildDefinition: BuildDefinition
    var runDetails: RunDetails
  }

  struct BuildDefinition: Encodable {
    let buildType = "urn:testudo:image:2"
    var externalParameters: ExternalParameters
    var internalParameters: InternalParameters
    var resolvedDependencies: [Artifact]
  }

  /// What whoever asked for the image decided: see `ImageRecipe`.
  struct ExternalParameters: Encodable {
    var target: String
    var application: String
    var modules: [String]
    /// The digest of the build configuration.
    var configuration: String
    /// The digest of what the handler is compiled of, if there is one.
    var handler: String?
  }

  /// What the builder decided.
  struct InternalParameters: Encodable {
    var linkerOptions: [String]
    var swift: String
    var lld: String
  }

  struct RunDetails: Encodable {
    struct Builder: Encodable {
      let id = "urn:testudo:image-builder"
    }
    struct Metadata: Encodable {
      /// The recipe's digest: equal recipes give equal images.
      var invocationId: String
    }
    let builder = Builder()
    var metadata: Metadata
  }

  init(image: Image, recipe: ImageRecipe, inputs: RecipeInputs) {
    subject = [Artifact(name: "image.elf", digest: image.digest)]
    predicate = Predicate(
      buildDefinition: BuildDefinition(
        externalParameters: ExternalParameters(
          target: inputs.target, application: image.application, modules: inputs.modules.map(\.description),
          configuration: inputs.configuration, handler: inputs.handler),
        internalParameters: InternalParameters(
          linkerOptions: inputs.options, swift: inputs.toolchain.swift, lld: inputs.toolchain.lld),
        resolvedDependencies: inputs.archives.map { Artifact(name: "\($0.name).a", digest: $0.digest) }
          + [Artifact(name: "\(inputs.target).ld", digest: inputs.script)]),
      runDetails: RunDetails(metadata: RunDetails.Metadata(invocationId: image.recipe)))
  }

  /// The statement in an envelope that a key has signed.
  func envelope(signedBy key: SigningKey) throws(ImageFault) -> SignedEnvelope {
    try SignedEnvelope(
      payload: try CanonicalJSON.encode(self), type: "application/vnd.in-toto+json", signedBy: key)
  }
}

extension ImageStore {
  /// The in-toto statement inside an image's provenance, as JSON.
  public func provenanceStatement(of digest: String) throws(ImageFault) -> [UInt8] {
    guard
      let envelope = try? JSONDecoder().decode(
        SignedEnvelope.self, from: Data(try provenance(of: digest))),
      let payload = envelope.content
    else { throw .altered(digest: digest, message: "its provenance is no envelope") }
    return payload
  }
}
