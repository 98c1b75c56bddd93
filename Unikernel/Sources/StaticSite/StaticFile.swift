import Interchange
import LibraryOS

/// A representation of a file (RFC 9110, 3.2): its bytes as they are or as a coding has them, with the fields of its
/// responses made in advance.
struct Representation {
  /// The entity tag in quotes. Each representation has its own (RFC 9110, 8.8.3.3).
  let entityTag: ByteString
  let headers: [HTTPField]
  /// What a `304` repeats of them (RFC 9110, 15.4.5).
  let unmodifiedHeaders: [HTTPField]
  let body: [UInt8]

  fileprivate init(type: ByteString, entityTag: ByteString, coding: ContentCoding?, isChosen: Bool, body: [UInt8]) {
    self.entityTag = entityTag
    self.body = body
    var fields = [HTTPField("etag", entityTag)]
    // Caches must not give what was chosen for one client to another (RFC 9110, 12.5.5).
    if isChosen { fields.append(HTTPField("vary", "accept-encoding")) }
    unmodifiedHeaders = fields
    fields.append(HTTPField("content-type", type))
    fields.append(HTTPField("accept-ranges", "bytes"))
    if let coding { fields.append(HTTPField("content-encoding", coding.name)) }
    headers = fields
  }
}

/// One file of a site.
struct StaticFile {
  /// The path below the prefix, as the parameter has it: bytes, not percent-encoded.
  let path: ByteString
  /// The file as it is.
  private(set) var plain: Representation
  /// The file as it lies compressed beside itself.
  private var encoded: [(coding: ContentCoding, representation: Representation)] = []
  private let type: ByteString
  /// The entity tag without quotes.
  private let tag: [UInt8]

  /// Reads an item of the parameter `files`.
  init(_ value: ParameterValue) throws(ParameterFault) {
    let parameter: ByteString = "static-site.files"
    guard let path = value["path"]?.textValue, path.bytes.first == 0x2F, path.count <= 4096,
      !path.bytes.contains(0), StaticFile.hasPlainSegments(path)
    else {
      throw ParameterFault(parameter, expected: "path: a text such as /index.html, without empty or dot segments")
    }
    guard let type = value["type"]?.textValue, !type.isEmpty, type.bytes.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) else {
      throw ParameterFault(parameter, expected: "type: a media type such as text/html")
    }
    guard let tag = value["etag"]?.textValue, let entityTag = StaticFile.quoted(tag) else {
      throw ParameterFault(parameter, expected: "etag: a text in printable ASCII without spaces")
    }
    guard let body = value["body"]?.bytesValue else {
      throw ParameterFault(parameter, expected: "body: bytes")
    }
    self.path = path
    self.type = type
    self.tag = Array(entityTag.bytes.dropFirst().dropLast())
    plain = Representation(type: type, entityTag: entityTag, coding: nil, isChosen: false, body: body)
  }

  /// Takes up the files beside this one that are it, compressed: `site.css.br` and `site.css.gz` beside `site.css`.
  mutating func findEncoded(among files: [ByteString: StaticFile]) {
    for coding in ContentCoding.allCases {
      guard let file = files[path + coding.suffix] else { continue }
      let tag = ByteString([0x22] + file.tag + [0x2D]) + coding.name + "\""
      encoded.append(
        (coding, Representation(type: type, entityTag: tag, coding: coding, isChosen: true, body: file.plain.body)))
    }
    guard !encoded.isEmpty else { return }
    plain = Representation(type: type, entityTag: plain.entityTag, coding: nil, isChosen: true, body: plain.body)
  }

  /// The representation that a client gets (RFC 9110, 12.1): what it wants most, and of what it wants equally the
  /// smallest. A client that says nothing, or accepts nothing of what there is, gets the file as it is.
  func representation(for headers: [HTTPField]) -> Representation {
    guard !encoded.isEmpty, let accepted = AcceptedCodings(headers) else { return plain }
    var best = plain
    var weight = accepted.identityWeight
    for (coding, representation) in encoded {
      let wanted = accepted.weight(of: coding)
      guard wanted > 0, wanted > weight || wanted == weight && representation.body.count < best.body.count else {
        continue
      }
      best = representation
      weight = wanted
    }
    return best
  }

  /// The tag as an `entity-tag` (RFC 9110, 8.8.3): in quotes, which may be there already.
  private static func quoted(_ tag: ByteString) -> ByteString? {
    var bytes = tag.bytes
    if bytes.count >= 2, bytes[0] == 0x22, bytes[bytes.count - 1] == 0x22 {
      bytes.removeFirst()
      bytes.removeLast()
    }
    guard !bytes.isEmpty, bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x22 }) else { return nil }
    return ByteString([0x22] + bytes + [0x22])
  }

  /// Whether a request path could name this file at all: normalization removes empty and dot segments.
  private static func hasPlainSegments(_ path: ByteString) -> Bool {
    let segments = path.bytes.dropFirst().split(separator: 0x2F, omittingEmptySubsequences: false)
    for segment in segments {
      if segment.isEmpty || segment.elementsEqual([0x2E]) || segment.elementsEqual([0x2E, 0x2E]) { return false }
    }
    return true
  }
}
