import Foundation
import Testing

/// The example that speaks TLS, met with the tools of others: curl and OpenSSL.
@Suite("TLS", .serialized, .realUnikernels)
struct TransportSecurityTests {
  @Test("is spoken with curl; the address says https; nothing is answered in clear")
  func exchange() async throws {
    try await Encrypted.up { service in
      let answer = try await service.get("/")
      #expect(answer.status == 200)
      #expect(answer.body.contains("over TLS"))
      #expect(answer.headers["strict-transport-security"] == "max-age=86400")
      let clear = try await Client.request("GET", "http://127.0.0.1:\(service.port)/", timeout: 3)
      #expect(clear.status == 0)
      #expect(!clear.body.contains("over TLS"))
    }
  }

  @Test("has no version below 1.2, no suite without forward secrecy or AEAD, and no renegotiation")
  func refused() async throws {
    try await Encrypted.up { service in
      for version in ["-tls1", "-tls1_1"] {
        let outcome = try await service.openssl(version, "-cipher", "ALL:@SECLEVEL=0")
        #expect(outcome.errors.contains("protocol version"), "\(version): \(outcome.errors)")
      }
      for suite in ["AES128-GCM-SHA256", "AES128-SHA", "ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES128-SHA256"] {
        let outcome = try await service.openssl("-tls1_2", "-cipher", "\(suite):@SECLEVEL=0")
        #expect(outcome.errors.contains("handshake failure"), "\(suite): \(outcome.errors)")
      }
      for suite in ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305"] {
        for curve in ["X25519", "P-256"] {
          let outcome = try await service.openssl(
            "-tls1_2", "-cipher", suite, "-curves", curve == "X25519" ? "X25519:P-256" : curve)
          #expect(outcome.output.contains("Cipher is \(suite)"), "\(suite) \(curve): \(outcome.errors)")
        }
      }
      let other = try await service.openssl("-tls1_2", "-curves", "P-384")
      #expect(!other.output.contains("Cipher is ECDHE"), "\(other.output)")
    }
  }

  @Test("resumes no session where clients are asked for certificates, and a plain one where they are not")
  func resumption() async throws {
    try await Encrypted.up { service in
      #expect(!(try await service.openssl("-tls1_2", "-reconnect").output.contains("Reused")))
      try service.edit {
        $0.replacing("clients: requested", with: "clients: none")
          .replacing(
            "          client_authorities: { get_input: authority }\n          strict: 1 d\n\n    - members",
            with: "          strict: 1 d\n\n    - members")
      }
      let up = try await service.bringUp()
      try #require(up.status == 0, "\(up.errors)")
      let outcome = try await service.openssl("-tls1_2", "-reconnect")
      #expect(outcome.output.contains("Reused, TLSv1.2"), "\(outcome.output)")
    }
  }

  @Test("knows clients by their certificates, and policies decide what they may")
  func clients() async throws {
    try await Encrypted.up { service in
      #expect(try await service.get("/team/").status == 403)
      let member = try await service.get("/team/", as: "rita")
      #expect(member.status == 200)
      #expect(member.body.contains("has shown a certificate"))
      #expect(try await service.get("/team/", as: "olaf").status == 403)
      // Of another authority: refused, though none would do.
      #expect(try await service.get("/", as: "stranger").status == 0)
      #expect(try await service.get("/").status == 200)

      #expect(try await service.testudo("context", "set", "threat_level=high").status == 0)
      #expect(try await service.get("/").status == 0)
      #expect(try await service.get("/", as: "olaf").status == 200)
      #expect(try await service.testudo("context", "set", "threat_level=low").status == 0)
      #expect(try await service.get("/").status == 200)
      let isTold = try await eventually {
        try await service.testudo("events").output.contains("transport-security.certificate-refused")
      }
      #expect(isTold)
    }
  }

  @Test("a certificate is one of the ways in that a template names, first of them; a SPIFFE ID is the name it gives")
  func principals() async throws {
    try await Encrypted.up { service in
      try service.edit {
        $0.replacing(
          "    - team_rules:\n",
          with: """
                - members:
                    type: sectosca.policies.Authentication
                    targets: [ page ]
                    properties: { scheme: certificate }
                - passwords:
                    type: sectosca.policies.Authentication
                    targets: [ page ]
                    properties:
                      scheme: basic
                      realm: page
                      credentials:
                        rita:
                          salt: yZJxMQ0hDrEYNjiynBUsZA==
                          iterations: 20000
                          hash: mWMoM555C96D3XmW24lnQIT81DgCtmNjTFg//fML7+c=
                          roles: [ team ]
                - ways_in:
                    type: sectosca.policies.Authentication
                    targets: [ page ]
                    properties: { scheme: any_of, of: [ members, passwords ] }

                - team_rules:

            """
        ).replacing("[ declared_flows, team_rules,", with: "[ declared_flows, ways_in, team_rules,")
      }
      let up = try await service.bringUp()
      try #require(up.status == 0, "\(up.errors)")
      try await service.certificate(
        "--issuer", service.file("authority"), "--client", "--name", "robot", "--uri", "spiffe://example.org/robot",
        out: "robot")
      // The name of its subject is not asked, and it has no role.
      #expect(try await service.get("/team/", as: "robot").status == 403)
      let isNamed = try await eventually {
        try await service.testudo("events", "--format", "json").output.contains("spiffe://example.org/robot")
      }
      #expect(isNamed)
      #expect(try await service.get("/team/", as: "rita").status == 200)
      // Who shows none is asked for a password, and let in with one.
      let words = ["--cacert", service.file("authority.pem")]
      let url = "https://127.0.0.1:\(service.port)/team/"
      let asked = try await Client.request("GET", url, with: words)
      #expect(asked.status == 401)
      #expect(asked.headers["www-authenticate"] == "Basic realm=\"page\", charset=\"UTF-8\"")
      #expect(try await Client.request("GET", url, as: .reader, with: words).status == 200)
      // A certificate comes first: a member's password does not make the robot one.
      let robot = words + ["--cert", service.file("robot.pem"), "--key", service.file("robot-key.pem")]
      #expect(try await Client.request("GET", url, as: .reader, with: robot).status == 403)
    }
  }

  @Test("takes another certificate while requests go on, and none fails; a pair that does not fit changes nothing")
  func rotation() async throws {
    try await Encrypted.up { service in
      let before = try await service.serialNumber()
      let instance = try await service.unikernels().map(\.pid)
      let answers = try await Crowd.gathered { crowd in
        for _ in 0..<2 {
          await crowd.add("page", "https://127.0.0.1:\(service.port)/", "--cacert", service.file("authority.pem"))
        }
        for _ in 0..<3 {
          try await service.certificate("--issuer", service.file("authority"), "--name", "127.0.0.1", out: "page")
          let outcome = try await service.bringUp()
          #expect(outcome.status == 0, "\(outcome.errors)")
        }
        return try await crowd.stop()
      }
      #expect(answers["page"].map { Set($0.keys) } == ["200"], "\(answers)")
      let after = try await service.serialNumber()
      #expect(!after.isEmpty && after != before)
      // The same process all along.
      #expect(try await service.unikernels().map(\.pid) == instance)

      try await service.certificate("--name", "elsewhere", out: "other")
      try FileManager.default.removeItem(atPath: service.file("page-key.pem"))
      try FileManager.default.copyItem(atPath: service.file("other-key.pem"), toPath: service.file("page-key.pem"))
      let bad = try await service.bringUp()
      #expect(bad.status == 1)
      #expect(bad.errors.contains("is not the key of its certificate"), "\(bad.errors)")
      #expect(try await service.serialNumber() == after)
      #expect(try await service.get("/").status == 200)
    }
  }

  @Test("leaves no private key in images, papers, consoles, events or what commands print")
  func secrets() async throws {
    try await Encrypted.up { service in
      let pem = try String(contentsOfFile: service.file("page-key.pem"), encoding: .utf8)
      let der = try #require(
        Data(base64Encoded: pem.split(separator: "\n").filter { !$0.hasPrefix("-") }.joined()))
      let mark = try #require(der.firstRange(of: Data([0x04, 0x20])))
      let secret = der[mark.upperBound..<mark.upperBound + 32]
      for folder in ["images", "instances", "services"] {
        let place = service.home.appending(path: folder)
        for case let file as URL in FileManager.default.enumerator(at: place, includingPropertiesForKeys: nil)
          ?? .init()
        {
          // The boot message is what the instance starts with, and only its owner can read it.
          guard file.lastPathComponent != "boot", let bytes = try? Data(contentsOf: file) else { continue }
          #expect(bytes.firstRange(of: secret) == nil, "\(file.path)")
          #expect(bytes.firstRange(of: der.base64EncodedData()[20..<60]) == nil, "\(file.path)")
        }
      }
      let shown = [
        try await service.testudo("events").output, try await service.testudo("logs", "encrypted").output,
        try await service.testudo("ps", "--format", "json").output,
      ].joined()
      #expect(!shown.contains(der.base64EncodedString().prefix(40)))
    }
  }
}

