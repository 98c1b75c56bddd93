/// A file, folder or link of an archive as its format describes it. Nothing of it has been checked yet.
struct ArchiveEntry: Hashable, Sendable {
  /// What an entry is.
  enum Kind: Hashable, Sendable {
    /// A regular file.
    case file
    /// A folder.
    case folder
    /// A symbolic link to a path seen from its own folder; nil where the content says it.
    case symbolicLink(String?)
    /// Another name of an entry, by its path in the archive.
    case hardLink(String)
    /// A device, a pipe: what it is, with its article.
    case special(String)
  }

  /// The name as written.
  var name: String
  /// What it is.
  var kind: Kind
  /// Whether it may be run.
  var isExecutable = false
  /// Where its content stands in the archive's bytes.
  var content: Range<Int>
  /// Whether the content is deflated.
  var isDeflated = false
  /// The bytes of the content, unpacked.
  var size: Int
  /// The CRC-32 of the content, where the format has one.
  var checksum: UInt32?
}

/// The formats of archives (TOSCA 2.0, 17.1.1; Simple Profile 1.3, 6.1).
public enum ArchiveFormat: String, Hashable, Sendable, CaseIterable {
  /// Zip: entries stored or deflated.
  case zip
  /// A tarball.
  case tar
  /// A tarball, gzipped.
  case tgz

  /// The format of bytes by how they begin; nil where they are no archive that is read here.
  init?(_ bytes: some Collection<UInt8>) {
    if bytes.starts(with: [0x50, 0x4B, 3, 4]) || bytes.starts(with: [0x50, 0x4B, 5, 6]) {
      self = .zip
    } else if bytes.starts(with: [0x1F, 0x8B]) {
      self = .tgz
    } else if bytes.dropFirst(257).starts(with: Array("ustar".utf8)) {
      self = .tar
    } else {
      return nil
    }
  }

  /// What bytes are that are an archive of another kind.
  static func foreignFormat(_ bytes: some Collection<UInt8>) -> String? {
    let known: [([UInt8], String)] = [
      ([0xFD, 0x37, 0x7A, 0x58, 0x5A], "xz"), ([0x28, 0xB5, 0x2F, 0xFD], "Zstandard"),
      ([0x37, 0x7A, 0xBC, 0xAF], "7-Zip"), ([0x52, 0x61, 0x72, 0x21], "RAR"),
      ([0x50, 0x4B, 7, 8], "split zip"),
    ]
    // The digit after `BZh` is the block's size; what follows sets it apart from text.
    if bytes.starts(with: [0x42, 0x5A, 0x68]), bytes.dropFirst(4).starts(with: [0x31, 0x41, 0x59]) { return "bzip2" }
    return known.first { bytes.starts(with: $0.0) }?.1
  }

  /// Whether a path ends as the names of archives do.
  static func isArchiveName(_ path: String) -> Bool {
    let path = path.lowercased()
    return [".csar", ".zip", ".tar", ".tar.gz", ".tgz"].contains { path.hasSuffix($0) }
  }
}

/// An archive that has been taken apart, but neither checked nor unpacked.
struct Archive {
  /// Its format.
  var format: ArchiveFormat
  /// The bytes that the entries' contents stand in: of a gzipped tarball, the tarball's.
  var bytes: [UInt8]
  /// The entries in the archive's order.
  var entries: [ArchiveEntry]

  /// Takes an archive apart. What is wrong with single entries is added to `problems`; these entries are left out.
  static func open(
    _ bytes: [UInt8], limits: Limits, problems: inout [ArchiveProblem]
  ) throws(ArchiveProblem) -> Archive {
    guard let format = ArchiveFormat(bytes) else {
      if let foreign = ArchiveFormat.foreignFormat(bytes) { throw .unsupported("this is a \(foreign) archive") }
      throw .damaged(bytes.isEmpty ? "the file is empty" : "this is neither a zip nor a tar archive")
    }
    var archive = Archive(format: format, bytes: bytes, entries: [])
    switch format {
    case .zip:
      archive.entries = try ZipReader.entries(of: bytes, limits: limits, problems: &problems)
    case .tar:
      archive.entries = try TarReader.entries(of: bytes, limits: limits, problems: &problems)
    case .tgz:
      archive.bytes = try Deflate.gunzip(
        bytes, limit: limits.unpackedBytes, most: Self.most(from: bytes.count, limits: limits))
      archive.entries = try TarReader.entries(of: archive.bytes, limits: limits, problems: &problems)
    }
    var total = 0
    for entry in archive.entries {
      let (sum, overflow) = total.addingReportingOverflow(entry.size)
      guard !overflow, sum <= limits.unpackedBytes else { throw .tooLarge(limits.unpackedBytes) }
      total = sum
    }
    guard total <= Self.most(from: bytes.count, limits: limits) else {
      throw .bomb("\(bytes.count) bytes unpack to \(total)")
    }
    return archive
  }

  /// The bytes that an archive of a size may unpack to before it counts as a bomb. Small ones may be dense.
  private static func most(from size: Int, limits: Limits) -> Int {
    let (product, overflow) = size.multipliedReportingOverflow(by: limits.compressionRatio)
    return overflow ? .max : max(product, 1 << 20)
  }

  /// The unpacked content of an entry, checked against its checksum.
  func content(of entry: ArchiveEntry) throws(ArchiveProblem) -> [UInt8] {
    let raw = bytes[entry.content]
    let content: [UInt8]
    if entry.isDeflated {
      do throws(Deflate.Fault) {
        content = try Deflate.inflate(raw, size: entry.size)
      } catch {
        throw error == .tooMuch
          ? .bomb("the entry unpacks to more than the \(entry.size) bytes that it says", entry: entry.name)
          : .damaged("the entry's compressed data is damaged", entry: entry.name)
      }
    } else {
      content = Array(raw)
    }
    guard content.count == entry.size else {
      throw .damaged("the entry has \(content.count) bytes, not the \(entry.size) that it says", entry: entry.name)
    }
    if let checksum = entry.checksum, Deflate.checksum(content) != checksum {
      throw .damaged("the entry's CRC-32 is not that of its content", entry: entry.name)
    }
    return content
  }
}
