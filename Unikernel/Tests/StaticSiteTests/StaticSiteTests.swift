import Interchange
import LibraryOS
import StaticSite
import Testing

@Suite("The static site")
struct StaticSiteTests {
  private func file(_ path: String, _ body: String, type: String = "text/html", etag: String = "v1") -> ParameterValue {
    .map([
      ParameterField("path", .text(ByteString(path))), ParameterField("type", .text(ByteString(type))),
      ParameterField("etag", .text(ByteString(etag))), ParameterField("body", .bytes(Array(body.utf8))),
    ])
  }

  private func parameter(_ name: ByteString, _ value: ParameterValue) -> Parameter {
    Parameter(module: "static-site", name: name, value: value)
  }

  private func site(prefix: ByteString? = nil, _ files: [ParameterValue]) throws -> StaticSite {
    let site = StaticSite()
    var parameters = [parameter("files", .list(files))]
    if let prefix { parameters.append(parameter("prefix", .text(prefix))) }
    try site.prepare(parameters)
    site.commit()
    return site
  }

  private func ask(
    _ site: StaticSite, _ path: String, method: ByteString = "GET", query: ByteString = "", _ fields: HTTPField...
  ) throws -> HTTPResponse {
    var answer: HTTPResponse?
    let request = HTTPRequest(method: method, path: ByteString(path), query: query, headers: fields)
    site.respond(
      to: Exchange(
        request: request, source: Endpoint(IPv4Address(10, 0, 0, 1), port: 1), arrival: Instant(nanoseconds: 0)
      ) { answer = $0 })
    return try #require(answer)
  }

  private func header(_ response: HTTPResponse, _ name: ByteString) -> ByteString? {
    response.headers.first { $0.name == name }?.value
  }

  @Test("a file is served with its type and entity tag")
  func file() throws {
    let site = try site([
      file("/index.html", "<p>hello"), file("/a/style.css", "p{}", type: "text/css", etag: "\"v2\""),
    ])
    let page = try ask(site, "/index.html")
    #expect(page.status == 200)
    #expect(page.body == Array("<p>hello".utf8))
    #expect(header(page, "content-type") == "text/html")
    #expect(header(page, "etag") == "\"v1\"")
    #expect(header(try ask(site, "/a/style.css"), "etag") == "\"v2\"")
    #expect(try ask(site, "/A/style.css").status == 404)
    #expect(try ask(site, "/a").status == 404)
  }

  @Test("a folder shows its index, and its address ends in a slash")
  func folder() throws {
    let site = try site([file("/index.html", "root"), file("/docs/index.html", "docs")])
    #expect(try ask(site, "/").body == Array("root".utf8))
    #expect(try ask(site, "/docs/").body == Array("docs".utf8))
    let redirect = try ask(site, "/docs", query: "a=b")
    #expect(redirect.status == 301)
    #expect(header(redirect, "location") == "/docs/?a=b")
    #expect(try ask(site, "/docs/index.html/").status == 404)
  }

  @Test("the prefix is taken off, and claims what is below it only")
  func prefix() throws {
    let site = try site(prefix: "/shop", [file("/index.html", "shop")])
    #expect(site.claim("/shop") == 5)
    #expect(site.claim("/shop/x") == 5)
    #expect(site.claim("/shopping") == nil)
    #expect(try ask(site, "/shop/").body == Array("shop".utf8))
    #expect(header(try ask(site, "/shop"), "location") == "/shop/")
  }

  @Test("a path with percent-encoded characters names the file with those bytes")
  func encoded() throws {
    let site = try site([file("/two words+ä.html", "found")])
    #expect(try ask(site, "/two%20words+%C3%A4.html").status == 200)
    #expect(try ask(site, "/two%20words%2B%C3%A4.html").status == 200)
    #expect(try ask(site, "/two%2520words+%C3%A4.html").status == 404)
  }

