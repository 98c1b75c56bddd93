import Foundation
import Testing

@Suite("A handler of the user's own", .serialized, .realUnikernels)
struct HandlerTests {
  static let example = Testbed.repository.appending(path: "Examples/handler")
  static let inputs = ["--set", "credentials=@\(example.appending(path: "accounts.yaml").path)"]
  static let guest = Credentials.password("gina", "garden-gate")
  static let editor = Credentials.password("edda", "blue-pencil")

  /// Calls `body` with the guest book up, where it is published, after `change` was made to its handler.
  private func up(
    _ change: (String) -> String = { $0 }, _ body: (Portal, String) async throws -> Void
  ) async throws {
    await Testbed.places.take()
    let result: Result<Void, any Error>
    do {
      try await Portal.copied(of: Self.example) { portal in
        try portal.edit("guestbook/GuestBook.swift", change)
        let outcome = try await portal.start(["up", portal.template.path, "--name", "book"] + Self.inputs).outcome()
        try #require(outcome.status == 0, "\(outcome.errors)")
        let url = try #require(try await portal.unikernel("book").urls.first)
        try await body(portal, url.hasSuffix("/") ? String(url.dropLast()) : url)
      }
      result = .success(())
    } catch {
      result = .failure(error)
    }
    await Testbed.places.giveBack()
    try result.get()
  }

  @Test("answers each caller as the template's policies allow, and keeps what it is given")
  func callers() async throws {
    try await up { portal, url in
      let book = "\(url)/book"
      let empty = try await Client.request("GET", book)
      #expect(empty.status == 200)
      #expect(empty.headers["content-type"] == "text/html; charset=utf-8")
      #expect(empty.body.contains("You are a visitor"))
      #expect(try await Client.request("POST", book, body: "hello").status == 401)
      #expect(try await Client.request("POST", book, as: Self.editor, body: "hello").status == 403)
      let written = try await Client.request("POST", book, as: Self.guest, body: "<b>What a garden!</b>")
      #expect(written.status == 303)
      #expect(written.headers["location"] == "/book")
      let page = try await Client.request("GET", book, as: Self.guest)
      #expect(page.body.contains("gina: &lt;b&gt;What a garden!&lt;/b&gt;"), "\(page.body)")
      #expect(page.body.contains("You are gina"))
      #expect(try await Client.request("POST", book, as: Self.guest, body: " ").status == 422)
      #expect(try await Client.request("GET", "\(url)/shelf").status == 404)
      #expect(try await Client.request("DELETE", "\(book)/gina", as: Self.guest).status == 403)
      #expect(try await Client.request("DELETE", "\(book)/gina", as: Self.editor).status == 204)
      #expect(try await Client.request("DELETE", "\(book)/gina", as: Self.editor).status == 404)
      #expect(try await Client.request("GET", book).body.contains("<ul></ul>"))
      let image = try await portal.document(
        "image", "inspect", try await portal.unikernel("book").image, as: ImageInspection.self)
      #expect(image.application == "handler")
      #expect(image.bytes < 400_000)
    }
  }

  @Test("is there at every level, with the protection of that level around it")
  func levels() async throws {
    try await up { portal, url in
      let before = try await portal.unikernel("book")
      #expect(before.mechanisms == AdaptationTests.normal)
      #expect(try await portal.testudo("context", "set", "threat_level=high").status == 0)
      let after = try await portal.unikernel("book")
      #expect(after.mechanisms == (AdaptationTests.normal + ["rate-limit"]).sorted())
      #expect(after.image != before.image)
      var statuses: [Int] = []
      for _ in 0..<6 { statuses.append(try await Client.request("GET", "\(url)/book").status) }
      #expect(statuses == [200, 200, 200, 200, 200, 429])
    }
  }

  @Test(
    "that takes too long, takes too much memory, or traps ends its instance, and a fresh one answers",
    arguments: [
      "var n = 1; while n != 0 { n = n &* 3 | 1 }; return .text(Text(n))",
      "return .text(Text(bytes: Array(repeating: 1, count: 1 << 40)))",
      "var all: [[UInt8]] = []; while true { all.append(Array(repeating: UInt8(all.count & 1), count: 1 << 16)) }",
      "let none: [Int] = []; return .text(Text(none[request.path.count]))",
      "func down(_ n: Int) -> Int { down(n &+ 1) &+ n }; return .text(Text(down(1)))",
    ])
  func bounds(statement: String) async throws {
    let isEndless = statement.contains("while n")
    let change = { (source: String) in
      source.replacing(
        "  switch request.method {",
        with: "  if path.count == 2, path[1] == \"end\" { \(statement) }\n  switch request.method {")
    }
    try await up(change) { portal, url in
      let first = try await portal.unikernel("book")
      #expect(try await Client.request("GET", "\(url)/book").status == 200)
      #expect(try await Client.request("GET", "\(url)/book/end", timeout: 20).status == 0)
      let isBack = try await eventually(within: 30) {
        try await Client.request("GET", "\(url)/book", timeout: 2).status == 200
      }
      #expect(isBack)
      let events = try await portal.testudo("events")
      if isEndless {
        #expect(events.output.contains("the handler took more steps than it may"), "\(events.output)")
      }
      let second = try await portal.unikernel("book")
      #expect(second.image == first.image)
    }
  }

  @Test("that does not compile is refused by every command that reads it, with the place in the user's file")
  func mistake() async throws {
    try await Portal.copied(of: Self.example) { portal in
      try portal.edit("guestbook/GuestBook.swift") {
        $0.replacing("request.body.trimmed", with: "request.bdoy.trimmed")
      }
      let source = try String(contentsOf: portal.template.appending(path: "guestbook/GuestBook.swift"), encoding: .utf8)
      let lines = source.split(separator: "\n", omittingEmptySubsequences: false)
      let line = try #require(lines.firstIndex { $0.contains("bdoy") })
      let column = try #require(lines[line].firstRange(of: "bdoy")).lowerBound.utf16Offset(in: lines[line]) + 1
      for command in [["validate"], ["image", "build"], ["up"]] {
        let outcome = try await portal.start(command + [portal.template.path] + Self.inputs).outcome()
        #expect(outcome.status == 1)
        let said = outcome.output + outcome.errors
        #expect(said.contains("guestbook/GuestBook.swift:\(line + 1):\(column)"), "\(command): \(said)")
        #expect(said.contains("[handler-does-not-compile]"), "\(said)")
        #expect(said.contains("request.bdoy.trimmed"), "the line is shown: \(said)")
      }
      #expect(try await portal.unikernels().isEmpty)
    }
  }

  @Test("is built into the same image again, from either version of the template")
  func image() async throws {
    try await Portal.copied(of: Self.example) { portal in
      var digests: Set<String> = []
      for file in ["service.yaml", "service-2.0.yaml"] {
        let outcome = try await portal.start(
          ["image", "build", portal.template.appending(path: file).path, "--name", "book"] + Self.inputs
        ).outcome()
        try #require(outcome.status == 0, "\(outcome.errors)")
        let words = outcome.output.split(whereSeparator: \.isWhitespace)
        digests.insert(String(try #require(words.first { $0.hasPrefix("sha256:") })))
      }
      #expect(digests.count == 1)
      let bill = try await portal.testudo("image", "sbom", try #require(digests.first))
      #expect(bill.output.contains("guestbook/GuestBook.swift"))
    }
  }
}
