/// Texts that stand for files, because somebody is writing them: what an editor has not saved yet.
struct Overlay: Sendable {
  private var texts: [String: [UInt8]] = [:]

  /// The texts by absolute path.
  init(_ texts: [String: String] = [:]) {
    for (path, text) in texts { self.texts[FileAccess.realPath(path) ?? PathText.shorten(path)] = Array(text.utf8) }
  }

  /// The path without links; that of a text whose file does not exist yet is taken as it is.
  func realPath(_ path: String) -> String? {
    FileAccess.realPath(path) ?? (texts[PathText.shorten(path)] == nil ? nil : PathText.shorten(path))
  }

  /// Whether a path without links is that of a file or text.
  func isFile(_ realPath: String) -> Bool { texts[realPath] != nil || FileAccess.kind(of: realPath) == .file }

  /// The bytes of a file, or of the text that stands for it.
  func read(_ path: String, realPath: String, limit: Int) throws(FileFault) -> [UInt8] {
    guard let text = texts[realPath] else { return try FileAccess.read(path, limit: limit) }
    guard text.count <= limit else { throw .tooLarge }
    return text
  }
}
