import Crypto
public import Foundation
import Glibc
import Synchronization

/// The keys that image papers are signed with: one that signs, those that signed before and are still trusted, and those
/// that are revoked. In a folder:
///
///     image.pem         the private key that signs
///     image.keys.json   the public keys that signed before
///
/// Everything is read when it is asked for, so that a control plane that runs obeys a rotation at once. Of a key that no
/// longer signs only the public half is kept.
public struct KeyRing: Sendable {
  private enum Storage: Sendable {
    case memory(SigningKey)
    case folder(String, name: String)
  }

  private let storage: Storage
  private let trust = TrustCache()

  /// A ring of one key that is kept nowhere.
  public init(_ key: SigningKey) { storage = .memory(key) }

  /// The ring `name` of a folder. Its first key is made when it is asked for.
  public init(folder: String, name: String) { storage = .folder(folder, name: name) }

  /// A key of the ring.
  public struct Entry: Hashable, Sendable, Codable {
    /// What a key is good for.
    public enum State: String, Hashable, Sendable, Codable {
      /// It signs.
      case current
      /// It signed before; what it signed is trusted.
      case retired
      /// Nothing it signed is trusted.
      case revoked
    }

    /// The digest that names the public key in papers.
    public var identifier: String
    /// The public key: an uncompressed point of 65 bytes, in hexadecimal digits.
    public var publicKey: String
    /// What it is good for.
    public var state: State
    /// Since when (RFC 3339); `nil` for the key that signs.
    public var since: String?
  }

  /// No more keys than this are kept in a ring. At the bound the oldest revoked ones have to be removed by hand.
  public static let maximumKeys = 1024

  /// The key that signs.
  public func current() throws(ImageFault) -> SigningKey {
    switch storage {
    case .memory(let key): key
    case .folder(let folder, let name): try SigningKey(folder: folder, name: name)
    }
  }

  /// All keys: the one that signs, then the others, the latest first.
  public func entries() throws(ImageFault) -> [Entry] {
    let key = try current()
    let signing = Entry(
      identifier: key.identifier, publicKey: Digest.digits(key.publicKey), state: .current, since: nil)
    return [signing] + (try former()).filter { $0.identifier != key.identifier }
  }

  /// What a signature by the key of that identifier is worth, and the public key; nil for a stranger's.
  func standing(of identifier: String) throws(ImageFault) -> (state: Entry.State, publicKey: [UInt8])? {
    guard let entry = try entries().first(where: { $0.identifier == identifier }),
      let publicKey = Digest.bytes(ofDigits: entry.publicKey), Digest(of: publicKey).description == identifier
    else { return nil }
    return (entry.state, publicKey)
  }

  /// Whether what the key of that identifier signed may be started, as far as the key goes. Where that cannot be found out,
  /// nothing may.
  public func trusts(_ identifier: String) -> Bool {
    let stamp = stamp
    if let known = trust.keys(stamp) { return known.contains(identifier) }
    guard let entries = try? entries() else { return false }
    let trusted = Set(entries.filter { $0.state != .revoked }.map(\.identifier))
    trust.keep(trusted, stamp)
    return trusted.contains(identifier)
  }

  /// What tells that a key was made, retired or revoked, whoever did that.
  public struct Stamp: Hashable, Sendable {
    fileprivate var files: [FileStamp?]
  }

  /// The stamp at present.
  public var stamp: Stamp {
    switch storage {
    case .memory: Stamp(files: [])
    case .folder(let folder, let name):
      Stamp(files: [FileStamp("\(folder)/\(name).pem"), FileStamp(path(folder, name))])
    }
  }

  /// Makes a new key, which signs from now on. What the old one signed stays trusted.
  public func rotate(now: Date = Date()) throws(ImageFault) -> (old: Entry, new: Entry) {
    try withLock { folder, name throws(ImageFault) in try rotate(folder, name, to: .retired, now: now) }
  }

