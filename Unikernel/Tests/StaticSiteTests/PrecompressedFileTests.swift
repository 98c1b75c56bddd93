import Interchange
import LibraryOS
import StaticSite
import Testing

@Suite("Files that lie compressed beside themselves")
struct PrecompressedFileTests {
  private static let plain = [UInt8](repeating: 0x70, count: 100)
  private static let gzip: [UInt8] = [0x1F, 0x8B, 1, 2, 3, 4, 5, 6]
  private static let brotli: [UInt8] = [0xB, 1, 2, 3]

  private func site(_ files: [(String, [UInt8])]) throws -> StaticSite {
    let site = StaticSite()
    let values = files.map { path, body in
      ParameterValue.map([
        ParameterField("path", .text(ByteString(path))), ParameterField("type", .text("text/css")),
        ParameterField("etag", .text(ByteString("v\(body.count)"))), ParameterField("body", .bytes(body)),
      ])
    }
    try site.prepare([Parameter(module: "static-site", name: "files", value: .list(values))])
    site.commit()
    return site
  }

  private func whole() throws -> StaticSite {
    try site([("/site.css", Self.plain), ("/site.css.gz", Self.gzip), ("/site.css.br", Self.brotli)])
  }

  private func ask(
    _ site: StaticSite, at path: String = "/site.css", method: ByteString = "GET", _ fields: [HTTPField]
  ) throws -> HTTPResponse {
    var answer: HTTPResponse?
    let request = HTTPRequest(method: method, path: ByteString(path), query: "", headers: fields)
    site.respond(
      to: Exchange(
        request: request, source: Endpoint(IPv4Address(10, 0, 0, 1), port: 1), arrival: Instant(nanoseconds: 0)
      ) { answer = $0 })
    return try #require(answer)
  }

  private func accepting(_ texts: String...) -> [HTTPField] {
    texts.map { HTTPField("accept-encoding", ByteString($0)) }
  }

  private func header(_ response: HTTPResponse, _ name: ByteString) -> ByteString? {
    response.headers.first { $0.name == name }?.value
  }

  @Test(
    "the client gets what it wants most, and of equals the smallest",
    arguments: [
      ("gzip, deflate, br", "br"), ("gzip", "gzip"), ("x-gzip", "gzip"), ("GZIP", "gzip"), ("br;q=0.5, gzip", "gzip"),
      ("br;q=0.5,gzip;q=0.501", "gzip"), ("*", "br"), ("*;q=0.1", "br"), ("br;q=0, *", "gzip"), ("", nil),
      ("identity", nil), ("deflate, zstd", nil), ("gzip;q=0", nil), ("gzip;q=0.000", nil), ("*;q=0", nil),
      ("identity, gzip;q=0.5", nil), ("identity;q=0.5, gzip ; q=0.6", "gzip"), ("gzip;q=0.001", "gzip"),
      ("identity;q=0, gzip;q=0.1", "gzip"), ("gzip;q=2", nil), ("gzip;q=1.001", nil), ("gzip;q=0.1234", nil),
      ("gzip;q=", nil), ("gzip;q=-1", nil), ("gzip;level=9", nil), ("gzip;q=1;q=0", nil), (",,gzip,,", "gzip"),
      ("gzip;Q=0.5", "gzip"), ("gzip, br;q=zero", "gzip"), ("gzipped", nil), ("identity;q=0", nil),
    ] as [(String, String?)])
  func negotiation(field: String, expected: String?) throws {
    let answer = try ask(whole(), accepting(field))
    #expect(answer.status == 200)
    #expect(header(answer, "content-encoding") == expected.map { ByteString($0) })
    #expect(answer.body == (expected == "br" ? Self.brotli : expected == "gzip" ? Self.gzip : Self.plain))
    #expect(header(answer, "content-type") == "text/css")
    #expect(header(answer, "vary") == "accept-encoding")
  }

  @Test("several fields count as one list, and a client without any gets the file as it is")
  func fields() throws {
    let site = try whole()
    #expect(header(try ask(site, accepting("br;q=0.2", "gzip;q=0.3")), "content-encoding") == "gzip")
    let plain = try ask(site, [])
    #expect(plain.body == Self.plain)
    #expect(header(plain, "content-encoding") == nil)
    #expect(header(plain, "vary") == "accept-encoding")
  }

  @Test("each representation has an entity tag of its own, even where files have the same")
  func entityTags() throws {
    let site = try site([("/a", [1]), ("/a.gz", [2]), ("/a.br", [3])])
    var tags: [ByteString] = []
    for coding in ["identity", "gzip", "br"] {
      tags.append(try #require(header(try ask(site, at: "/a", accepting(coding)), "etag")))
    }
    #expect(Set(tags.map(\.bytes)).count == 3)
    for (tag, coding) in zip(tags, ["identity", "gzip", "br"]) {
      let fields = accepting(coding) + [HTTPField("if-none-match", tag)]
      let answer = try ask(site, at: "/a", fields)
      #expect(answer.status == 304)
      #expect(header(answer, "etag") == tag)
      #expect(header(answer, "vary") == "accept-encoding")
      #expect(header(answer, "content-encoding") == nil)
      // What a cache keeps compressed says nothing of the file as it is, nor the other way round.
      let other = accepting(coding == "gzip" ? "br" : "gzip") + [HTTPField("if-none-match", tag)]
      #expect(try ask(site, at: "/a", other).status == 200)
    }
  }

  @Test("a range is one of the representation that was chosen")
  func ranges() throws {
    let site = try whole()
    let part = try ask(site, accepting("gzip") + [HTTPField("range", "bytes=2-4")])
    #expect(part.status == 206)
    #expect(part.body == Array(Self.gzip[2...4]))
    #expect(header(part, "content-range") == "bytes 2-4/8")
    #expect(header(part, "content-encoding") == "gzip")
    let beyond = try ask(site, accepting("gzip") + [HTTPField("range", "bytes=8-")])
    #expect(beyond.status == 416)
    #expect(header(beyond, "content-range") == "bytes */8")
    let tag = try #require(header(try ask(site, []), "etag"))
    let mixed = try ask(
      site, accepting("gzip") + [HTTPField("range", "bytes=2-4"), HTTPField("if-range", tag)])
    #expect(mixed.status == 200)
    #expect(mixed.body == Self.gzip)
  }

  @Test("HEAD is answered with the fields of what GET would get")
  func head() throws {
    let site = try whole()
    let get = try ask(site, accepting("br"))
    let head = try ask(site, method: "HEAD", accepting("br"))
    #expect(head.status == get.status)
    #expect(head.headers == get.headers)
    #expect(head.body.count == get.body.count)
  }

  @Test("a compressed file without the other is a file like any, and so is one that is asked for by its own name")
  func alone() throws {
    let site = try site([("/alone.gz", Self.gzip), ("/site.css", Self.plain), ("/site.css.gz", Self.gzip)])
    #expect(try ask(site, at: "/alone", accepting("gzip")).status == 404)
    for path in ["/alone.gz", "/site.css.gz"] {
      let answer = try ask(site, at: path, accepting("gzip"))
      #expect(answer.body == Self.gzip)
      #expect(header(answer, "content-encoding") == nil)
      #expect(header(answer, "vary") == nil)
    }
  }

  @Test("a folder's page is negotiated as by its own name")
  func folder() throws {
    let site = try site([("/index.html", Self.plain), ("/index.html.gz", Self.gzip)])
    #expect(header(try ask(site, at: "/", accepting("gzip")), "content-encoding") == "gzip")
  }
}
