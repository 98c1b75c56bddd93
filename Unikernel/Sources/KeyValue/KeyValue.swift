import Interchange
import LibraryOS

/// A key-value service over HTTP, kept in memory. Below the prefix, a path without its first slash is a key, in the
/// normalized form that requests have: `PUT /orders/17` stores `orders/17`. A key ends in no slash and has at most 1024
/// bytes. `GET` of the prefix, or of a path that is no key but has keys below it, lists those keys as a JSON array.
/// Conditional requests work as RFC 9110, 13 has them, so that `If-None-Match: *` creates and `If-Match` replaces only
/// what the client has seen.
public final class KeyValue: Application {
  private struct Settings {
    var prefix: PathPrefix
    var capacityBytes: Int
  }

  /// The longest key.
  static let maximumKeyLength = 1024
  /// The longest content type.
  static let maximumTypeLength = 256

  /// `key-value`.
  public let name: ByteString = "key-value"

  private var prefix: PathPrefix?
  private var store = KeyValueStore(capacityBytes: 4 << 20)
  private var prepared: Settings?
  private var revision = 0
  private let tagPrefix: [UInt8]
  private var reads: UInt64 = 0
  private var writes: UInt64 = 0
  private var refused: UInt64 = 0

  /// An empty store. Entity tags have a random part, so that those of an earlier instance match nothing here.
  public init(random: any RandomSource) {
    var tag: [UInt8] = [0x22]
    for byte in random.bytes(8) {
      for digit in [byte >> 4, byte & 15] { tag.append(digit < 10 ? 0x30 + digit : 0x61 + digit - 10) }
    }
    tag.append(0x2D)
    self.tagPrefix = tag
  }

  // MARK: Module

  /// Checks `prefix` and `capacity-bytes`.
  public func prepare(_ parameters: [Parameter]) throws(ParameterFault) {
    var prefix = self.prefix ?? PathPrefix("/")
    var capacity = store.capacityBytes
    for parameter in parameters {
      switch parameter.name {
      case "prefix":
        prefix = parameter.value.textValue.flatMap { PathPrefix($0) }
      case "capacity-bytes":
        guard let value = parameter.value.integerValue, value >= 0, value <= 1 << 30 else {
          throw ParameterFault("key-value.capacity-bytes", expected: "a number of bytes from 0 to 1073741824")
        }
        capacity = Int(value)
      default: throw ParameterFault("key-value." + parameter.name, expected: "a parameter of key-value")
      }
    }
    guard let prefix else { throw ParameterFault("key-value.prefix", expected: "a path such as / or /orders") }
    prepared = Settings(prefix: prefix, capacityBytes: capacity)
  }

  /// Serves with what was prepared. A module without parameters of its own serves with the defaults.
  public func commit() {
    if let prepared {
      prefix = prepared.prefix
      store.capacityBytes = prepared.capacityBytes
    }
    prepared = nil
    prefix = prefix ?? PathPrefix("/")
  }

  /// Forgets what was prepared.
  public func rollback() {
    prepared = nil
  }

  /// Reads, writes, and writes refused for lack of room.
  public var counters: [Counter] {
    [
      Counter("key-value.reads", reads), Counter("key-value.writes", writes),
      Counter("key-value.refused", refused),
    ]
  }

  // MARK: Application

  /// Claims what is below the prefix.
  public func claim(_ path: ByteString) -> Int? {
    prefix?.claim(path)
  }

  /// Reads, lists, stores or removes.
  public func respond(to exchange: Exchange) {
    exchange.finish(response(to: exchange.request))
  }

  private func response(to request: HTTPRequest) -> HTTPResponse {
    guard let prefix else { return .text(404, "not found") }
    let key = ByteString(prefix.remainder(of: request.path).dropFirst())
    let isCollection = key.isEmpty || key.bytes.last == 0x2F
    guard key.count <= KeyValue.maximumKeyLength else { return .text(414, "key too long: at most 1024 bytes") }
    switch request.method {
    case "GET", "HEAD": return read(key, isCollection: isCollection, request)
    case "PUT" where !isCollection: return put(key, request)
    case "DELETE" where !isCollection: return delete(key, request)
    default:
      let allowed: ByteString = isCollection ? "GET, HEAD" : "GET, HEAD, PUT, DELETE"
      return .text(405, "method not allowed", headers: [HTTPField("allow", allowed)])
    }
  }

  private func read(_ key: ByteString, isCollection: Bool, _ request: HTTPRequest) -> HTTPResponse {
    reads &+= 1
    guard !isCollection, let entry = store[key] else {
      let below = key.isEmpty || isCollection ? key : key + "/"
      let entries = store.entries(startingWith: below)
      guard !entries.isEmpty || key.isEmpty else { return .text(404, "not found") }
      return HTTPResponse(
        status: 200, headers: [HTTPField("content-type", "application/json")], body: KeyValue.list(entries))
    }
    switch request.precondition(entityTag: entry.entityTag) {
    case .proceed: break
    case .notModified: return HTTPResponse(status: 304, headers: [HTTPField("etag", entry.entityTag)])
    case .failed: return .text(412, "precondition failed")
    }
    return HTTPResponse(
      status: 200, headers: [HTTPField("content-type", entry.contentType), HTTPField("etag", entry.entityTag)],
      body: entry.body)
  }

  private func put(_ key: ByteString, _ request: HTTPRequest) -> HTTPResponse {
    // RFC 9110, 14.5: a part must not be stored as the whole.
    guard request.header("content-range") == nil else { return .text(400, "partial content cannot be stored") }
    let type = request.header("content-type") ?? "application/octet-stream"
    guard type.count <= KeyValue.maximumTypeLength else { return .text(400, "content type too long") }
    let existing = store[key]
    guard request.precondition(entityTag: existing?.entityTag) == .proceed else {
      return .text(412, "precondition failed")
    }
    revision &+= 1
    let tag = ByteString(tagPrefix + ByteString(decimal: revision).bytes + [0x22])
    guard store.put(KeyValueStore.Entry(key: key, contentType: type, entityTag: tag, body: request.body)) else {
      refused &+= 1
      return .text(507, "no room: the store's capacity is reached")
    }
    writes &+= 1
    guard existing == nil else { return HTTPResponse(status: 204, headers: [HTTPField("etag", tag)]) }
    return HTTPResponse(status: 201, headers: [HTTPField("location", request.path), HTTPField("etag", tag)])
  }

  private func delete(_ key: ByteString, _ request: HTTPRequest) -> HTTPResponse {
    guard let existing = store[key] else { return .text(404, "not found") }
    guard request.precondition(entityTag: existing.entityTag) == .proceed else {
      return .text(412, "precondition failed")
    }
    writes &+= 1
    _ = store.remove(key)
    return HTTPResponse(status: 204)
  }

  /// Keys as a JSON array (RFC 8259). They are printable ASCII, as request paths are.
  private static func list(_ entries: ArraySlice<KeyValueStore.Entry>) -> [UInt8] {
    var output: [UInt8] = [0x5B]
    output.reserveCapacity(entries.count * 16)
    var isFirst = true
    for entry in entries {
      if !isFirst { output.append(0x2C) }
      isFirst = false
      output.append(0x22)
      for byte in entry.key.bytes {
        if byte == 0x22 || byte == 0x5C { output.append(0x5C) }
        output.append(byte)
      }
      output.append(0x22)
    }
    output.append(0x5D)
    output.append(0x0A)
    return output
  }
}
