import TOSCA

/// What browsers are told with every answer. Values go into header fields as they are, so that each is checked here.
extension Interpretation {
  /// The values of `Referrer-Policy` (Referrer Policy, 3).
  static let referrerPolicies = [
    "no-referrer", "no-referrer-when-downgrade", "same-origin", "origin", "strict-origin", "origin-when-cross-origin",
    "strict-origin-when-cross-origin", "unsafe-url",
  ]
  /// The values of `Cross-Origin-Opener-Policy` (HTML, 7.1.3).
  static let openerPolicies = ["unsafe-none", "same-origin-allow-popups", "same-origin", "noopener-allow-popups"]
  /// The values of `Cross-Origin-Resource-Policy` (Fetch Standard, 3.7).
  static let resourcePolicies = ["same-origin", "same-site", "cross-origin"]
  /// The most origins, methods or header fields.
  static let mostNames = 64
  /// The most bytes of a value.
  static let longestHeader = 4096

  mutating func readResponseHeaders(_ properties: Properties) -> ResponseHeaders? {
    let before = findings.count
    let content = headerValue("content_security_policy", of: properties)
    let permissions = headerValue("permissions_policy", of: properties)
    let sniffing = flag("content_type_options", of: properties)
    let referrer = choice("referrer_policy", of: properties, from: Self.referrerPolicies)
    let opener = choice("opener_policy", of: properties, from: Self.openerPolicies)
    let resource = choice("resource_policy", of: properties, from: Self.resourcePolicies)
    let crossOrigin = readCrossOrigin(properties)
    guard findings.count == before else { return nil }
    return ResponseHeaders(
      contentSecurityPolicy: content, forbidsSniffing: sniffing ?? true,
      referrerPolicy: referrer?.value ?? "no-referrer", permissionsPolicy: permissions,
      openerPolicy: opener?.value ?? "same-origin", resourcePolicy: resource?.value ?? "same-origin",
      crossOrigin: crossOrigin)
  }

  /// A text that can be the value of a header field: nothing in it ends a line.
  private mutating func headerValue(_ name: String, of properties: Properties) -> String? {
    guard let text = text(name, of: properties) else { return nil }
    guard (1...Self.longestHeader).contains(text.value.utf8.count),
      text.value.utf8.allSatisfy({ (0x20...0x7E).contains($0) }), text.value.first != " ", text.value.last != " "
    else {
      report(
        "invalid-value", at: text.place, "`\(name)` of \(properties.holder) cannot be the value of a header field",
        expected: "1 to \(Self.longestHeader) printable ASCII characters on one line")
      return nil
    }
    return text.value
  }

  private mutating func readCrossOrigin(_ properties: Properties) -> CrossOrigin? {
    guard let value = value("cors", of: properties) else { return nil }
    guard let cors = Properties(value, holder: "`cors` of \(properties.holder)") else {
      report(
        "invalid-value", at: value.place, "`cors` of \(properties.holder) is not a map", expected: "`origins` and more")
      return nil
    }
    let origins = names("origins", of: cors, required: true, expected: "an origin such as `https://shop.example`") {
      $0 == "*" || Self.isOrigin($0)
    }
    let methods = names("methods", of: cors, expected: "a method in upper case, such as `PUT`") {
      Self.isFieldName($0) && $0 == $0.uppercased()
    }
    let headers = names("headers", of: cors, expected: "the name of a header field", isRight: Self.isFieldName)
    let exposed = names("exposed", of: cors, expected: "the name of a header field", isRight: Self.isFieldName)
    let credentials = flag("credentials", of: cors) ?? false
    let age = amount("max_age", of: cors, in: 0...86_400, unit: "seconds")
    if origins.contains("*"), origins.count > 1 || credentials {
      let message =
        credentials
        ? "\(cors.holder) lets pages of any origin ask with the credentials of whoever looks at them"
        : "\(cors.holder) names origins beside `*`"
      report(
        "open-origins", at: cors.values["origins"]?.place ?? cors.place, message,
        expected: credentials ? "the origins that may, or no `credentials`" : "`*` alone, or origins")
    }
    return CrossOrigin(
      origins: origins, methods: methods, headers: headers.map { $0.lowercased() },
      exposed: exposed.map { $0.lowercased() }, allowsCredentials: credentials, maximumAgeSeconds: age ?? 0)
  }

  /// A list of texts, each of which is right.
  mutating func names(
    _ name: String, of properties: Properties, required: Bool = false, expected: String, isRight: (String) -> Bool
  ) -> [String] {
    guard let texts = texts(name, of: properties, required: required) else { return [] }
    for text in texts where !isRight(text.value) {
      report(
        "invalid-value", at: text.place, "`\(name)` of \(properties.holder) has `\(text.value)`", expected: expected)
    }
    if texts.count > Self.mostNames || (required && texts.isEmpty) {
      report(
        "invalid-value", at: properties.values[name]?.place ?? properties.place,
        "`\(name)` of \(properties.holder) has \(texts.count) entries",
        expected: "\(required ? 1 : 0) to \(Self.mostNames)")
    }
    return texts.map(\.value)
  }

  /// A scheme and a host with a port that is not the scheme's own, as browsers write an origin (RFC 6454, 6.2).
  static func isOrigin(_ text: String) -> Bool {
    guard text.utf8.count <= 256,
      let match = text.wholeMatch(of: /(https?):\/\/([a-z0-9.\-]+|\[[0-9a-f:.]+\])(:[1-9][0-9]{0,4})?/)
    else { return false }
    return match.3 != (match.1 == "https" ? ":443" : ":80")
  }

  static func isFieldName(_ text: String) -> Bool {
    (1...64).contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F: true
        default: false
        }
      }
  }
}
