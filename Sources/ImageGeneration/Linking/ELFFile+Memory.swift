extension ELFFile {
  /// A loaded segment as it stands in memory, filled up to whole pages.
  public struct MemorySegment: Hashable, Sendable {
    /// Where its first page begins.
    public var address: UInt64
    /// Whether it can be executed.
    public var isExecutable: Bool
    /// What is there.
    public var bytes: [UInt8]
  }

  /// The segments that nothing may write to while the image runs. Nothing where the file does not hold what it says, or a
  /// segment is larger than `limit`.
  public func unchangingSegments(pageBytes: UInt64 = 4096, limit: UInt64 = 256 << 20) -> [MemorySegment] {
    var found: [MemorySegment] = []
    for segment in segments where segment.isLoaded && !segment.isWritable && segment.memoryBytes > 0 {
      let head = segment.address % pageBytes
      guard segment.memoryBytes <= limit, segment.fileBytes <= segment.memoryBytes,
        let content = contents(at: segment.offset, count: segment.fileBytes)
      else { return [] }
      let pages = (head + segment.memoryBytes + pageBytes - 1) / pageBytes
      var bytes = [UInt8](repeating: 0, count: Int(pages * pageBytes))
      bytes.replaceSubrange(Int(head)..<(Int(head) + content.count), with: content)
      found.append(
        MemorySegment(address: segment.address - head, isExecutable: segment.isExecutable, bytes: bytes))
    }
    return found
  }
}

extension ImageStore {
  /// What must be in the memory of a running image: its segments that nothing may write to, from a file that has the image's
  /// digest.
  public func unchangingSegments(of digest: String) throws(ImageFault) -> [ELFFile.MemorySegment] {
    let file = try ImageStore.read(try path(of: digest), limit: ImageStore.maximumImageBytes)
    guard Digest(of: file).description == digest else {
      throw .altered(digest: digest, message: "its file has another digest")
    }
    guard let segments = try? ELFFile(file).unchangingSegments(), segments.contains(where: \.isExecutable) else {
      throw .altered(digest: digest, message: "its file has no code that could be compared with")
    }
    return segments
  }
}
