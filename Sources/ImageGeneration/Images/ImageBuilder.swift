import Foundation
import Interchange
public import SecTOSCA

/// Makes images: links them out of the library, checks them, signs them, and puts them into the store. What was made once
/// is not linked again.
public struct ImageBuilder: Sendable {
  /// What images are linked from.
  public let library: LinkLibrary
  /// Where they are kept.
  public let store: ImageStore
  /// The keys that papers are signed with and verified by.
  public let keys: KeyRing

  /// A builder that signs with the current key of a ring.
  public init(library: LinkLibrary, store: ImageStore, keys: KeyRing) {
    self.library = library
    self.store = store
    self.keys = keys
  }

  /// Where compiled handlers are kept.
  private var handlerFolder: String { "\(store.folder)/handlers" }

  /// Compiles the handlers of a service, so that what is wrong with them is found before anything is changed. What
  /// compiles is kept for `build`.
  public func checkHandlers(of service: ProtectedService) throws(ImageFault) {
    try HandlerCheck(library: library, folder: handlerFolder).check(service)
  }

  /// The image of a recipe. One that the store has is checked and returned; it is linked anew if it was altered. An image
  /// over its budget is not stored.
  public func build(_ recipe: ImageRecipe) throws(ImageFault) -> Image {
    let problems = ModuleConfiguration.problems(in: recipe.configuration, stage: .build, for: recipe.selection)
    guard problems.isEmpty else { throw .configuration(problems: problems) }
    let configuration = Parameter.encode(recipe.configuration)
    let inputs = try RecipeInputs(recipe: recipe, configuration: configuration, library: library)
    let key = try inputs.digest()
    let signingKey = try keys.current()
    if let digest = store.digest(ofRecipe: key) {
      if let image = try storedImage(digest, recipe: recipe, key: key, signingKey: signingKey) { return image }
    }
    return try store.withWorkingFolder { folder throws(ImageFault) in
      let map = try link(recipe, configuration: configuration, in: folder)
      let file = try ImageStore.read("\(folder)/image.elf")
      let digest = Digest(of: file)
      try check(file, against: recipe.budgets, target: recipe.target)
      let image = recipe.image(digest: digest.description, bytes: file.count, recipe: key.description)
      let bill = BillOfMaterials(image: image, recipe: recipe, inputs: inputs, map: map)
      let provenance = Provenance(image: image, recipe: recipe, inputs: inputs)
      return try store.add(
        image,
        papers: ImageStore.NewPapers(
          billOfMaterials: try CanonicalJSON.encode(bill.document),
          provenance: try CanonicalJSON.encode(try provenance.envelope(signedBy: signingKey))),
        from: folder, signingKey: signingKey)
    }
  }

  /// A stored image of this recipe, if it is sound and signed by the key that signs now: others are made anew.
  private func storedImage(
    _ digest: String, recipe: ImageRecipe, key: Digest, signingKey: SigningKey
  ) throws(ImageFault) -> Image? {
    let stored: Image
    do throws(ImageFault) {
      try store.verify(digest, trustedKeys: [signingKey.publicKey])
      stored = try store.image(digest)
    } catch {
      return nil
    }
    guard stored.recipe == key.description else { return nil }
    if !recipe.budgets.isEmpty {
      try check(try ImageStore.read(store.path(of: digest)), against: recipe.budgets, target: recipe.target)
    }
    let image = recipe.image(digest: digest, bytes: stored.bytes, recipe: key.description)
    return try store.extend(stored, with: image, signingKey: signingKey)
  }

  /// Links an image. Gives what the linker took out of which archive.
  private func link(
    _ recipe: ImageRecipe, configuration: [UInt8], in folder: String
  ) throws(ImageFault) -> LinkMap {
    try ImageStore.write(configuration, to: "\(folder)/configuration")
    let versions = recipe.selection.modules.map { "\($0.manifest.name) \($0.manifest.version)\n" }.joined()
    try ImageStore.write(Array(versions.utf8), to: "\(folder)/\(LinkerInvocation.versions)")
    var objects: [String] = []
    if let handler = recipe.handler {
      objects.append(try HandlerCompiler(library: library, cache: handlerFolder).compile(handler))
    }
    let (whole, support) = recipe.archives
    let invocation = LinkerInvocation(
      linker: try library.linker(), script: library.script(for: recipe.target),
      whole: whole.map(library.path(ofArchive:)),
      support: (support + library.supportArchives).map(library.path(ofArchive:)), objects: objects, folder: folder)
    try invocation.run()
    let map = LinkMap(String(decoding: try ImageStore.read("\(folder)/\(LinkerInvocation.map)"), as: UTF8.self))
    ImageStore.discard("\(folder)/\(LinkerInvocation.map)")
    ImageStore.discard("\(folder)/configuration")
    ImageStore.discard("\(folder)/\(LinkerInvocation.versions)")
    ImageStore.discard("\(folder)/linker.log")
    return map
  }

  /// Refuses what must never run, and what is over a budget.
  func check(_ bytes: [UInt8], against budgets: [SurfaceBudget], target: Target) throws(ImageFault) {
    let file: ELFFile
    do throws(ELFFile.Fault) {
      file = try ELFFile(bytes)
    } catch {
      throw .unfit(message: error.description)
    }
    guard file.writableExecutableSegments == 0 else {
      throw .unfit(message: "\(file.writableExecutableSegments) segments are writable and executable, expected none")
    }
    guard file.executableBytes > 0 else {
      throw .unfit(message: "it has no executable segment")
    }
    for budget in budgets {
      if let allowed = budget.maximumImageBytes, bytes.count > allowed {
        throw .tooManyBytes(bytes: bytes.count, allowed: allowed)
      }
      // Only a process has system calls.
      if let allowed = budget.maximumSystemCalls, target == .process {
        guard let systemCalls = SystemCalls.declared(in: file) else {
          throw .unfit(message: "it does not declare its system calls, expected a section `\(SystemCalls.section)`")
        }
        if systemCalls.count > allowed { throw .tooManySystemCalls(systemCalls: systemCalls, allowed: allowed) }
      }
    }
  }
}