  @Test("only GET and HEAD are allowed", arguments: ["POST", "PUT", "DELETE", "OPTIONS", "get"])
  func methods(method: String) throws {
    let site = try site([file("/index.html", "x")])
    let response = try ask(site, "/index.html", method: ByteString(method))
    #expect(response.status == 405)
    #expect(header(response, "allow") == "GET, HEAD")
    #expect(try ask(site, "/index.html", method: "HEAD").status == 200)
  }

  @Test("a client that has the file already is told so")
  func conditional() throws {
    let site = try site([file("/index.html", "x")])
    let response = try ask(site, "/index.html", HTTPField("if-none-match", "\"v0\", W/\"v1\""))
    #expect(response.status == 304)
    #expect(response.body.isEmpty)
    #expect(header(response, "etag") == "\"v1\"")
    #expect(try ask(site, "/index.html", HTTPField("if-none-match", "\"v2\"")).status == 200)
    #expect(try ask(site, "/index.html", HTTPField("if-match", "\"v2\"")).status == 412)
  }

  @Test(
    "a single range is served, and nonsense is ignored",
    arguments: [
      ("bytes=0-3", 206, "0123", "bytes 0-3/10"), ("bytes=7-", 206, "789", "bytes 7-9/10"),
      ("bytes=-2", 206, "89", "bytes 8-9/10"), ("bytes=-99", 206, "0123456789", "bytes 0-9/10"),
      ("bytes=5-99", 206, "56789", "bytes 5-9/10"), ("bytes=9-9", 206, "9", "bytes 9-9/10"),
      ("bytes=10-", 416, nil, "bytes */10"), ("bytes=-0", 416, nil, "bytes */10"),
      ("bytes=999999999999999999-", 416, nil, "bytes */10"), ("bytes=5-4", 200, "0123456789", nil),
      ("bytes=0-1,3-4", 200, "0123456789", nil), ("lines=0-1", 200, "0123456789", nil),
      ("bytes=-", 200, "0123456789", nil), ("bytes=a-b", 200, "0123456789", nil),
      ("bytes=0-9999999999999999999", 200, "0123456789", nil), ("bytes=", 200, "0123456789", nil),
    ] as [(String, Int, String?, String?)])
  func ranges(range: String, status: Int, body: String?, contentRange: String?) throws {
    let site = try site([file("/n", "0123456789")])
    let response = try ask(site, "/n", HTTPField("range", ByteString(range)))
    #expect(response.status == status)
    if let body { #expect(String(decoding: response.body, as: UTF8.self) == body) }
    #expect(header(response, "content-range")?.description == contentRange)
    #expect(try ask(site, "/n", HTTPField("range", "bytes=0-1"), HTTPField("if-range", "\"old\"")).status == 200)
    #expect(try ask(site, "/n", HTTPField("range", "bytes=0-1"), HTTPField("if-range", "\"v1\"")).status == 206)
  }

  @Test("settings of another shape are refused, and what was served stays")
  func refused() throws {
    let site = try site([file("/index.html", "x")])
    let bad: [Parameter] = [
      parameter("files", .text("x")), parameter("files", .list([.integer(1)])),
      parameter("files", .list([file("index.html", "x")])), parameter("files", .list([file("/a/../b", "x")])),
      parameter("files", .list([file("/a//b", "x")])), parameter("files", .list([file("/a/", "x")])),
      parameter("files", .list([file("/a", "x", type: "a\r\nb")])),
      parameter("files", .list([file("/a", "x", etag: "")])),
      parameter("files", .list([file("/a", "x", etag: "a\"b")])),
      parameter("files", .list([file("/a", "x"), file("/a", "y")])),
      parameter("prefix", .text("shop")), parameter("prefix", .integer(1)), parameter("colour", .text("red")),
    ]
    for setting in bad {
      #expect(throws: ParameterFault.self, "\(setting)") { try site.prepare([setting]) }
      site.rollback()
      site.commit()
    }
    #expect(try ask(site, "/index.html").status == 200)
    #expect(throws: ParameterFault("static-site.files", expected: "a list of files")) {
      try StaticSite().prepare([parameter("prefix", .text("/"))])
    }
  }
}
