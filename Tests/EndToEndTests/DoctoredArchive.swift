import Foundation

/// An archive of the library in which a function was made to do nothing but to say yes: what a mechanism would be that is
/// there and does not work.
enum DoctoredArchive {
  struct Fault: Error {
    var reason: String
  }

  /// Has every function of an archive (ar(5), with objects of elf(5) for x86-64) return `true` whose symbol has all of
  /// these words in it.
  static func sayYes(_ file: URL, functions words: [String]) throws {
    var bytes = [UInt8](try Data(contentsOf: file))
    var changed = 0
    var member = 8
    while member + 60 <= bytes.count {
      let text = String(decoding: bytes[(member + 48)..<(member + 58)], as: UTF8.self)
      guard let size = Int(text.filter(\.isNumber)) else { throw Fault(reason: "not an archive") }
      let start = member + 60
      if bytes[start..<(start + 4)].elementsEqual([0x7F, 0x45, 0x4C, 0x46]) {
        for place in functions(words, in: bytes, objectAt: start) {
          // mov eax, 1; ret
          bytes.replaceSubrange(place..<(place + 6), with: [0xB8, 1, 0, 0, 0, 0xC3])
          changed += 1
        }
      }
      member = start + size + size % 2
    }
    guard changed > 0 else { throw Fault(reason: "\(file.lastPathComponent) has no function named \(words)") }
    try Data(bytes).write(to: file)
  }

  /// Where the code of functions begins in the file.
  private static func functions(_ words: [String], in bytes: [UInt8], objectAt object: Int) -> [Int] {
    func number(_ place: Int, _ count: Int) -> Int { (0..<count).reduce(0) { $0 | Int(bytes[place + $1]) << (8 * $1) } }
    func section(_ index: Int) -> Int { object + number(object + 40, 8) + index * 64 }
    var found: [Int] = []
    for index in 0..<number(object + 60, 2) where number(section(index) + 4, 4) == 2 {
      let (table, size) = (object + number(section(index) + 24, 8), number(section(index) + 32, 8))
      let names = object + number(section(number(section(index) + 40, 4)) + 24, 8)
      for symbol in stride(from: table, to: table + size, by: 24) {
        let name = bytes[(names + number(symbol, 4))...].prefix { $0 != 0 }
        let (kind, home) = (bytes[symbol + 4] & 15, number(symbol + 6, 2))
        let text = String(decoding: name, as: UTF8.self)
        guard kind == 2, home != 0, home < 0xFF00, words.allSatisfy(text.contains) else { continue }
        found.append(object + number(section(home) + 24, 8) + number(symbol + 8, 8))
      }
    }
    return found
  }
}