  /// Trusts a key no more; where it is the one that signs, a new one takes its place.
  ///
  /// - Parameter prefix: the identifier, or its beginning, with or without `sha256:`.
  public func revoke(_ prefix: String, now: Date = Date()) throws(ImageFault) -> Entry {
    try withLock { folder, name throws(ImageFault) in
      let digits = prefix.hasPrefix("sha256:") ? prefix : "sha256:" + prefix
      let matches = try entries().filter { $0.identifier.hasPrefix(digits) }
      guard matches.count == 1, let entry = matches.first else {
        let found = matches.isEmpty ? "no key `\(prefix)`" : "`\(prefix)` is the beginning of \(matches.count) keys"
        throw .storage(path: folder, message: "\(found), expected one of those that `testudo key list` shows")
      }
      switch entry.state {
      case .revoked: return entry
      case .current: return try rotate(folder, name, to: .revoked, now: now).old
      case .retired:
        var former = try former()
        for index in former.indices where former[index].identifier == entry.identifier {
          former[index].state = .revoked
          former[index].since = now.formatted(.iso8601)
        }
        try write(former, folder, name)
        return former.first { $0.identifier == entry.identifier } ?? entry
      }
    }
  }

  /// The old key is written down first: whatever is interrupted, no key that signed is forgotten.
  private func rotate(
    _ folder: String, _ name: String, to state: Entry.State, now: Date
  ) throws(ImageFault) -> (old: Entry, new: Entry) {
    let key = try SigningKey(folder: folder, name: name)
    let old = Entry(
      identifier: key.identifier, publicKey: Digest.digits(key.publicKey), state: state,
      since: now.formatted(.iso8601))
    let former = try former().filter { $0.identifier != old.identifier }
    guard former.count < Self.maximumKeys else {
      throw .storage(path: path(folder, name), message: "\(former.count) keys, expected fewer than \(Self.maximumKeys)")
    }
    try write([old] + former, folder, name)
    let new = try SigningKey(replacing: name, in: folder)
    return (
      old, Entry(identifier: new.identifier, publicKey: Digest.digits(new.publicKey), state: .current, since: nil)
    )
  }

  private func path(_ folder: String, _ name: String) -> String { "\(folder)/\(name).keys.json" }

  private func former() throws(ImageFault) -> [Entry] {
    guard case .folder(let folder, let name) = storage else { return [] }
    let path = path(folder, name)
    guard FileManager.default.fileExists(atPath: path) else { return [] }
    let bytes = try ImageStore.read(path, limit: 1 << 20)
    do {
      return try JSONDecoder().decode([Entry].self, from: Data(bytes))
    } catch {
      // Without it nobody knows what is revoked: nothing is trusted until somebody has looked.
      throw .storage(path: path, message: "this cannot be read, expected a list of public keys in JSON")
    }
  }

  private func write(_ entries: [Entry], _ folder: String, _ name: String) throws(ImageFault) {
    let path = path(folder, name)
    try ImageStore.replace(path, with: try CanonicalJSON.encode(entries), by: "\(path).\(getpid())")
  }

  private func withLock<Result>(
    _ work: (_ folder: String, _ name: String) throws(ImageFault) -> Result
  ) throws(ImageFault) -> Result {
    guard case .folder(let folder, let name) = storage else {
      throw .unfit(message: "its key is kept nowhere and cannot be changed")
    }
    try ImageStore.makeFolder(folder)
    let path = "\(folder)/\(name).lock"
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw ImageStore.fault(path, "this file cannot be opened") }
    defer { close(descriptor) }
    while flock(descriptor, LOCK_EX) != 0 {
      guard errno == EINTR else { throw ImageStore.fault(path, "this file cannot be locked") }
    }
    return try work(folder, name)
  }
}

/// Which keys of a ring are trusted, for as long as its files are the same.
private final class TrustCache: Sendable {
  private let known = Mutex<(stamp: KeyRing.Stamp, keys: Set<String>)?>(nil)

  func keys(_ stamp: KeyRing.Stamp) -> Set<String>? {
    known.withLock { $0?.stamp == stamp ? $0?.keys : nil }
  }

  func keep(_ keys: Set<String>, _ stamp: KeyRing.Stamp) {
    known.withLock { $0 = (stamp, keys) }
  }
}
