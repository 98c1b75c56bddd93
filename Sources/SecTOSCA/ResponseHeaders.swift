/// What browsers are told with every answer.
public struct ResponseHeaders: Hashable, Sendable, Codable {
  /// `Content-Security-Policy` (CSP 3), if it is sent.
  public var contentSecurityPolicy: String?
  /// Whether browsers are told not to guess media types (`X-Content-Type-Options: nosniff`).
  public var forbidsSniffing: Bool
  /// `Referrer-Policy`.
  public var referrerPolicy: String
  /// `Permissions-Policy`, if it is sent.
  public var permissionsPolicy: String?
  /// `Cross-Origin-Opener-Policy`.
  public var openerPolicy: String
  /// `Cross-Origin-Resource-Policy`.
  public var resourcePolicy: String
  /// Which other origins may read answers; nil: none.
  public var crossOrigin: CrossOrigin?

  /// What browsers are told with every answer.
  public init(
    contentSecurityPolicy: String? = nil, forbidsSniffing: Bool = true, referrerPolicy: String = "no-referrer",
    permissionsPolicy: String? = nil, openerPolicy: String = "same-origin", resourcePolicy: String = "same-origin",
    crossOrigin: CrossOrigin? = nil
  ) {
    self.contentSecurityPolicy = contentSecurityPolicy
    self.forbidsSniffing = forbidsSniffing
    self.referrerPolicy = referrerPolicy
    self.permissionsPolicy = permissionsPolicy
    self.openerPolicy = openerPolicy
    self.resourcePolicy = resourcePolicy
    self.crossOrigin = crossOrigin
  }

  /// The fields with their values, names in lower case.
  public var fields: [(name: String, value: String)] {
    var fields: [(name: String, value: String)] = []
    if let contentSecurityPolicy { fields.append(("content-security-policy", contentSecurityPolicy)) }
    if forbidsSniffing { fields.append(("x-content-type-options", "nosniff")) }
    fields.append(("referrer-policy", referrerPolicy))
    if let permissionsPolicy { fields.append(("permissions-policy", permissionsPolicy)) }
    fields.append(("cross-origin-opener-policy", openerPolicy))
    fields.append(("cross-origin-resource-policy", resourcePolicy))
    return fields
  }
}

/// Which pages of other origins may read answers, and with what they may ask (CORS, Fetch Standard, 3.3).
public struct CrossOrigin: Hashable, Sendable, Codable {
  /// The origins, such as `https://shop.example`; `*` alone for all.
  public var origins: [String]
  /// The methods besides GET, HEAD and POST.
  public var methods: [String]
  /// The request header fields, in lower case.
  public var headers: [String]
  /// The response header fields that may be read, in lower case.
  public var exposed: [String]
  /// Whether cookies and the like are sent along.
  public var allowsCredentials: Bool
  /// For how many seconds a browser keeps the answer to a preflight.
  public var maximumAgeSeconds: Int

  /// Which pages of other origins may read answers.
  public init(
    origins: [String], methods: [String] = [], headers: [String] = [], exposed: [String] = [],
    allowsCredentials: Bool = false, maximumAgeSeconds: Int = 0
  ) {
    self.origins = origins
    self.methods = methods
    self.headers = headers
    self.exposed = exposed
    self.allowsCredentials = allowsCredentials
    self.maximumAgeSeconds = maximumAgeSeconds
  }

  /// Whether any origin will do.
  var isOpen: Bool { origins == ["*"] }

  /// Whether this lets nobody do what the other does not.
  func isAtLeast(asStrongAs other: CrossOrigin) -> Bool {
    (other.isOpen || (!isOpen && Set(origins).isSubset(of: other.origins)))
      && (!allowsCredentials || other.allowsCredentials) && Set(methods).isSubset(of: other.methods)
      && Set(headers).isSubset(of: other.headers)
  }
}

extension ResponseHeaders {
  /// Whether this says at least what the other says, and lets no more origins in. What policies say is not compared.
  func isAtLeast(asStrongAs other: ResponseHeaders) -> Bool {
    (contentSecurityPolicy != nil || other.contentSecurityPolicy == nil) && (forbidsSniffing || !other.forbidsSniffing)
      && (permissionsPolicy != nil || other.permissionsPolicy == nil)
      && (crossOrigin.map { own in other.crossOrigin.map { own.isAtLeast(asStrongAs: $0) } ?? false } ?? true)
  }

  var summary: String {
    let policy = contentSecurityPolicy == nil ? "" : " with a content security policy"
    let readers = crossOrigin.map { ", read by " + $0.origins.joined(separator: " ") } ?? ""
    return "\(fields.count) fields\(policy)\(readers)"
  }
}
