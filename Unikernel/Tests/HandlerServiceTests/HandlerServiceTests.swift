import Handler
import Interchange
import LibraryOS
import LibraryOSTesting
import Testing

@testable import HandlerService

@Suite("A handler of the user's own")
struct HandlerServiceTests {
  private static let settings = [
    Parameter(module: "handler", name: "paths", value: .list([.text("/book"), .text("/book/old/shelf")])),
    Parameter(module: "handler", name: "capacity-bytes", value: .integer(1000)),
    Parameter(module: "handler", name: "maximum-steps", value: .integer(5000)),
  ]

  private func service(_ respond: @escaping (Request, any Store) -> Response) throws -> HandlerService {
    let service = HandlerService(clock: ManualClock()) { $0.answer(with: respond) }
    try service.prepare(HandlerServiceTests.settings)
    service.commit()
    return service
  }

  private func ask(
    _ service: HandlerService, _ request: HTTPRequest, as principal: Principal = .visitor
  ) throws -> HTTPResponse {
    var answer: HTTPResponse?
    let exchange = Exchange(
      request: request, source: Endpoint(IPv4Address(10, 0, 0, 1), port: 1), arrival: Instant(nanoseconds: 0)
    ) { answer = $0 }
    exchange.principal = principal
    service.respond(to: exchange)
    return try #require(answer)
  }

  private func counter(_ name: ByteString, of service: HandlerService) -> UInt64? {
    service.counters.first { $0.name == name }?.value
  }

  @Test("is given the request and its caller, and its response is sent")
  func exchange() throws {
    let service = try service { request, _ in
      #expect(request.method == "POST")
      #expect(request.path == "/book/17")
      #expect(request.parameter("n") == "1")
      #expect(request.header("accept") == "text/plain")
      #expect(request.header("authorization") == nil, "the secret stays with authentication")
      #expect(request.body == "hello")
      return Response(
        status: 201, headers: [Field("Location", "/book/18")],
        body: "\(request.caller.subject) \(request.caller.roles[0]) \(request.caller.scheme)")
    }
    let response = try ask(
      service,
      HTTPRequest(
        method: "POST", path: "/book/17", query: "n=1",
        headers: [HTTPField("authorization", "Basic c2VjcmV0"), HTTPField("accept", "text/plain")],
        body: Array("hello".utf8)),
      as: Principal(name: "rita", roles: ["reader"], scheme: "basic"))
    #expect(response.status == 201)
    #expect(response.headers == [HTTPField("location", "/book/18")])
    #expect(String(decoding: response.body, as: UTF8.self) == "rita reader basic")
    #expect(counter("handler.requests", of: service) == 1)
  }

  @Test("answers HEAD as it answers GET")
  func head() throws {
    let service = try service { request, _ in .text(request.method) }
    #expect(try ask(service, HTTPRequest(method: "HEAD", path: "/book")).body == Array("GET".utf8))
  }

  @Test("gets what is below its paths, and nothing else")
  func claims() throws {
    let service = try service { _, _ in Response(204) }
    #expect(service.claim("/book") == 5)
    #expect(service.claim("/book/old/shelf/1") == 15)
    #expect(service.claim("/books") == nil)
    #expect(service.claim("/") == nil)
  }

  @Test(
    "never sends a response that HTTP does not allow, or that could pass for two",
    arguments: [
      Response(status: 199, headers: [], body: ""), Response(status: 600, headers: [], body: ""),
      Response(status: 200, headers: [Field("", "x")], body: ""),
      Response(status: 200, headers: [Field("a b", "x")], body: ""),
      Response(status: 200, headers: [Field("a\r\nb", "x")], body: ""),
      Response(status: 200, headers: [Field("a", "x\r\nset-cookie: b")], body: ""),
      Response(status: 200, headers: [Field("a", "x\u{0}")], body: ""),
      Response(status: 200, headers: [Field("a", " x")], body: ""),
      Response(status: 200, headers: [Field("Content-Length", "0")], body: ""),
      Response(status: 200, headers: [Field("transfer-encoding", "chunked")], body: ""),
      Response(status: 200, headers: [Field("connection", "close")], body: ""),
      Response(status: 200, headers: Array(repeating: Field("a", "b"), count: 65), body: ""),
      Response(status: 200, headers: [Field("a", Text(bytes: Array(repeating: 0x61, count: 8192)))], body: ""),
      Response(status: 200, headers: [], body: Text(bytes: Array(repeating: 0, count: 4 << 20 | 1))),
    ])
  func unusable(response: Response) throws {
    let service = try service { _, _ in response }
    let answer = try ask(service, HTTPRequest(method: "GET", path: "/book"))
    #expect(answer.status == 500)
    #expect(answer.body.count < 100)
    #expect(counter("handler.unusable-responses", of: service) == 1)
  }

  @Test("sends responses up to the bounds")
  func usable() throws {
    let largest = Response(
      status: 599, headers: Array(repeating: Field("x-a", "b\tc é"), count: 64),
      body: Text(bytes: Array(repeating: 0x61, count: 4 << 20)))
    let service = try service { _, _ in largest }
    #expect(try ask(service, HTTPRequest(method: "GET", path: "/book")).status == 599)
  }

  @Test("keeps values from one request to the next, until there is no room")
  func store() throws {
    let service = try service { request, store in
      for index in 0..<100 where !store.set("12345678", for: "key/\(index)") {
        return .text("\(store.count) \(store.keys(startingWith: "key/1").count)")
      }
      return .text("all")
    }
    // 1000 bytes hold seven entries of 13 and what each costs besides.
    #expect(try ask(service, HTTPRequest(method: "GET", path: "/book")).body == Array("7 1".utf8))
    #expect(counter("handler.store-bytes", of: service) == 7 * (5 + 8 + 128))
    let second = BoundedStore(capacityBytes: 1 << 20)
    #expect(!second.set("", for: Text(bytes: Array(repeating: 0x61, count: 1025))))
    #expect(second.set("x", for: Text(bytes: Array(repeating: 0x61, count: 1024))))
    #expect(second.set("v", for: "a") && second.value(for: "a") == "v")
    #expect(second.remove("a") && !second.remove("a") && second.value(for: "a") == nil)
  }

  @Test(
    "refuses settings without a path, with a path that no request has, or with bounds that make no sense",
    arguments: [
      ("paths", .list([])), ("paths", .text("/")), ("paths", .list([.text("book")])),
      ("paths", .list([.text("/a/../b")])),
      ("capacity-bytes", .integer(-1)), ("capacity-bytes", .integer(1 << 31)), ("maximum-steps", .integer(999)),
      ("maximum-steps", .text("many")), ("unknown", .integer(1)),
    ] as [(ByteString, ParameterValue)])
  func settings(name: ByteString, value: ParameterValue) throws {
    let service = try service { _, _ in Response(204) }
    #expect(throws: ParameterFault.self) {
      try service.prepare([Parameter(module: "handler", name: name, value: value)])
    }
    service.rollback()
    service.commit()
    #expect(service.claim("/book") == 5, "what was refused changes nothing")
  }

  @Test("is not served before it has paths")
  func unset() {
    let service = HandlerService(clock: ManualClock()) { _ in }
    #expect(throws: ParameterFault.self) { try service.prepare([]) }
    #expect(service.claim("/") == nil)
  }

  @Test("that gives no response is answered for")
  func silent() throws {
    let service = HandlerService(clock: ManualClock()) { _ in }
    try service.prepare(HandlerServiceTests.settings)
    service.commit()
    #expect(try ask(service, HTTPRequest(method: "GET", path: "/book")).status == 500)
  }
}
