/// Writes archives. The same files give the same bytes, wherever and whenever: nothing of times, owners or the order of
/// folders gets in. (The compressed bytes are zlib's, and may differ between its versions.)
enum ArchiveWriter {
  /// A file to write.
  struct File {
    /// Its path below the root.
    var path: String
    /// Its content.
    var bytes: [UInt8]
    /// Whether it may be run.
    var isExecutable = false
  }

  /// An archive of files, in the order given.
  static func write(_ files: [File], format: ArchiveFormat) throws(ArchiveProblem) -> [UInt8] {
    switch format {
    case .zip: try zip(files)
    case .tar: try tar(files)
    case .tgz: Deflate.deflate(try tar(files), gzip: true)
    }
  }

  private static func zip(_ files: [File]) throws(ArchiveProblem) -> [UInt8] {
    var bytes: [UInt8] = []
    var directory: [UInt8] = []
    for file in files {
      let offset = bytes.count
      let deflated = Deflate.deflate(file.bytes)
      let isDeflated = deflated.count < file.bytes.count
      let content = isDeflated ? deflated : file.bytes
      let name = Array(file.path.utf8)
      guard offset + content.count < 0xFFFF_0000, file.bytes.count < 0xFFFF_0000, name.count <= 0xFFFF else {
        throw ArchiveProblem(
          "archive-too-large", "the archive would have more than 4 GB", expected: "a tarball", entry: file.path)
      }
      // What both descriptions of an entry say: version 2.0, UTF-8, the method, 1980-01-01, checksum and sizes.
      var common: [UInt8] = []
      LittleEndian.append(20, 2, to: &common)
      LittleEndian.append(0x0800, 2, to: &common)
      LittleEndian.append(isDeflated ? 8 : 0, 2, to: &common)
      LittleEndian.append(0, 2, to: &common)
      LittleEndian.append(0x21, 2, to: &common)
      LittleEndian.append(Int(Deflate.checksum(file.bytes)), 4, to: &common)
      LittleEndian.append(content.count, 4, to: &common)
      LittleEndian.append(file.bytes.count, 4, to: &common)
      LittleEndian.append(name.count, 2, to: &common)
      LittleEndian.append(0, 2, to: &common)
      LittleEndian.append(0x0403_4B50, 4, to: &bytes)
      bytes += common + name + content
      LittleEndian.append(0x0201_4B50, 4, to: &directory)
      // Made under Unix, so that the mode is known.
      LittleEndian.append(0x0314, 2, to: &directory)
      directory += common
      LittleEndian.append(0, 6, to: &directory)
      LittleEndian.append((file.isExecutable ? 0o100755 : 0o100644) << 16, 4, to: &directory)
      LittleEndian.append(offset, 4, to: &directory)
      directory += name
    }
    guard files.count < 0xFFFF else { throw .tooManyEntries(0xFFFE) }
    let start = bytes.count
    bytes += directory
    LittleEndian.append(0x0605_4B50, 4, to: &bytes)
    LittleEndian.append(0, 4, to: &bytes)
    LittleEndian.append(files.count, 2, to: &bytes)
    LittleEndian.append(files.count, 2, to: &bytes)
    LittleEndian.append(directory.count, 4, to: &bytes)
    LittleEndian.append(start, 4, to: &bytes)
    LittleEndian.append(0, 2, to: &bytes)
    return bytes
  }

  private static func tar(_ files: [File]) throws(ArchiveProblem) -> [UInt8] {
    var bytes: [UInt8] = []
    for file in files {
      bytes += try header(of: file)
      bytes += file.bytes
      bytes += [UInt8](repeating: 0, count: (512 - file.bytes.count % 512) % 512)
    }
    return bytes + [UInt8](repeating: 0, count: 1024)
  }

  /// A header as UStar has it, the only form that TOSCA 2.0 knows (17.1.1.1).
  private static func header(of file: File) throws(ArchiveProblem) -> [UInt8] {
    let path = Array(file.path.utf8)
    var (prefix, name) = ([UInt8](), path)
    if path.count > 100 {
      // The name is cut at a slash so that both parts fit.
      let cut = path.indices.first { path[$0] == UInt8(ascii: "/") && path.count - $0 - 1 <= 100 && $0 <= 155 }
      guard let cut, cut > 0 else {
        throw EntryName.problem("is too long for a tarball", file.path)
      }
      (prefix, name) = (Array(path[..<cut]), Array(path[(cut + 1)...]))
    }
    var header = [UInt8](repeating: 0, count: 512)
    func put(_ text: [UInt8], at position: Int) {
      header.replaceSubrange(position..<position + text.count, with: text)
    }
    func octal(_ value: Int, digits: Int) -> [UInt8] {
      let text = String(value, radix: 8)
      return Array((String(repeating: "0", count: max(0, digits - text.count)) + text).utf8)
    }
    guard file.bytes.count < 1 << 33 else { throw .tooLarge(1 << 33) }
    put(name, at: 0)
    put(octal(file.isExecutable ? 0o755 : 0o644, digits: 7), at: 100)
    put(octal(0, digits: 7), at: 108)
    put(octal(0, digits: 7), at: 116)
    put(octal(file.bytes.count, digits: 11), at: 124)
    put(octal(0, digits: 11), at: 136)
    put(Array(repeating: UInt8(ascii: " "), count: 8), at: 148)
    put([UInt8(ascii: "0")], at: 156)
    put(Array("ustar\0".utf8) + Array("00".utf8), at: 257)
    put(prefix, at: 345)
    put(octal(header.reduce(0) { $0 + Int($1) }, digits: 6) + [0], at: 148)
    return header
  }
}
