import Interchange
import LibraryOS

/// One file of a site, with the fields of its responses made in advance.
struct StaticFile {
  /// The path below the prefix, as the parameter has it: bytes, not percent-encoded.
  let path: ByteString
  /// The entity tag in quotes.
  let entityTag: ByteString
  let headers: [HTTPField]
  let body: [UInt8]

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
    self.entityTag = entityTag
    self.body = body
    self.headers = [
      HTTPField("content-type", type), HTTPField("etag", entityTag), HTTPField("accept-ranges", "bytes"),
    ]
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
