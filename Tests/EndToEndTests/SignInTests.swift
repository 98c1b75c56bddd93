import Foundation
import Testing

/// `Examples/sign-in`, met as a browser and as a program would.
@Suite("Signing in", .serialized, .realUnikernels)
struct SignInTests {
  /// The example, up.
  struct Desk {
    var portal: Portal
    var robot: WaysInTests.Key
    var port = 0

    var origin: String { "https://127.0.0.1:\(port)" }
    private var pem: String { portal.folder.appending(path: "desk.pem").path }

    func up() async throws -> Outcome {
      let keys = portal.folder.appending(path: "keys.yaml")
      try robot.entry.write(to: keys, atomically: false, encoding: .utf8)
      return try await portal.start([
        "up", portal.template.path, "--set", "certificate=@\(pem)", "--set",
        "key=@\(portal.folder.appending(path: "desk-key.pem").path)", "--set",
        "credentials=@\(portal.template.appending(path: "accounts.yaml").path)", "--set", "api_keys=@\(keys.path)",
      ]).outcome()
    }

    /// Makes one request over TLS.
    func ask(
      _ method: String = "GET", _ path: String, cookie: String? = nil, as credentials: Credentials = .none,
      origin: String? = nil, with more: [String] = []
    ) async throws -> Answer {
      var words = ["--cacert", pem]
      if let cookie { words += ["-H", "Cookie: \(cookie)"] }
      if let origin { words += ["-H", "Origin: \(origin)"] }
      if method == "HEAD" { words.append("-I") }
      return try await Client.request(
        method, "\(self.origin)\(path)", as: credentials, body: method == "PUT" ? "hello" : nil, with: words + more)
    }

    /// Signs in, and gives the cookie as a browser sends it back.
    func signIn(_ credentials: Credentials = .clerk) async throws -> String {
      let answer = try await ask("POST", "/login", as: credentials, origin: origin)
      try #require(answer.status == 303, "\(answer)")
      let cookie = try #require(answer.headers["set-cookie"])
      return String(cookie.prefix { $0 != ";" })
    }
  }

  static func up(_ body: (Desk) async throws -> Void) async throws {
    await Testbed.places.take()
    let result: Swift.Result<Void, any Error>
    do {
      let robot = try await WaysInTests.makeKey("robot", role: "clerk", id: "r1")
      try await Portal.copied(of: Testbed.repository.appending(path: "Examples/sign-in")) { portal in
        // `copied` names the folder after the portal.
        var desk = Desk(portal: portal, robot: robot)
        let made = try await portal.testudo(
          "certificate", "--name", "127.0.0.1", "--out", portal.folder.appending(path: "desk").path)
        try #require(made.status == 0, "\(made.errors)")
        let up = try await desk.up()
        try #require(up.status == 0, "\(up.errors)")
        let url = try #require(try await portal.unikernel("desk").urls.first)
        desk.port = try #require(Int(url.split(separator: ":").last?.prefix { $0.isNumber } ?? ""))
        try await body(desk)
      }
      result = .success(())
    } catch {
      result = .failure(error)
    }
    await Testbed.places.giveBack()
    try result.get()
  }

