public import TOSCA

/// Why an image could not be made, found, or trusted.
public enum ImageFault: Error, Hashable, Sendable, CustomStringConvertible {
  /// The library that images are linked from lacks something.
  case library(path: String, message: String, expected: String)
  /// The build configuration is not one for these modules; everything that is wrong with it.
  case configuration(problems: [String])
  /// A file of the user's cannot be made part of an image.
  case source(path: String, message: String, expected: String)
  /// A handler cannot be compiled: what is wrong with it, and the texts of its files by their names in findings.
  case handler(findings: [Finding], sources: [String: String])
  /// The compiler did not do its work.
  case compiling(message: String)
  /// The linker refused; what it said.
  case linking(message: String)
  /// What the linker made is not a fit image.
  case unfit(message: String)
  /// The image has more bytes than its resource may have.
  case tooManyBytes(bytes: Int, allowed: Int)
  /// The image may use more system calls than its resource may.
  case tooManySystemCalls(systemCalls: [String], allowed: Int)
  /// A file of the store, or a key, cannot be read or written.
  case storage(path: String, message: String)
  /// The store has no image of that digest.
  case notFound(digest: String)
  /// An image or its papers are not what was signed.
  case altered(digest: String, message: String)
  /// The papers are not signed by a key that is trusted.
  case untrusted(digest: String)
  /// The papers are signed by a key that was revoked.
  case revoked(digest: String, key: String)

  /// What is wrong and what was expected: lower case, no final period.
  public var description: String {
    switch self {
    case .library(let path, let message, let expected), .source(let path, let message, let expected):
      "\(path): \(message), expected \(expected)"
    case .configuration(let problems): "the build configuration does not fit: " + problems.joined(separator: "; ")
    case .handler(let findings, _):
      findings.map { "\($0.place.file):\($0.place.line):\($0.place.column): \($0.message)" }.joined(separator: "; ")
    case .compiling(let message): "the handler cannot be compiled: \(message)"
    case .linking(let message): "the image cannot be linked: \(message)"
    case .unfit(let message): "the linked image is not fit to run: \(message)"
    case .tooManyBytes(let bytes, let allowed): "the image has \(bytes) bytes, expected at most \(allowed)"
    case .tooManySystemCalls(let systemCalls, let allowed):
      "the image uses \(systemCalls.count) system calls (\(systemCalls.joined(separator: ", "))), "
        + "expected at most \(allowed)"
    case .storage(let path, let message): "\(path): \(message)"
    case .notFound(let digest): "no image `\(digest)` in the store"
    case .altered(let digest, let message): "image `\(digest)` was altered: \(message)"
    case .untrusted(let digest): "image `\(digest)` is not signed by a trusted key"
    case .revoked(let digest, let key): "image `\(digest)` is signed by the key `\(key)`, which was revoked"
    }
  }
}
