/// What a handler answers. The server adds `Content-Length`, `Date` and `Connection`; a response that has these, or a
/// field or status that HTTP does not allow, or that is over the bounds, is replaced by status 500.
public struct Response: Sendable {
  /// The status code, 200 to 599.
  public var status: Int
  /// The header fields, at most 64.
  public var headers: [Field]
  /// The content, at most 4 MiB.
  public var body: Text

  /// A response from its parts.
  @export(interface)
  public init(status: Int, headers: [Field], body: Text) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// A response without content, such as `Response(204)`.
  @export(interface)
  public init(_ status: Int) {
    self.init(status: status, headers: [], body: "")
  }

  /// Plain text.
  @export(interface)
  public static func text(_ body: Text, status: Int = 200) -> Response {
    Response(status: status, headers: [Field("content-type", "text/plain; charset=utf-8")], body: body)
  }

  /// A page of HTML. Put text that came from outside into it with `\(html: text)`.
  @export(interface)
  public static func html(_ body: Text, status: Int = 200) -> Response {
    Response(status: status, headers: [Field("content-type", "text/html; charset=utf-8")], body: body)
  }

  /// A document of JSON. Put text into it with `\(json: text)`.
  @export(interface)
  public static func json(_ body: Text, status: Int = 200) -> Response {
    Response(status: status, headers: [Field("content-type", "application/json")], body: body)
  }

  /// Sends the client to another path, with a GET (RFC 9110, 15.4.4).
  @export(interface)
  public static func redirect(to path: Text) -> Response {
    Response(status: 303, headers: [Field("location", path)], body: "")
  }
}
