import Handler

/// A guest book: everybody reads it, guests write a line each, and editors strike out what should not be there.
func respond(to request: Request, in store: any Store) -> Response {
  let path = request.segments
  guard path.first == "book", path.count <= 2 else { return .text("there is only /book here\n", status: 404) }
  switch request.method {
  case "GET" where path.count == 1:
    var page: Text = "<!doctype html><title>Guest book</title><h1>Guest book</h1><ul>"
    for key in store.keys(startingWith: "line/") {
      page += "<li>\(html: store.value(for: key) ?? "")</li>"
    }
    let name = request.caller.isVisitor ? "a visitor" : request.caller.subject
    return .html(page + "</ul><p>You are \(html: name).</p>\n")

  case "POST" where path.count == 1:
    let line = request.body.trimmed
    guard !line.isEmpty, line.count <= 200 else { return .text("expected 1 to 200 bytes of text\n", status: 422) }
    let subject = request.caller.subject
    guard store.set("\(subject): \(line)", for: "line/\(subject)") else {
      return .text("the book is full\n", status: 507)
    }
    return .redirect(to: "/book")

  case "DELETE" where path.count == 2:
    return Response(store.remove("line/\(path[1])") ? 204 : 404)

  default:
    return Response(status: 405, headers: [Field("allow", "GET, HEAD, POST, DELETE")], body: "")
  }
}
