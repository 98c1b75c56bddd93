import HTTP
import Interchange
import Testing

@Suite("Request targets")
struct RequestTargetTests {
  @Test(
    "a path is normalized before anybody decides about it",
    arguments: [
      ("/", "/"), ("/a/b", "/a/b"), ("/a/", "/a/"), ("//", "/"), ("/a//b", "/a/b"), ("///a///", "/a/"),
      ("/.", "/"), ("/..", "/"), ("/./a", "/a"), ("/a/.", "/a/"), ("/a/..", "/"), ("/a/b/..", "/a/"),
      ("/a/./b/../c", "/a/c"), ("/../../etc/passwd", "/etc/passwd"), ("/a/b/../../../c", "/c"),
      ("/a//../b", "/b"), ("/a/.../b", "/a/.../b"), ("/.a/..b/c.", "/.a/..b/c."),
      ("/%41%7a%2D%5f%7E", "/Az-_~"), ("/%2e%2e/a", "/a"), ("/a/%2E%2e/b", "/b"), ("/a/.%2e", "/"),
      ("/%2e", "/"), ("/a%20b", "/a%20b"), ("/%c3%a4", "/%C3%A4"), ("/%252f", "/%252f"),
      ("/%252e%252e/x", "/%252e%252e/x"),
      ("/a;v=1/b:c@d", "/a;v=1/b:c@d"), ("/admin%2f", nil), ("/%", nil), ("/%2", nil), ("/a%1fb", nil), ("/%7f", nil),
      ("/a\"b", nil), ("/<x>", nil), ("", nil), ("a", nil),
    ] as [(String, String?)])
  func paths(sent: String, normalized: String?) {
    let target = try? RequestTarget(Array(sent.utf8)[...], method: "GET")
    #expect(target?.path.description == normalized)
  }

  @Test("normalizing twice changes nothing more", arguments: ["/a/%2e%2e/%2fb", "/x/../y//z/.", "/%41%20%3a"])
  func idempotent(sent: String) throws {
    guard let once = try? RequestTarget(Array(sent.utf8)[...], method: "GET") else { return }
    #expect(try RequestTarget(once.path.bytes[...], method: "GET").path == once.path)
  }

  @Test("the query is everything after the first question mark, as sent")
  func query() throws {
    let target = try RequestTarget(Array("/a?b=%2F..//&c?d".utf8)[...], method: "GET")
    #expect(target.path == "/a")
    #expect(target.query == "b=%2F..//&c?d")
  }

  @Test(
    "the absolute form gives authority and path",
    arguments: [
      ("http://h", "h", "/", ""), ("HTTP://h:80/x", "h:80", "/x", ""),
      ("https://[::1]:8/x/../y?q", "[::1]:8", "/y", "q"),
      ("http://h?q", "h", "/", "q"),
    ])
  func absolute(sent: String, authority: String, path: String, query: String) throws {
    let target = try RequestTarget(Array(sent.utf8)[...], method: "GET")
    #expect(target.authority?.description == authority)
    #expect(target.path.description == path)
    #expect(target.query.description == query)
  }

  @Test("the asterisk form is for OPTIONS only")
  func asterisk() throws {
    #expect(try RequestTarget([0x2A], method: "OPTIONS").path == "/")
    #expect(throws: HTTPMessageFault.malformedTarget) { try RequestTarget([0x2A], method: "GET") }
  }
}
