import Crypto
import Foundation
import Testing

@testable import Webhooks

@Suite("Webhooks")
struct WebhookTests {
  @Test("a message is signed with each key, over its identifier, its time and its body")
  func signature() throws {
    // The example of Standard Webhooks 1.0.
    let key = Array(try #require(Data(base64Encoded: "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")))
    let message = WebhookMessage(id: "msg_p5jXN8AQM9LWM0D4loKWxJek", body: Array(#"{"test": 2432232314}"#.utf8))
    let fields = message.fields(signedWith: [key, [UInt8](repeating: 7, count: 32)], at: 1_614_265_330)
    #expect(fields.map(\.name) == ["webhook-id", "webhook-timestamp", "webhook-signature"])
    #expect(fields[0].value == "msg_p5jXN8AQM9LWM0D4loKWxJek" && fields[1].value == "1614265330")
    let signatures = fields[2].value.split(separator: " ")
    #expect(signatures.count == 2 && signatures[0] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
    #expect(signatures[1] != signatures[0])
  }

  @Test(
    "addresses of this host and its networks are told from those of the world",
    arguments: [
      ("127.0.0.1", true), ("10.1.2.3", true), ("172.16.0.1", true), ("172.32.0.1", false), ("192.168.1.1", true),
      ("169.254.169.254", true), ("100.64.0.1", true), ("0.0.0.0", true), ("224.0.0.1", true), ("192.0.0.8", true),
      ("8.8.8.8", false), ("::1", true), ("::", true), ("fe80::1", true), ("fd00::1", true), ("ff02::1", true),
      ("::ffff:127.0.0.1", true), ("::ffff:8.8.8.8", false), ("64:ff9b::10.0.0.1", true), ("2002:7f00:1::", true),
      ("2001:4860:4860::8888", false), ("2001::1", true),
    ])
  func scopes(_ text: String, _ isLocal: Bool) {
    var bytes = [UInt8](repeating: 0, count: text.contains(":") ? 16 : 4)
    #expect(inet_pton(text.contains(":") ? AF_INET6 : AF_INET, text, &bytes) == 1)
    #expect((AddressScope(bytes) == .local) == isLocal)
  }

  @Test("a URL leads to a host, a port and a path with its query")
  func receivers() throws {
    let plain = try #require(WebhookReceiver(url: "https://hooks.example", isPrivate: false, authorities: []))
    #expect(plain.port == 443 && plain.target == "/" && plain.isEncrypted && plain.authority == "hooks.example")
    let other = try #require(
      WebhookReceiver(url: "http://[::1]:8080/a%20b?c=d", isPrivate: true, authorities: []))
    #expect(other.host == "::1" && other.target == "/a%20b?c=d" && other.authority == "[::1]:8080")
    #expect(WebhookReceiver(url: "ftp://hooks.example", isPrivate: false, authorities: []) == nil)
    #expect(WebhookReceiver(url: "hooks.example", isPrivate: false, authorities: []) == nil)
  }

  @Test("an address of another scope than was declared is not connected to", arguments: [true, false])
  func scopeIsChecked(isPrivate: Bool) async throws {
    let url = isPrivate ? "http://192.0.2.1:9/" : "https://127.0.0.1:9/"
    let receiver = try #require(WebhookReceiver(url: url, isPrivate: isPrivate, authorities: []))
    let fault = await #expect(throws: WebhookFault.self) {
      try await WebhookClient().deliver(
        WebhookMessage(id: "a", body: []), to: receiver, signedWith: [[1]], at: 1)
    }
    #expect(fault?.reason.contains("private: true") == true)
  }
}
