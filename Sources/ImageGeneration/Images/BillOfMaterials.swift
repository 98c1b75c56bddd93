/// What an image consists of, as a CycloneDX document (ECMA-424; CycloneDX 1.6): the modules with their archives, the C
/// library, and the toolchain whose standard library is linked in. It has no serial number and no time, so that equal
/// images have equal documents.
struct BillOfMaterials {
  /// The document.
  let document: Document

  /// - Parameter map: What the linker took out of each archive.
  init(image: Image, recipe: ImageRecipe, inputs: RecipeInputs, map: LinkMap) {
    let manifests = recipe.selection.modules.map(\.manifest)
    let toolchain = Component(
      reference: "swift-standard-library", type: "library", name: "swift-standard-library",
      version: inputs.toolchain.swift, summary: "What Embedded Swift links of its standard library into every image.",
      license: "Apache-2.0 WITH Swift-exception",
      archives: inputs.archives.filter { LinkLibrary.toolchainArchives.contains($0.name) })
    // An archive that several modules name counts for the first of them.
    var counted: Set<String> = []
    var components = manifests.map { manifest in
      let own = manifest.archives.filter { counted.insert($0).inserted }
      var component = Component(
        reference: BillOfMaterials.reference(manifest), type: "library", name: manifest.name,
        version: manifest.version, summary: manifest.summary, license: manifest.license,
        archives: inputs.archives.filter { manifest.archives.contains($0.name) })
      component.properties = BillOfMaterials.properties(of: own, in: map)
      return component
    }
    if let handler = recipe.handler {
      var own = Component(
        reference: "handler-sources", type: "application", name: handler.source, version: handler.digest.description,
        summary: "The user's own handler, compiled with `\(HandlerCompiler.options.joined(separator: " "))`.",
        license: nil, archives: [])
      own.hashes = [Hash(digest: handler.digest.description)]
      own.parts = handler.files.map {
        Component(file: $0.path, digest: Digest(of: $0.text.utf8), of: "handler-sources")
      }
      components.append(own)
    }
    var subject = Component(
      reference: image.digest, type: "application", name: image.application.isEmpty ? "image" : image.application,
      version: image.digest, summary: "A unikernel image for target `\(image.target.rawValue)`.", license: nil,
      archives: [])
    subject.hashes = [Hash(digest: image.digest)]
    var dependencies = [
      Dependency(ref: image.digest, dependsOn: ([toolchain] + components).map(\.reference).sorted())
    ]
    for manifest in manifests {
      let others = manifests.filter { other in
        other.identity != manifest.identity && manifest.requires.contains(where: other.capabilities.contains)
      }
      dependencies.append(
        Dependency(
          ref: BillOfMaterials.reference(manifest), dependsOn: others.map(BillOfMaterials.reference).sorted()))
    }
    document = Document(
      metadata: Metadata(
        component: subject,
        tools: Tools(components: [
          Component(
            reference: "tool:swift", type: "application", name: "swift", version: inputs.toolchain.swift,
            summary: "The compiler that made the archives.", license: "Apache-2.0 WITH Swift-exception", archives: []),
          Component(
            reference: "tool:lld", type: "application", name: "lld", version: inputs.toolchain.lld,
            summary: "The linker that made the image.", license: "Apache-2.0 WITH LLVM-exception", archives: []),
        ])), components: components + [toolchain], dependencies: dependencies)
  }

  private static func reference(_ manifest: ModuleManifest) -> String { "\(manifest.name)@\(manifest.version)" }

  /// The whole document.
  struct Document: Encodable {
    let bomFormat = "CycloneDX"
    let specVersion = "1.6"
    let version = 1
    var metadata: Metadata
    var components: [Component]
    var dependencies: [Dependency]
  }

  /// What the document describes, and what made it.
  struct Metadata: Encodable {
    var component: Component
    var tools: Tools
  }

  /// What made the image.
  struct Tools: Encodable {
    var components: [Component]
  }

  /// A part.
  struct Component: Encodable {
    var reference: String
    var type: String
    var name: String
    var version: String?
    var summary: String?
    var licenses: [License]?
    var hashes: [Hash]?
    /// The archives it consists of, as files.
    var parts: [Component]?
    /// What the standard has no word for.
    var properties: [Property]?

    private enum CodingKeys: String, CodingKey {
      case reference = "bom-ref"
      case type, name, version, licenses, hashes, properties
      case summary = "description"
      case parts = "components"
    }

    init(
      reference: String, type: String, name: String, version: String, summary: String, license: String?,
      archives: [RecipeInputs.Archive]
    ) {
      self.reference = reference
      self.type = type
      self.name = name
      self.version = version
      self.summary = summary.isEmpty ? nil : summary
      licenses = license.map { [License(expression: $0)] }
      parts = archives.isEmpty ? nil : archives.map { Component(archive: $0, of: reference) }
    }

    fileprivate init(file: String, digest: Digest, of owner: String) {
      reference = "\(owner)/\(file)"
      type = "file"
      name = file
      hashes = [Hash(digest: digest.description)]
    }

    private init(archive: RecipeInputs.Archive, of owner: String) {
      reference = "\(owner)/\(archive.name).a"
      type = "file"
      name = "\(archive.name).a"
      hashes = [Hash(digest: archive.digest)]
    }
  }

  /// A licence, as an SPDX expression.
  struct License: Encodable {
    var expression: String
  }

  /// A digest of a part.
  struct Hash: Encodable {
    let alg = "SHA-256"
    var content: String

    init(digest: String) {
      content = String(digest.drop { $0 != ":" }.dropFirst())
    }
  }

  /// What a part stands on.
  struct Dependency: Encodable {
    var ref: String
    var dependsOn: [String]
  }
}
