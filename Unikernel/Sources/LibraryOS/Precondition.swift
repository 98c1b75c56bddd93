import Interchange

/// What the conditional fields of a request say of the representation that is there (RFC 9110, 13.2.2).
public enum Precondition: Equatable, Sendable {
  /// Carry out the method.
  case proceed
  /// The client has this representation already: 304.
  case notModified
  /// The client expected another state: 412.
  case failed
}

extension HTTPRequest {
  /// Evaluates `If-Match` and `If-None-Match` against the entity tag of the representation that is there, or `nil` if
  /// there is none. Conditions on times are not evaluated: our representations have no modification time.
  public func precondition(entityTag: ByteString?) -> Precondition {
    // Most requests have none.
    var isConditional = false
    for field in headers where field.name.starts(with: "if-") { isConditional = true }
    guard isConditional else { return .proceed }
    if !values(of: "if-match").isEmpty, !listsTag("if-match", entityTag, weakly: false) {
      return .failed
    }
    guard !values(of: "if-none-match").isEmpty, listsTag("if-none-match", entityTag, weakly: true) else {
      return .proceed
    }
    return method.equals("GET") || method.equals("HEAD") ? .notModified : .failed
  }

  private func values(of name: ByteString) -> [ByteString] {
    headers.filter { $0.name == name }.map { $0.value }
  }

  /// Whether a list of entity tags, or `*`, covers `tag` (RFC 9110, 8.8.3.2).
  private func listsTag(_ name: ByteString, _ tag: ByteString?, weakly: Bool) -> Bool {
    guard let tag else { return false }
    for value in values(of: name) {
      if value == "*" { return true }
      var position = 0
      let bytes = value.bytes
      while position < bytes.count {
        let isWeak = position + 1 < bytes.count && bytes[position] == 0x57 && bytes[position + 1] == 0x2F
        let start = isWeak ? position + 2 : position
        guard start < bytes.count, bytes[start] == 0x22,
          let end = bytes[(start + 1)...].firstIndex(of: 0x22)
        else {
          position += 1
          continue
        }
        if weakly || !isWeak, ByteString(bytes[start...end]) == tag { return true }
        position = end + 1
      }
    }
    return false
  }
}
