@testable import TOSCA

/// Archives as no honest program writes them.
enum RawArchive {
  /// An entry of a zip archive; what is nil is as it should be.
  struct ZipEntry {
    var name: String
    var bytes: [UInt8] = []
    var localName: String?
    var flags = 0
    var method = 0
    /// What is stored instead of the bytes.
    var packed: [UInt8]?
    var size: Int?
    var checksum: UInt32?
    var mode = 0o100644
    /// The entry whose content this one shares.
    var shares: Int?
  }

  /// A zip archive of entries.
  static func zip(_ entries: [ZipEntry]) -> [UInt8] {
    var bytes: [UInt8] = []
    var directory: [UInt8] = []
    var offsets: [Int] = []
    for entry in entries {
      let packed = entry.packed ?? entry.bytes
      let name = Array(entry.name.utf8)
      let localName = Array((entry.localName ?? entry.name).utf8)
      var numbers: [UInt8] = []
      for value in [20, entry.flags, entry.method, 0, 0x21] { LittleEndian.append(value, 2, to: &numbers) }
      LittleEndian.append(Int(entry.checksum ?? Deflate.checksum(entry.bytes)), 4, to: &numbers)
      LittleEndian.append(packed.count, 4, to: &numbers)
      LittleEndian.append(entry.size ?? entry.bytes.count, 4, to: &numbers)
      let offset = entry.shares.map { offsets[$0] } ?? bytes.count
      offsets.append(offset)
      if entry.shares == nil {
        LittleEndian.append(0x0403_4B50, 4, to: &bytes)
        bytes += numbers
        LittleEndian.append(localName.count, 2, to: &bytes)
        LittleEndian.append(0, 2, to: &bytes)
        bytes += localName + packed
      }
      LittleEndian.append(0x0201_4B50, 4, to: &directory)
      LittleEndian.append(0x0314, 2, to: &directory)
      directory += numbers
      LittleEndian.append(name.count, 2, to: &directory)
      LittleEndian.append(0, 8, to: &directory)
      LittleEndian.append(entry.mode << 16, 4, to: &directory)
      LittleEndian.append(offset, 4, to: &directory)
      directory += name
    }
    let start = bytes.count
    bytes += directory
    LittleEndian.append(0x0605_4B50, 4, to: &bytes)
    LittleEndian.append(0, 4, to: &bytes)
    for _ in 0..<2 { LittleEndian.append(entries.count, 2, to: &bytes) }
    LittleEndian.append(directory.count, 4, to: &bytes)
    LittleEndian.append(start, 4, to: &bytes)
    LittleEndian.append(0, 2, to: &bytes)
    return bytes
  }

  /// A header and content of a tarball.
  static func tarEntry(
    _ name: String, _ bytes: [UInt8] = [], kind: Character = "0", link: String = "", magic: String = "ustar\u{0}00"
  ) -> [UInt8] {
    var header = [UInt8](repeating: 0, count: 512)
    func put(_ text: String, _ position: Int) {
      header.replaceSubrange(position..<position + text.utf8.count, with: Array(text.utf8))
    }
    func octal(_ value: Int, _ digits: Int) -> String {
      let text = String(value, radix: 8)
      return String(repeating: "0", count: digits - text.count) + text
    }
    put(name, 0)
    put(octal(0o644, 7), 100)
    put(octal(bytes.count, 11), 124)
    put("        ", 148)
    put(String(kind), 156)
    put(link, 157)
    put(magic, 257)
    put(octal(header.reduce(0) { $0 + Int($1) }, 6) + "\u{0} ", 148)
    return header + bytes + [UInt8](repeating: 0, count: (512 - bytes.count % 512) % 512)
  }

  /// A tarball of headers and contents.
  static func tar(_ entries: [UInt8]...) -> [UInt8] {
    entries.flatMap { $0 } + [UInt8](repeating: 0, count: 1024)
  }
}
