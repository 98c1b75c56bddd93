import Testing

@testable import Interchange

@Suite("Paths of requests")
struct RequestPathTests {
  @Test(
    "are normalized once, for everybody who decides about them",
    arguments: [
      ("/", "/", 1), ("", "/", 0), ("//admin", "/admin", 7), ("/x/../admin", "/admin", 11), ("/%61dmin", "/admin", 8),
      ("/admin?x=/../y", "/admin", 6), ("?x", "/", 0), ("/a%2fb", nil, 0), ("/a b", nil, 0), ("/a#b", nil, 0),
      ("/a\\b", nil, 0), ("/%0a", nil, 0), ("/%e4", "/%E4", 4),
    ] as [(String, String?, Int)])
  func normalized(sent: String, path: String?, end: Int) {
    let found = try? RequestPath(Array(sent.utf8)[...])
    #expect(found?.normalized.description == path)
    if path != nil { #expect(found?.end == end) }
  }
}
