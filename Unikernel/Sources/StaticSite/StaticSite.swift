import Interchange
import LibraryOS

/// Serves files that are part of the image: GET and HEAD, conditional requests (RFC 9110, 13), single ranges
/// (RFC 9110, 14), and what lies compressed beside a file to clients that accept it (RFC 9110, 12.5.3).
public final class StaticSite: Application {
  private struct Site {
    var prefix: PathPrefix
    /// By path below the prefix; a folder's page also by the folder's path.
    var files: [ByteString: StaticFile]

    /// The path below the prefix that a request names.
    func path(of request: HTTPRequest) -> ByteString {
      if prefix.text.count == 1, !request.path.bytes.contains(0x25) { return request.path }
      return ByteString(StaticSite.decoded(prefix.remainder(of: request.path)))
    }
  }

  /// `static-site`.
  public let name: ByteString = "static-site"

  private var site: Site?
  private var prepared: Site?
  private var served: UInt64 = 0
  private var notFound: UInt64 = 0

  /// A site without files, which claims nothing until it has its parameters.
  public init() {}

  // MARK: Module

  /// Checks `prefix` and `files`.
  public func prepare(_ parameters: [Parameter]) throws(ParameterFault) {
    var prefix = site?.prefix ?? PathPrefix("/")
    var files = site?.files
    for parameter in parameters {
      switch parameter.name {
      case "prefix":
        prefix = parameter.value.textValue.flatMap { PathPrefix($0) }
        guard prefix != nil else {
          throw ParameterFault("static-site.prefix", expected: "a path such as / or /docs")
        }
      case "files":
        guard let items = parameter.value.listValue else {
          throw ParameterFault("static-site.files", expected: "a list of files")
        }
        var table: [ByteString: StaticFile] = [:]
        table.reserveCapacity(items.count)
        for item in items {
          let file = try StaticFile(item)
          guard table[file.path] == nil else {
            throw ParameterFault("static-site.files", expected: "each path once; twice there: " + file.path)
          }
          table[file.path] = file
        }
        let all = table
        for path in all.keys { table[path]?.findEncoded(among: all) }
        // What a folder's own address, which ends in a slash, is answered with.
        for file in table.values where file.path.bytes.suffix(StaticSite.index.count).elementsEqual(StaticSite.index) {
          let folder = ByteString(file.path.bytes.dropLast(StaticSite.index.count - 1))
          table[folder] = file
        }
        files = table
      default: throw ParameterFault("static-site." + parameter.name, expected: "a parameter of static-site")
      }
    }
    guard let prefix, let files else {
      throw ParameterFault("static-site.files", expected: "a list of files")
    }
    prepared = Site(prefix: prefix, files: files)
  }

  /// Serves what was prepared.
  public func commit() {
    guard let prepared else { return }
    site = prepared
    self.prepared = nil
  }

  /// Forgets what was prepared.
  public func rollback() {
    prepared = nil
  }

  /// Files served and not found.
  public var counters: [Counter] {
    [Counter("static-site.served", served), Counter("static-site.not-found", notFound)]
  }

  // MARK: Application

  /// Claims what is below the prefix.
  public func claim(_ path: ByteString) -> Int? {
    site?.prefix.claim(path)
  }

  /// Answers with a file, or says why not.
  public func respond(to exchange: Exchange) {
    exchange.finish(response(to: exchange.request))
  }

  private func response(to request: HTTPRequest) -> HTTPResponse {
    guard let site else { return .text(404, "not found") }
    guard request.method.equals("GET") || request.method.equals("HEAD") else {
      return .text(405, "method not allowed", headers: [HTTPField("allow", "GET, HEAD")])
    }
    let path = site.path(of: request)
    guard let file = site.files[path] else {
      if site.files[ByteString(path.bytes + StaticSite.index)] != nil { return StaticSite.redirect(request) }
      notFound &+= 1
      return .text(404, "not found")
    }
    served &+= 1
    return StaticSite.response(with: file.representation(for: request.headers), to: request)
  }

  private static let index: [UInt8] = Array(ByteString("/index.html").bytes)

  /// The folder's own address ends in a slash; without it, relative links in its page would lead elsewhere.
  private static func redirect(_ request: HTTPRequest) -> HTTPResponse {
    var location = request.path.bytes + [0x2F]
    if !request.query.isEmpty { location += [0x3F] + request.query.bytes }
    return .text(301, "moved permanently", headers: [HTTPField("location", ByteString(location))])
  }

  private static func response(with file: Representation, to request: HTTPRequest) -> HTTPResponse {
    // A plain request has no field that matters here, and is the common one.
    switch request.precondition(entityTag: file.entityTag) {
    case .proceed: break
    case .notModified: return HTTPResponse(status: 304, headers: file.unmodifiedHeaders)
    case .failed: return .text(412, "precondition failed")
    }
    guard request.method.equals("GET"), let field = request.header(named: "range"),
      request.header(named: "if-range").map({ $0 == file.entityTag }) != false
    else {
      return HTTPResponse(status: 200, headers: file.headers, body: file.body)
    }
    switch ByteRange(field, size: file.body.count) {
    case .all: return HTTPResponse(status: 200, headers: file.headers, body: file.body)
    case .unsatisfiable:
      let range: ByteString = "bytes */"
      return .text(
        416, "range not satisfiable",
        headers: [HTTPField("content-range", range + ByteString(decimal: file.body.count))])
    case .part(let range):
      let unit: ByteString = "bytes "
      let text =
        unit + ByteString(decimal: range.lowerBound) + "-" + ByteString(decimal: range.upperBound - 1) + "/"
        + ByteString(decimal: file.body.count)
      return HTTPResponse(
        status: 206, headers: file.headers + [HTTPField("content-range", text)], body: Array(file.body[range]))
    }
  }

  /// The bytes that a normalized path stands for. It has no encoded slashes and no malformed encodings.
  fileprivate static func decoded(_ path: ArraySlice<UInt8>) -> [UInt8] {
    guard path.contains(0x25) else { return Array(path) }
    var output: [UInt8] = []
    output.reserveCapacity(path.count)
    var index = path.startIndex
    while index < path.endIndex {
      if path[index] == 0x25, path.endIndex - index > 2 {
        output.append(hexadecimal(path[index + 1]) << 4 | hexadecimal(path[index + 2]))
        index += 3
      } else {
        output.append(path[index])
        index += 1
      }
    }
    return output
  }

  private static func hexadecimal(_ digit: UInt8) -> UInt8 {
    digit & 0x0F &+ (digit > 0x39 ? 9 : 0)
  }
}
