/// The content of a message while it arrives. Large pieces are kept as they came and put together once, at the end; an array
/// that grows would be copied again and again. Small pieces are collected, so that none costs more than it holds.
struct ContentBuffer: Sendable {
  // From here on a piece is worth keeping by itself.
  private static let largePiece = 4096

  /// The bytes held.
  private(set) var count = 0
  private var pieces: [ArraySlice<UInt8>] = []
  private var collected: [UInt8] = []

  var isEmpty: Bool { count == 0 }

  /// Adds a piece.
  mutating func append(_ piece: ArraySlice<UInt8>) {
    guard !piece.isEmpty else { return }
    count += piece.count
    if piece.count < ContentBuffer.largePiece {
      collected.append(contentsOf: piece)
      return
    }
    if !collected.isEmpty {
      pieces.append(collected[...])
      collected = []
    }
    pieces.append(piece)
  }

  /// All of it, in one array; nothing is held afterwards.
  mutating func take() -> [UInt8] {
    defer { self = ContentBuffer() }
    guard !pieces.isEmpty else { return collected }
    if !collected.isEmpty { pieces.append(collected[...]) }
    return [UInt8](unsafeUninitializedCapacity: count) { target, initialized in
      guard let start = target.baseAddress else { return }
      for piece in pieces {
        piece.withUnsafeBytes { bytes in
          guard let source = bytes.baseAddress, initialized + bytes.count <= target.count else { return }
          UnsafeMutableRawPointer(start + initialized).copyMemory(from: source, byteCount: bytes.count)
          initialized += bytes.count
        }
      }
    }
  }
}