/// Adaptation, and what a scanner says.
extension TransportSecurityTests {
  @Test("goes on while another image takes over: no request of a client fails")
  func anotherImage() async throws {
    try await Encrypted.up { service in
      try service.edit {
        $0.replacing(
          "    - normal:\n",
          with: "    - calm:\n        type: sectosca.policies.RateLimit\n        targets: [ page ]\n"
            + "        properties: { per_source: 100000 per 1 s }\n\n    - normal:\n"
        ).replacing("team_rules, members_only ]", with: "team_rules, encrypted, calm ]")
          .replacing("    - members_only:", with: "    - unused_members:")
      }
      let up = try await service.bringUp()
      try #require(up.status == 0, "\(up.errors)")
      let image = try await service.unikernels().map(\.image)
      let answers = try await Crowd.gathered { crowd in
        for _ in 0..<2 {
          await crowd.add("page", "https://127.0.0.1:\(service.port)/", "--cacert", service.file("authority.pem"))
        }
        for level in ["high", "low", "high"] {
          #expect(try await service.testudo("context", "set", "threat_level=\(level)").status == 0)
        }
        return try await crowd.stop()
      }
      #expect(answers["page"].map { Set($0.keys) } == ["200"], "\(answers)")
      #expect(try await service.unikernels().map(\.image) != image)
    }
  }

  @Test("is approved by sslscan", .enabled(if: Testbed.path(of: "sslscan") != nil, "sslscan is not installed"))
  func scanned() async throws {
    try await Encrypted.up { service in
      let scan = try await Command.run(
        Testbed.path(of: "sslscan") ?? "", ["--no-colour", "127.0.0.1:\(service.port)"], deadline: 60
      ).output
      for line in [
        "SSLv2     disabled", "SSLv3     disabled", "TLSv1.0   disabled", "TLSv1.1   disabled", "TLSv1.2   enabled",
      ] {
        #expect(scan.contains(line), "\(line)")
      }
      #expect(
        scan.contains("Session renegotiation not supported") || scan.contains("Secure session renegotiation supported"))
      #expect(!scan.contains("vulnerable to heartbleed") || scan.contains("not vulnerable to heartbleed"))
      let suites = scan.split(separator: "\n").filter { $0.hasPrefix("Accepted") || $0.hasPrefix("Preferred") }
      #expect(!suites.isEmpty)
      #expect(
        suites.allSatisfy { $0.contains("ECDHE-") && ($0.contains("GCM") || $0.contains("CHACHA20")) }, "\(suites)")
    }
  }
}
