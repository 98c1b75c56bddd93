import Foundation

/// From the requirements of an image to the code that is in it because of them, and back.
public struct Traceability: Hashable, Sendable, Codable {
  /// A requirement, application or target, and what it brought in.
  public struct Cause: Hashable, Sendable, Codable {
    /// What it is.
    public var reason: Reason
    /// The modules that it calls for itself, by name.
    public var calledFor: [String]
    /// Those that are in because of it, directly or through others.
    public var broughtIn: [String]
    /// Those that would go if it went: nothing else needs them.
    public var wouldGo: [String]
    /// How many bytes of the image those are; nil where the image does not say.
    public var bytesThatWouldGo: Int?
  }

  /// A module, and why it is in.
  public struct Part: Hashable, Sendable, Codable {
    /// The module's name.
    public var name: String
    /// Its version.
    public var version: String
    /// Whether it is a security module.
    public var isMechanism: Bool
    /// Why it is in, as it was selected.
    public var reasons: [Reason]
    /// The requirements, applications and targets that this comes down to.
    public var causes: [Reason]
    /// How many bytes of the image are its own; nil where the image does not say.
    public var bytes: Int?
    /// The symbols that the linker took from it, mangled and sorted; nil where the image does not say.
    public var symbols: [String]?
  }

  /// The image's digest.
  public var digest: String
  /// What was asked for.
  public var causes: [Cause]
  /// What is in.
  public var modules: [Part]

  /// Traces an image.
  /// - Parameter contents: What the image has of each module, as its bill of materials says.
  init(image: Image, contents: [String: BillOfMaterials.Contents]) {
    digest = image.digest
    let names = Set(image.modules.map(\.name))
    /// The modules that a module stands on.
    var supports: [String: [String]] = [:]
    for module in image.modules {
      for reason in module.reasons where reason.kind == .dependency && names.contains(reason.name) {
        supports[reason.name, default: []].append(module.name)
      }
    }
    func closure(of roots: some Sequence<String>) -> Set<String> {
      var found: Set<String> = []
      var waiting = Array(roots)
      while let name = waiting.popLast() {
        if found.insert(name).inserted { waiting += supports[name] ?? [] }
      }
      return found
    }
    let roots = Set(image.modules.flatMap(\.reasons).filter { $0.kind != .dependency }).sorted()
    func calledFor(by reason: Reason) -> [String] {
      image.modules.filter { $0.reasons.contains(reason) }.map(\.name)
    }
    let broughtIn = Dictionary(uniqueKeysWithValues: roots.map { ($0, closure(of: calledFor(by: $0))) })
    causes = roots.map { reason in
      let kept = closure(of: roots.filter { $0 != reason }.flatMap(calledFor(by:)))
      let gone = names.subtracting(kept).sorted()
      let bytes = gone.compactMap { contents[$0]?.bytes }
      return Cause(
        reason: reason, calledFor: calledFor(by: reason).sorted(), broughtIn: broughtIn[reason, default: []].sorted(),
        wouldGo: gone, bytesThatWouldGo: contents.isEmpty ? nil : bytes.reduce(0, +))
    }
    modules = image.modules.map { module in
      Part(
        name: module.name, version: module.version, isMechanism: image.mechanisms.contains(module.name),
        reasons: module.reasons, causes: roots.filter { broughtIn[$0, default: []].contains(module.name) },
        bytes: contents.isEmpty ? nil : contents[module.name]?.bytes ?? 0,
        symbols: contents.isEmpty ? nil : contents[module.name]?.symbols ?? [])
    }
  }
}

extension ImageStore {
  /// Why everything in an image is in it.
  public func traceability(of digest: String) throws(ImageFault) -> Traceability {
    let image = try image(digest)
    let bill = try billOfMaterials(of: digest)
    guard let contents = BillOfMaterials.contents(in: bill) else {
      throw .altered(digest: digest, message: "its bill of materials cannot be understood")
    }
    return Traceability(image: image, contents: contents)
  }
}
