/// A request that the service's protection let through, whole. The service's modules have read it: it is a valid
/// message, of bounded size, and its path is in normal form.
public struct Request: Sendable {
  /// The method, such as `GET`. A `HEAD` request is handed over as `GET`: the server leaves the body out.
  public let method: Text
  /// The path that the client asked for, such as `/book/17`: no query, no empty or dot segments.
  public let path: Text
  /// What follows `?`, as sent; empty when there is none.
  public let query: Text
  /// The header fields in the order sent, names in lower case. `Authorization` is not among them: whom it names is in
  /// `caller`, and the secret it shows is none of the handler's business.
  public let headers: [Field]
  /// The content.
  public let body: Text
  /// Who asks.
  public let caller: Caller
  /// When the request is answered: milliseconds since 1970-01-01 UTC.
  public let time: Int

  /// A request from its parts.
  @export(interface)
  public init(
    method: Text, path: Text, query: Text, headers: [Field], body: Text, caller: Caller, time: Int
  ) {
    self.method = method
    self.path = path
    self.query = query
    self.headers = headers
    self.body = body
    self.caller = caller
    self.time = time
  }

  /// The value of the first header field of that name, which is written in lower case.
  @export(interface)
  public func header(_ name: Text) -> Text? {
    for field in headers where field.name == name { return field.value }
    return nil
  }

  /// The value of a name in the query, such as `celsius` in `?celsius=21`.
  @export(interface)
  public func parameter(_ name: Text) -> Text? {
    query.formValue(name)
  }

  /// The segments of the path: `book` and `17` of `/book/17`; none of `/`.
  public var segments: [Text] {
    @export(interface) get { path.split(separator: "/").filter { !$0.isEmpty } }
  }
}

/// A header field.
public struct Field: Hashable, Sendable {
  /// The name, in lower case.
  public var name: Text
  /// The value.
  public var value: Text

  /// Pairs a name with a value.
  @export(interface)
  public init(_ name: Text, _ value: Text) {
    self.name = name
    self.value = value
  }
}

/// Who makes a request, as the authentication that is due at the present level found.
public struct Caller: Sendable {
  /// The name; empty for a visitor, who showed no credentials.
  public let subject: Text
  /// The roles that the credentials carry.
  public let roles: [Text]
  /// How the caller was identified: `basic`, `bearer`, or empty.
  public let scheme: Text

  /// Somebody.
  @export(interface)
  public init(subject: Text, roles: [Text], scheme: Text) {
    self.subject = subject
    self.roles = roles
    self.scheme = scheme
  }

  /// Whether no credentials were shown.
  public var isVisitor: Bool {
    @export(interface) get { subject.isEmpty }
  }

  /// Whether the caller has a role.
  @export(interface)
  public func has(role: Text) -> Bool {
    for own in roles where own == role { return true }
    return false
  }
}
