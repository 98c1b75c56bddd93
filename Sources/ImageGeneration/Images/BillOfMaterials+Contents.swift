import Foundation

// What an image has of each module: in the bill of materials as properties of the module's component (CycloneDX 1.6,
// `components[].properties`).

extension BillOfMaterials {
  /// What an image has of a module.
  struct Contents: Hashable, Sendable {
    /// How many bytes.
    var bytes: Int
    /// The symbols, as the linker knows them, sorted.
    var symbols: [String]
  }

  /// A name and a value that the standard does not know.
  struct Property: Codable, Hashable {
    var name: String
    var value: String

    static let bytes = "testudo:linkedBytes"
    static let symbols = "testudo:linkedSymbols"
  }

  /// What the linker took out of some archives, as properties. Symbols have no spaces, which part them here.
  static func properties(of archives: [String], in map: LinkMap) -> [Property] {
    let parts = archives.compactMap { map.contributions[$0] }
    let symbols = parts.reduce(into: Set<String>()) { $0.formUnion($1.symbols) }
    return [
      Property(name: Property.bytes, value: String(parts.reduce(0) { $0 + $1.bytes })),
      Property(name: Property.symbols, value: symbols.sorted().joined(separator: " ")),
    ]
  }

  /// Reads what a document says of each module, by name; nothing where the image was made before such was noted, `nil`
  /// where the document cannot be read.
  static func contents(in bytes: [UInt8]) -> [String: Contents]? {
    struct Excerpt: Decodable {
      struct Component: Decodable {
        var name: String
        var properties: [Property]?
      }
      var components: [Component]
    }
    guard let document = try? JSONDecoder().decode(Excerpt.self, from: Data(bytes)) else { return nil }
    var contents: [String: Contents] = [:]
    for component in document.components {
      func value(_ name: String) -> String? { component.properties?.first { $0.name == name }?.value }
      guard let count = value(Property.bytes).flatMap({ Int($0) }), let symbols = value(Property.symbols) else {
        continue
      }
      contents[component.name] = Contents(bytes: count, symbols: symbols.split(separator: " ").map(String.init))
    }
    return contents
  }
}