  @Test("a login makes a cookie that opens members' pages until the log-out, and no copy of it does after")
  func session() async throws {
    try await SignInTests.up { desk in
      #expect(try await desk.ask("GET", "/").status == 200)
      #expect(try await desk.ask("GET", "/members").status == 401)
      #expect(try await desk.ask("POST", "/login", origin: desk.origin).status == 401)
      #expect(try await desk.ask("POST", "/login", as: .password("rita", "wrong"), origin: desk.origin).status == 401)
      let answer = try await desk.ask("POST", "/login", as: .reader, origin: desk.origin)
      #expect(answer.status == 303)
      #expect(answer.headers["location"] == "/members")
      let set = try #require(answer.headers["set-cookie"])
      #expect(
        set.hasPrefix("__Host-session=") && set.hasSuffix("; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=1800"))
      let cookie = String(set.prefix { $0 != ";" })
      #expect(try await desk.ask("GET", "/members/", cookie: cookie).body.contains("has signed in"))
      #expect(try await desk.ask("GET", "/members/", cookie: cookie + "A").status == 401)
      #expect(try await desk.ask("GET", "/members/", cookie: "__Host-session=x.y").status == 401)
      // A reader is one also with a cookie.
      #expect(try await desk.ask("PUT", "/notes/1", cookie: cookie, origin: desk.origin).status == 403)
      #expect(try await desk.ask("POST", "/logout", cookie: cookie, origin: desk.origin).status == 303)
      #expect(try await desk.ask("GET", "/members/", cookie: cookie).status == 401)
      let isTold = try await eventually {
        let kinds = Set(try await desk.portal.events().map(\.kind))
        return kinds.isSuperset(of: ["sessions.begun", "sessions.ended", "sessions.denied"])
      }
      #expect(isTold)
    }
  }

  @Test("a page of another origin changes nothing, though the browser sends its visitor's cookie along")
  func crossSite() async throws {
    try await SignInTests.up { desk in
      let cookie = try await desk.signIn()
      #expect(try await desk.ask("PUT", "/notes/1", cookie: cookie, origin: desk.origin).status == 201)
      for origin in ["https://evil.example", "null", "http://127.0.0.1:\(desk.port)", "https://127.0.0.1"] {
        #expect(try await desk.ask("PUT", "/notes/1", cookie: cookie, origin: origin).status == 403, "\(origin)")
      }
      #expect(try await desk.ask("PUT", "/notes/1", cookie: cookie).status == 403)
      #expect(try await desk.ask("PUT", "/notes/1", as: .clerk, origin: "https://evil.example").status == 403)
      #expect(try await desk.ask("GET", "/notes/1", cookie: cookie, origin: "https://evil.example").status == 200)
      #expect(try await desk.ask("PUT", "/notes/1", with: desk.robot.arguments).status == 204)
    }
  }

  @Test("keys change without a gap, and another epoch ends all sessions, both by a push")
  func rotation() async throws {
    try await SignInTests.up { desk in
      let cookie = try await desk.signIn()
      let instance = try await desk.portal.unikernel("desk").pid
      func bringUp() async throws {
        let up = try await desk.up()
        try #require(up.status == 0, "\(up.errors)")
      }
      let secret = TokenIssuer.encode(Data((0..<32).map { UInt8($0) }))
      try desk.portal.edit("session-keys.json") {
        $0.replacing("\"keys\": [", with: "\"keys\": [ { \"kty\": \"oct\", \"kid\": \"new\", \"k\": \"\(secret)\" },")
      }
      try await bringUp()
      #expect(try await desk.ask("GET", "/members/", cookie: cookie).status == 200)
      let next = try await desk.signIn()
      try desk.portal.edit("session-keys.json") { _ in
        "{ \"keys\": [ { \"kty\": \"oct\", \"kid\": \"new\", \"k\": \"\(secret)\" } ] }"
      }
      try await bringUp()
      #expect(try await desk.ask("GET", "/members/", cookie: cookie).status == 401)
      #expect(try await desk.ask("GET", "/members/", cookie: next).status == 200)
      try desk.portal.edit("service.yaml") { $0.replacing("epoch: 0", with: "epoch: 1") }
      try await bringUp()
      #expect(try await desk.ask("GET", "/members/", cookie: next).status == 401)
      #expect(try await desk.ask("GET", "/members/", cookie: try await desk.signIn()).status == 200)
      #expect(try await desk.portal.unikernel("desk").pid == instance)
    }
  }

  @Test("every answer tells browsers what is declared, and none which software made it")
  func headers() async throws {
    try await SignInTests.up { desk in
      let declared = [
        "content-security-policy": "default-src 'self'; frame-ancestors 'none'; form-action 'self'; base-uri 'none'",
        "x-content-type-options": "nosniff", "referrer-policy": "no-referrer",
        "permissions-policy": "geolocation=(), camera=(), microphone=()", "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin", "strict-transport-security": "max-age=86400",
      ]
      for (path, status) in [("/", 200), ("/members", 401), ("/nothing", 404)] {
        let answer = try await desk.ask("GET", path)
        #expect(answer.status == status)
        for (name, value) in declared { #expect(answer.headers[name] == value, "\(path): \(name)") }
        #expect(answer.headers["server"] == nil && answer.headers["x-powered-by"] == nil)
      }
    }
  }

  @Test("a preflight is answered before anybody is asked who they are; only pages of origins that are named may read")
  func crossOrigin() async throws {
    try await SignInTests.up { desk in
      func preflight(_ origin: String, _ method: String = "PUT", headers: String = "x-api-key") async throws -> Answer {
        try await desk.ask(
          "OPTIONS", "/notes/1", origin: origin,
          with: ["-H", "Access-Control-Request-Method: \(method)", "-H", "Access-Control-Request-Headers: \(headers)"])
      }
      let admitted = try await preflight("https://editor.example")
      #expect(admitted.status == 204)
      #expect(admitted.headers["access-control-allow-origin"] == "https://editor.example")
      #expect(admitted.headers["access-control-allow-methods"] == "PUT")
      #expect(admitted.headers["access-control-allow-credentials"] == nil)
      #expect(try await preflight("https://evil.example").status == 403)
      #expect(try await preflight("https://editor.example", "DELETE").status == 403)
      #expect(try await preflight("https://editor.example", headers: "authorization").status == 403)
      let read = try await desk.ask("GET", "/", origin: "https://editor.example")
      #expect(read.headers["access-control-allow-origin"] == "https://editor.example")
      let stranger = try await desk.ask("GET", "/", origin: "https://evil.example")
      #expect(stranger.status == 200 && stranger.headers["access-control-allow-origin"] == nil)
      let written = try await desk.ask("PUT", "/notes/2", origin: "https://editor.example", with: desk.robot.arguments)
      #expect(written.status == 201)
    }
  }

  @Test("sessions are short at a higher level, by a push; a level without a mechanism leaves its code out")
  func levels() async throws {
    try await SignInTests.up { desk in
      let image = try await desk.portal.unikernel("desk").image
      #expect(try await desk.portal.testudo("context", "set", "threat_level=high").status == 0)
      #expect(try await desk.portal.unikernel("desk").image == image)
      let answer = try await desk.ask("POST", "/login", as: .reader, origin: desk.origin)
      #expect(answer.headers["set-cookie"]?.hasSuffix("Max-Age=120") == true)

      let marks = ["__Host-session", "access-control-allow-origin", "x-api-key", "cross-origin"]
      func bytes(_ digest: String) throws -> Data {
        let folder = desk.portal.home.appending(path: "images")
        let name = try #require(digest.split(separator: ":").last)
        let all = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: [.fileSizeKey])
        for case let file as URL in all ?? .init() where file.path.contains(name) && !file.hasDirectoryPath {
          let data = try Data(contentsOf: file)
          if data.prefix(4) == Data([0x7F, 0x45, 0x4C, 0x46]) { return data }
        }
        Issue.record("no image \(digest)")
        return Data()
      }
      let own = try bytes(image)
      let other = try bytes(try await desk.portal.unikernel("notes").image)
      for mark in marks.prefix(3) {
        #expect(own.firstRange(of: Data(mark.utf8)) != nil, "\(mark)")
        #expect(other.firstRange(of: Data(mark.utf8)) == nil, "\(mark)")
      }
    }
  }
}
