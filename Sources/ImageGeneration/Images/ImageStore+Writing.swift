import Foundation
import Glibc

extension ImageStore {
  /// The documents that go with a new image, as JSON.
  struct NewPapers {
    var billOfMaterials: [UInt8]
    var provenance: [UInt8]
  }

  /// Puts an image and its papers into the store. `working` has `image.elf`; it becomes the image's folder.
  func add(
    _ image: Image, papers: NewPapers, from working: String, signingKey: SigningKey
  ) throws(ImageFault) -> Image {
    guard let digest = Digest(image.digest), let recipe = Digest(image.recipe) else {
      throw .notFound(digest: image.digest)
    }
    let statement = Statement(
      image: image, billOfMaterials: Digest(of: papers.billOfMaterials), provenance: Digest(of: papers.provenance),
      signer: signingKey.identifier)
    let signed = try CanonicalJSON.encode(statement)
    let draft = "\(working)/image"
    try ImageStore.makeFolder(draft)
    guard rename("\(working)/image.elf", "\(draft)/image.elf") == 0 else {
      throw ImageStore.fault(draft, "the image cannot be moved here")
    }
    _ = chmod("\(draft)/image.elf", 0o444)
    try ImageStore.write(signed, to: "\(draft)/statement.json")
    try ImageStore.write(try signingKey.sign(signed), to: "\(draft)/statement.sig")
    try ImageStore.write(papers.billOfMaterials, to: "\(draft)/sbom.cdx.json")
    try ImageStore.write(papers.provenance, to: "\(draft)/provenance.intoto.json")
    let place = "\(folder)/images/\(digest.hex)"
    try withLock(exclusive: true) { () throws(ImageFault) in
      try ImageStore.makeFolder("\(folder)/images")
      // What stands there has other papers, or was altered: the working folder takes it away.
      if FileManager.default.fileExists(atPath: place), rename(place, "\(working)/old") != 0 {
        throw ImageStore.fault(place, "this cannot be replaced")
      }
      guard rename(draft, place) == 0 else { throw ImageStore.fault(place, "this cannot be made") }
      try ImageStore.makeFolder("\(folder)/recipes")
      try ImageStore.replace("\(folder)/recipes/\(recipe.hex)", with: Array(image.digest.utf8), by: "\(working)/recipe")
    }
    return try self.image(image.digest)
  }

  /// Adds the reasons and origins of an image to a stored one, which the same recipe gave.
  func extend(_ stored: Image, with image: Image, signingKey: SigningKey) throws(ImageFault) -> Image {
    guard stored.merging(image) != stored else { return stored }
    let digest = stored.digest
    let place = try folder(of: digest)
    try withWorkingFolder { working throws(ImageFault) in
      try withLock(exclusive: true) { () throws(ImageFault) in
        let papers = try ImageStore.papers(in: place, digest: digest)
        guard papers.areSigned(by: signingKey.publicKey) else { throw .untrusted(digest: digest) }
        var statement = papers.statement
        statement.image = statement.image.merging(image)
        let signed = try CanonicalJSON.encode(statement)
        let signature = try signingKey.sign(signed)
        // For as long as it is not clear which statement stands there, both signatures do.
        let current = papers.signatures.first ?? []
        try ImageStore.replace("\(place)/statement.sig", with: current + signature, by: "\(working)/draft")
        try ImageStore.replace("\(place)/statement.json", with: signed, by: "\(working)/draft")
        try ImageStore.replace("\(place)/statement.sig", with: signature, by: "\(working)/draft")
      }
    }
    return try self.image(digest)
  }

  /// The digest of the image that a recipe gave, if one is known.
  func digest(ofRecipe recipe: Digest) -> String? {
    guard let bytes = try? ImageStore.read("\(folder)/recipes/\(recipe.hex)", limit: 128) else { return nil }
    let digest = String(decoding: bytes, as: UTF8.self)
    return Digest(digest) == nil ? nil : digest
  }

  func forgetRecipes(of digest: String) {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/recipes")) ?? []
    for name in names {
      guard let recipe = Digest("sha256:\(name)"), self.digest(ofRecipe: recipe) == digest else { continue }
      ImageStore.discard("\(folder)/recipes/\(name)")
    }
  }

  /// Removes what processes that are no more had begun to make.
  public func sweep() {
    let incoming = "\(folder)/incoming"
    for name in (try? FileManager.default.contentsOfDirectory(atPath: incoming)) ?? [] {
      guard let process = name.split(separator: "-").first.flatMap({ pid_t($0) }), process > 0 else { continue }
      if kill(process, 0) != 0, errno == ESRCH { ImageStore.discard("\(incoming)/\(name)") }
    }
  }

  /// A folder of its own for one piece of work, gone with everything in it afterwards. What processes that are no more
  /// left behind goes too.
  func withWorkingFolder<Result>(
    _ work: (String) throws(ImageFault) -> Result
  ) throws(ImageFault) -> Result {
    let incoming = "\(folder)/incoming"
    try ImageStore.makeFolder(incoming)
    sweep()
    let working = "\(incoming)/\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
    try ImageStore.makeFolder(working)
    defer { ImageStore.discard(working) }
    return try work(working)
  }

  /// Holds the store's lock meanwhile: readers share it, one who changes what is stored has it alone.
  func withLock<Result>(
    exclusive: Bool, _ work: () throws(ImageFault) -> Result
  ) throws(ImageFault) -> Result {
    let path = "\(folder)/lock"
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw ImageStore.fault(path, "this file cannot be opened") }
    defer { close(descriptor) }
    while flock(descriptor, exclusive ? LOCK_EX : LOCK_SH) != 0 {
      guard errno == EINTR else { throw ImageStore.fault(path, "this file cannot be locked") }
    }
    return try work()
  }

  // MARK: Files

  static func fault(_ path: String, _ message: String) -> ImageFault {
    .storage(path: path, message: "\(message): \(String(cString: strerror(errno)))")
  }

  static func makeFolder(_ path: String) throws(ImageFault) {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw .storage(
        path: path, message: "this folder cannot be made: \(error.localizedDescription)\(DiskSpace.remark(on: path))")
    }
  }

  /// Reads a file of at most `limit` bytes.
  static func read(_ path: String, limit: Int = maximumImageBytes) throws(ImageFault) -> [UInt8] {
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    guard let size = (attributes?[.size] as? NSNumber)?.intValue, let bytes = FileManager.default.contents(atPath: path)
    else {
      throw .storage(path: path, message: "this file is missing or cannot be read")
    }
    guard size <= limit, bytes.count <= limit else {
      throw .storage(path: path, message: "\(bytes.count) bytes, expected at most \(limit)")
    }
    return Array(bytes)
  }

  static func write(_ bytes: [UInt8], to path: String) throws(ImageFault) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw fault(path, "this file cannot be made") }
    var written = 0
    while written < bytes.count {
      let count = bytes[written...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        let fault = fault(path, "this file cannot be written")
        close(descriptor)
        throw fault
      }
      written += count
    }
    guard close(descriptor) == 0 else { throw fault(path, "this file cannot be written") }
  }

  /// Gives a file new contents at one stroke; `draft` is where they are written first.
  static func replace(_ path: String, with bytes: [UInt8], by draft: String) throws(ImageFault) {
    try write(bytes, to: draft)
    guard rename(draft, path) == 0 else { throw fault(path, "this file cannot be replaced") }
  }

  static func discard(_ path: String) {
    try? FileManager.default.removeItem(atPath: path)
  }
}
