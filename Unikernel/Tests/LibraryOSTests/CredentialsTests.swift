import Interchange
import LibraryOS
import Testing

struct CredentialsTests {
  static func credentials(_ fields: [ByteString]) -> Credentials {
    Credentials(
      of: HTTPRequest(
        method: "GET", path: "/",
        headers: [HTTPField("host", "x"), HTTPField("authorizations", "Basic x")]
          + fields.map { HTTPField("authorization", $0) }))
  }

  @Test(
    "a field is a scheme, in any case, and what follows it",
    arguments: [
      ("Basic YTpi", "basic", "YTpi"), ("BASIC   YTpi", "basic", "YTpi"), ("Bearer a.b.c", "bearer", "a.b.c"),
      ("Basic", "basic", ""), ("Basic ", "basic", ""), ("x-1 a b", "x-1", "a b"),
    ] as [(ByteString, ByteString, ByteString)])
  func shown(field: ByteString, scheme: ByteString, value: ByteString) {
    #expect(CredentialsTests.credentials([field]) == .shown(scheme: scheme, value: value))
  }

  @Test(
    "a field without a scheme is malformed", arguments: ["", " Basic x", "B@sic x", "Basic\tx", "Básic x", "\"a\" x"])
  func malformed(field: String) {
    #expect(CredentialsTests.credentials([ByteString(field)]) == .malformed)
  }

  @Test("two fields are malformed, even if they are equal, and none is none")
  func count() {
    #expect(CredentialsTests.credentials(["Basic x", "Basic x"]) == .malformed)
    #expect(CredentialsTests.credentials(["Basic x", "Bearer y", "Basic x"]) == .malformed)
    #expect(CredentialsTests.credentials([]) == .absent)
  }

  @Test("a realm is quoted in a challenge, and each challenge has its field in a refusal")
  func challenges() {
    let challenge = Credentials.challenge(scheme: "Basic", realm: "a\"b\\c", suffix: ", x=y")
    #expect(challenge == "Basic realm=\"a\\\"b\\\\c\", x=y")
    let refusal = Credentials.refusal([challenge, "Bearer realm=\"r\""])
    #expect(refusal.status == 401)
    #expect(
      refusal.headers.filter { $0.name == "www-authenticate" }.map(\.value) == [challenge, "Bearer realm=\"r\""])
  }
}
