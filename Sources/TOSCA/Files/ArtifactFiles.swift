import Crypto

/// The files of artifacts: where they may lie, and whether they are what their checksums say.
final class ArtifactFiles {
  private let roots: [String]
  private let limits: Limits
  private let findings: FindingCollector
  private var compared = 0
  private var known: [Key: String] = [:]

  private struct Key: Hashable {
    var path: String
    var algorithm: Algorithm
  }

  /// Artifacts below some folders, given as real paths.
  init(roots: [String], limits: Limits, findings: FindingCollector) {
    self.roots = roots
    self.limits = limits
    self.findings = findings
  }

  /// Whether a real path lies where artifacts may come from.
  func contain(_ real: String) -> Bool { roots.contains { PathText.relative(real, to: $0) != nil } }

  /// The algorithms of checksums. The standards name none but for examples (TOSCA 2.0, 12.1; 1.3, 3.6.7).
  private enum Algorithm: String, CaseIterable {
    case md5 = "MD5"
    case sha1 = "SHA-1"
    case sha256 = "SHA-256"
    case sha384 = "SHA-384"
    case sha512 = "SHA-512"

    /// The algorithm of a name, however it is written: `SHA256`, `sha-256`, `SHA` for SHA-1.
    init?(name: String) {
      let plain = Self.plain(name)
      guard
        let known = Self.allCases.first(where: { Self.plain($0.rawValue) == plain || $0 == .sha1 && plain == "sha" })
      else { return nil }
      self = known
    }

    /// The algorithm whose checksums have so many digits.
    init?(digits: Int) {
      guard let known = Self.allCases.first(where: { $0.digits == digits }) else { return nil }
      self = known
    }

    private static func plain(_ name: String) -> String { name.lowercased().filter { $0.isLetter || $0.isNumber } }

    /// The hexadecimal digits of a checksum.
    var digits: Int {
      switch self {
      case .md5: 32
      case .sha1: 40
      case .sha256: 64
      case .sha384: 96
      case .sha512: 128
      }
    }

    /// The checksum of a file, in lower case.
    func checksum(of path: String) throws(FileFault) -> String {
      switch self {
      case .md5: try Self.run(Insecure.MD5(), path)
      case .sha1: try Self.run(Insecure.SHA1(), path)
      case .sha256: try Self.run(SHA256(), path)
      case .sha384: try Self.run(SHA384(), path)
      case .sha512: try Self.run(SHA512(), path)
      }
    }

    private static func run(_ function: some HashFunction, _ path: String) throws(FileFault) -> String {
      var function = function
      try FileAccess.readPieces(of: path) { function.update(bufferPointer: $0) }
      let digits = Array("0123456789abcdef".utf8)
      var text: [UInt8] = []
      for byte in function.finalize() { text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
      return String(decoding: text, as: UTF8.self)
    }
  }

  /// Compares the file of an artifact with the checksum that is written for it.
  func checkChecksum(of artifact: ArtifactDefinition, at path: String) {
    guard let written = artifact.checksum else { return }
    guard FileAccess.kind(of: path) == .file else {
      return reportUnverified(written.place, "a folder has no checksum", "a file, or no `checksum`")
    }
    let algorithm: Algorithm
    if let name = artifact.checksumAlgorithm {
      guard let known = Algorithm(name: name.text) else {
        let names = Algorithm.allCases.map(\.rawValue)
        return findings.report(
          "unknown-checksum-algorithm", .warning, at: name.place,
          "the checksum is not compared: unknown algorithm `\(name.text.excerpt)`",
          expected: names.map { "`\($0)`" }.joined(separator: ", "), suggestion: nearest(name.text, among: names))
      }
      algorithm = known
    } else {
      guard let fitting = Algorithm(digits: written.text.utf8.count) else {
        return reportUnverified(
          written.place, "a checksum of \(written.text.utf8.count) digits is of no known algorithm",
          "`checksum_algorithm`")
      }
      algorithm = fitting
    }
    guard written.text.utf8.count == algorithm.digits, written.text.allSatisfy(\.isHexDigit) else {
      return findings.report(
        "wrong-checksum", at: written.place, "`\(written.text.excerpt)` is no checksum of \(algorithm.rawValue)",
        expected: "\(algorithm.digits) hexadecimal digits")
    }
    compare(written, algorithm, path)
  }

  private func compare(_ written: Name, _ algorithm: Algorithm, _ path: String) {
    let key = Key(path: path, algorithm: algorithm)
    let actual: String
    if let found = known[key] {
      actual = found
    } else {
      compared += FileAccess.size(of: path)
      guard compared <= limits.checksumBytes else {
        return reportUnverified(
          written.place, "artifacts with checksums have more than \(limits.checksumBytes) bytes together",
          "at most \(limits.checksumBytes) bytes")
      }
      do throws(FileFault) {
        actual = try algorithm.checksum(of: path)
      } catch {
        return findings.report(
          "unreadable-file", at: written.place, error.description(limit: limits.checksumBytes), expected: "a file")
      }
      known[key] = actual
    }
    guard actual != written.text.lowercased() else { return }
    findings.report(
      "wrong-checksum", at: written.place,
      "the file `\(path.split(separator: "/").last.map(String.init)?.excerpt ?? path)` has another \(algorithm.rawValue) checksum",
      expected: "`\(actual)`")
  }

  private func reportUnverified(_ place: Place, _ reason: String, _ expected: String) {
    findings.report(
      "unverified-checksum", .warning, at: place, "the checksum is not compared: \(reason)", expected: expected)
  }
}
