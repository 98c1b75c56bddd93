/// What the linker put into an image, by archive: its map (`ld.lld -Map`), read line by line. A line has an address, a load
/// address, a size and an alignment, all but the last in hexadecimal digits; then what it is about, after more space the
/// further it is inside: a section of the image, a section of an input, a symbol.
struct LinkMap: Hashable, Sendable {
  /// What came out of one archive or object.
  struct Contribution: Hashable, Sendable {
    /// How many bytes of the file and of memory.
    var bytes = 0
    /// The symbols, sorted: as the linker knows them, mangled.
    var symbols: Set<String> = []
  }

  /// By the name of the archive, without folder and `.a`; what is from no archive is under its own name.
  private(set) var contributions: [String: Contribution] = [:]

  private static let columns = (input: 8, symbol: 16)

  /// Reads a map. Lines that are none of its own are passed over.
  init(_ text: String) {
    var source: String?
    for line in text.split(separator: "\n") {
      guard let entry = Entry(line) else { continue }
      if entry.indentation >= Self.columns.symbol {
        guard let source, entry.size > 0 || !entry.name.contains(where: { $0 == " " || $0 == "." }) else { continue }
        contributions[source, default: Contribution()].symbols.insert(String(entry.name))
      } else if entry.indentation >= Self.columns.input {
        source = Self.archive(of: entry.name)
        if let source { contributions[source, default: Contribution()].bytes += entry.size }
      } else {
        source = nil
      }
    }
  }

  /// `/folder/archives/HTTP.a(Server.o):(.text.x)` is of `HTTP`.
  private static func archive(of input: Substring) -> String? {
    guard let end = input.firstRange(of: ":(")?.lowerBound else { return nil }
    let file = input[..<end]
    let path = file.hasSuffix(")") ? file[..<(file.lastIndex(of: "(") ?? file.endIndex)] : file
    let name = path.split(separator: "/").last ?? path
    return String(name.hasSuffix(".a") ? name.dropLast(2) : name)
  }

  private struct Entry {
    var size: Int
    /// How far from the numbers.
    var indentation: Int
    var name: Substring

    init?(_ line: Substring) {
      var rest = line
      var numbers: [Substring] = []
      for _ in 0..<4 {
        rest = rest.drop { $0 == " " }
        let number = rest.prefix { $0 != " " }
        rest = rest.dropFirst(number.count)
        numbers.append(number)
      }
      let name = rest.drop { $0 == " " }
      guard UInt64(numbers[0], radix: 16) != nil, let size = Int(numbers[2], radix: 16), Int(numbers[3]) != nil,
        !name.isEmpty
      else { return nil }
      self.size = size
      indentation = rest.count - name.count - 1
      self.name = name
    }
  }
}
