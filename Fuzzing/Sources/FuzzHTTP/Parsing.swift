import HTTP
import Interchange
import LibraryOS

/// What a reader of messages made of some bytes.
struct Reading: Equatable {
  var messages: [String] = []
  var bodies: [[UInt8]] = []
  var fault: HTTPMessageFault?
}

/// Small limits, so that a short input reaches them.
let limits = HTTPLimits(startLineBytes: 512, headerBytes: 1024, fieldCount: 16, bodyBytes: 4096)

/// Reads requests out of bytes that arrive in pieces.
func requests(_ bytes: [UInt8], pieceSize: Int) -> Reading {
  var parser = HTTPRequestParser(limits: limits)
  var reading = Reading()
  for piece in pieces(bytes, pieceSize) {
    parser.append(piece)
    do throws(HTTPMessageFault) {
      reading: while true {
        switch try parser.next() {
        case .incomplete: break reading
        case .continueExpected: continue
        case .request(let request):
          check(request.request)
          let fields = request.request.headers.map { "\($0.name): \($0.value)" }
          reading.messages.append(
            "\(request.request.method) \(request.request.path) \(request.request.query) \(request.request.host) "
              + "\(request.minorVersion) \(request.isPersistent) \(fields)")
          reading.bodies.append(request.request.body)
        }
      }
    } catch {
      reading.fault = error
      return reading
    }
    precondition(parser.heldBytes <= 2 * bytes.count + 64, "more is held than arrived")
  }
  return reading
}

/// A path that was accepted is one that is decided and served as it stands: reading it once more changes nothing.
private func check(_ request: HTTPRequest) {
  precondition(request.path.bytes.first == 0x2F, "a path without a slash")
  precondition(request.path.bytes.allSatisfy { $0 > 0x20 && $0 < 0x7F }, "a path with a byte that no path has")
  precondition(request.body.count <= limits.bodyBytes && request.headers.count <= limits.fieldCount)
  for field in request.headers {
    precondition(field.value.bytes.allSatisfy { $0 != 0x0D && $0 != 0x0A && $0 != 0 }, "a field value with a line end")
    precondition(!field.name.bytes.isEmpty, "a field without a name")
  }
  var parser = HTTPRequestParser(limits: HTTPLimits())
  parser.append(Array("GET ".utf8) + request.path.bytes + Array(" HTTP/1.1\r\nHost: h\r\n\r\n".utf8))
  guard case .request(let again)? = try? parser.next() else { fatalError("a normalized path is refused") }
  precondition(again.request.path == request.path, "a normalized path is not its own normal form")
}

/// Reads the response to one request, the connection's end included.
func response(_ bytes: [UInt8], pieceSize: Int, answersHead: Bool) -> Reading {
  var parser = HTTPResponseParser(limits: limits, answersHead: answersHead)
  var reading = Reading()
  func take(_ response: HTTPResponse) {
    let fields = response.headers.map { "\($0.name): \($0.value)" }
    reading.messages.append("\(response.status) \(fields)")
    reading.bodies.append(response.body)
    precondition(response.body.count <= limits.bodyBytes && (200..<600).contains(response.status))
  }
  do throws(HTTPMessageFault) {
    for piece in pieces(bytes, pieceSize) {
      parser.append(piece)
      if let parsed = try parser.next() {
        take(parsed.response)
        return reading
      }
    }
    take(try parser.end().response)
  } catch {
    reading.fault = error
  }
  return reading
}

/// Bytes cut into pieces.
func pieces(_ bytes: [UInt8], _ size: Int) -> [[UInt8]] {
  stride(from: 0, to: bytes.count, by: size).map { Array(bytes[$0..<min(bytes.count, $0 + size)]) }
}
