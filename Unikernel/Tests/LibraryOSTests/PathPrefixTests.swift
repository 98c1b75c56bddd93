import Interchange
import LibraryOS
import Testing

@Suite("Path prefixes")
struct PathPrefixTests {
  @Test(
    "a prefix covers paths on segment boundaries",
    arguments: [
      ("/", "/", 1), ("/", "/orders/17", 1), ("/orders", "/orders", 7), ("/orders", "/orders/17", 7),
      ("/orders/", "/orders", 7), ("/orders", "/ordersheet", nil), ("/orders", "/order", nil), ("/orders", "/", nil),
      ("/a/b", "/a/b/c", 4), ("/a/b", "/a", nil),
    ] as [(String, String, Int?)])
  func claims(prefix: String, path: String, expected: Int?) throws {
    let prefix = try #require(PathPrefix(ByteString(prefix)))
    #expect(prefix.claim(ByteString(path)) == expected)
  }

  @Test(
    "a prefix that no normalized path could have is refused",
    arguments: ["", "orders", "//", "/a//b", "/a/../b", "/.", "/a/.", "/..", "/a b", "/a?b", "/a#b", "/ä"])
  func malformed(text: String) {
    #expect(PathPrefix(ByteString(text)) == nil)
  }

  @Test("what follows the prefix starts with a slash or is empty")
  func remainder() throws {
    let all = try #require(PathPrefix("/"))
    let orders = try #require(PathPrefix("/orders"))
    #expect(ByteString(all.remainder(of: "/a/b")) == "/a/b")
    #expect(ByteString(orders.remainder(of: "/orders/17")) == "/17")
    #expect(orders.remainder(of: "/orders").isEmpty)
  }
}
