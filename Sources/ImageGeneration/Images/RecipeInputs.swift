/// What goes into an image's file, byte for byte: the archives, the linker script, the options and the configuration, each
/// by its digest. Two images with equal inputs are equal.
struct RecipeInputs: Codable {
  /// An archive and its role.
  struct Archive: Codable {
    var name: String
    var isWhole: Bool
    var digest: String
  }

  var target: String
  var toolchain: LinkLibrary.Toolchain
  var options: [String]
  var script: String
  var modules: [ModuleVersion]
  var archives: [Archive]
  var configuration: String
  /// What a handler of the user's own is compiled of and how, by digest, if there is one.
  var handler: String?

  init(recipe: ImageRecipe, configuration: [UInt8], library: LinkLibrary) throws(ImageFault) {
    target = recipe.target.rawValue
    toolchain = library.toolchain.withoutPlaces
    options = LinkerInvocation.options
    script = try library.digest(of: library.script(for: recipe.target)).description
    modules = recipe.selection.modules.map(\.manifest.identity)
    var archives: [Archive] = []
    let (whole, support) = recipe.archives
    for (names, isWhole) in [(whole, true), (support + library.supportArchives, false)] {
      for name in names {
        let digest = try library.digest(of: library.path(ofArchive: name))
        archives.append(Archive(name: name, isWhole: isWhole, digest: digest.description))
      }
    }
    self.archives = archives
    self.configuration = Digest(of: configuration).description
    handler = try recipe.handler.map { sources throws(ImageFault) in
      try HandlerCompiler(library: library, cache: "").key(of: sources).description
    }
  }

  /// The digest of all inputs.
  func digest() throws(ImageFault) -> Digest { Digest(of: try CanonicalJSON.encode(self)) }
}
