import Foundation
import Testing

@testable import ControlPlane
@testable import Orchestration

/// What images are linked from, where it has been made.
private let library = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent().appending(path: ".build/library").path

@Suite("The description of the API")
struct APIDescriptionTests {
  @Test(
    "every route that is registered is described, and no other",
    .enabled(
      if: FileManager.default.fileExists(atPath: library + "/toolchain.json"),
      "the library that `make library` makes is needed"))
  func complete() throws {
    let home = FileManager.default.temporaryDirectory.appending(path: "testudo-routes-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: home) }
    let directory = HomeDirectory(path: home.path)
    let environment = try OrchestrationEnvironment(home: directory, library: library, forwarderProgram: "")
    let server = APIServer(
      orchestrator: try Orchestrator(environment: environment), home: directory, endsWhenIdle: false)
    let described = Set(APIRoute.all.map { "\($0.method) \($0.path)" })
    #expect(Set(server.router().routes.map { "\($0.method.rawValue) \($0.path)" }) == described)
    #expect(described.count == APIRoute.all.count)
    let open = Set(APIRoute.withoutTokens.map { "\($0.method) \($0.path)" })
    #expect(Set(server.decisionRouter().routes.map { "\($0.method.rawValue) \($0.path)" }) == open)
  }

  @Test("each operation says what is answered, what can go wrong, and who may")
  func operations() throws {
    let document = try APIDescription.document()
    #expect(document["openapi"] == "3.1.0")
    guard case .object(let paths)? = document["paths"] else { throw CancellationError() }
    var names: Set<JSON> = []
    for route in APIRoute.all {
      let operation = try #require(paths[route.path]?[route.method.lowercased()])
      #expect(names.insert(try #require(operation["operationId"])).inserted, "\(route.name)")
      #expect(operation["responses"]?[String(route.status)] != nil)
      let isOpen = operation["security"] == []
      #expect(isOpen == (route.operation == nil))
      #expect((operation["responses"]?["401"] != nil) == !isOpen && (operation["responses"]?["403"] != nil) == !isOpen)
      #expect((operation["requestBody"] != nil) == (route.body != nil))
      #expect((operation["responses"]?["413"] != nil) == (route.body != nil))
    }
  }

  @Test("every schema that is named is there, and every one that is there is named")
  func schemas() throws {
    let document = try APIDescription.document()
    guard case .object(let schemas)? = document["components"]?["schemas"] else { throw CancellationError() }
    var named: Set<String> = []
    func look(_ value: JSON) {
      switch value {
      case .object(let fields):
        if case .text(let reference)? = fields["$ref"] { named.insert(reference) }
        fields.values.forEach(look)
      case .list(let items): items.forEach(look)
      default: break
      }
    }
    look(document)
    #expect(named == Set(schemas.keys.map { "#/components/schemas/\($0)" }))
  }

  @Test(
    "fields of a body that its schema does not know are refused, wherever they are, and so are those that are missing",
    arguments: [
      ("LevelRequest", #"{"level":"high"}"#, nil), ("LevelRequest", #"{"level":null}"#, nil),
      ("LevelRequest", #"{"levl":"high"}"#, "a field `levl`, expected none but `level`"),
      ("LevelRequest", "{}", "no `level`"), ("LevelRequest", #"["level"]"#, nil),
      ("RollbackRequest", "{}", nil), ("RollbackRequest", #"{"version":1}"#, "`version`"),
      ("ServiceRequest", #"{"path":"/a","inputs":{"anything":"1"},"sources":null}"#, nil),
      ("ServiceRequest", #"{"path":"/a","levle":"high"}"#, "`levle`"),
      (
        "ServiceRequest", #"{"path":"/a","sources":{"folders":[],"profiles":[],"repositories":{},"more":1}}"#,
        "`sources` has a field `more`"
      ),
      ("TenantQuota", #"{"servces":1}"#, "`servces`"),
      ("TenantRequest", #"{"tenant":"a","quota":{"servces":1}}"#, "`quota` has a field `servces`"),
      ("TenantRequest", #"{"tenant":"a","quota":null}"#, nil),
      ("TokenRequest", #"{"name":"a","role":"viewer","dayz":1}"#, "`dayz`"),
      ("PolicyRequest", #"{"services":[],"files":[{"file":"a","text":""}]}"#, nil),
      ("PolicyRequest", #"{"services":[],"files":[{"file":"a","text":"","x":1}]}"#, "`files[0]` has a field `x`"),
      ("PolicyRequest", #"{"services":[],"files":[{"file":"a"}]}"#, "`files[0]` has no `text`"),
      ("Attributes", #"{"anything":"1"}"#, nil),
    ] as [(String, String, String?)])
  func fields(schema: String, body: String, said: String?) throws {
    let mistake = try #require(BodySchema(named: schema)).mistake(
      in: try JSONDecoder().decode(JSON.self, from: Data(body.utf8)))
    #expect((mistake == nil) == (said == nil), "\(mistake ?? "nothing was found")")
    if let said { #expect(mistake?.contains(said) == true, "\(mistake ?? "")") }
  }

  @Test("every body that is decoded has a schema that is closed, or says that any field may be there")
  func closedBodies() throws {
    let document = try APIDescription.document()
    for route in APIRoute.all {
      guard let body = route.body, let name = body.schema, !body.isRefusedByHandler else { continue }
      let schema = try #require(document["components"]?["schemas"]?[name])
      // AuthZEN's bodies may have more: whoever asks and whoever answers pass over what they do not know (1.0, section 5).
      guard !route.path.contains("access/v1/") else { continue }
      #expect(schema["additionalProperties"] != nil, "\(route.name): \(name)")
    }
  }

  @Test(
    "values of a query are what is described",
    arguments: [
      (APIParameter.Kind.tenant(everywhere: false), "shop", true), (.tenant(everywhere: false), "*", false),
      (.tenant(everywhere: true), "*", true), (.tenant(everywhere: false), "../shop", false),
      (.tenant(everywhere: false), "", false), (.number(0...10), "10", true), (.number(0...10), "11", false),
      (.number(0...10), "+1", false), (.number(0...Int.max), "99999999999999999999", false), (.text(3), "abcd", false),
      (.text(3), "", false), (.flag, "yes", false), (.flag, "true", true),
    ])
  func parameters(kind: APIParameter.Kind, value: String, isRight: Bool) {
    #expect((APIParameter(name: "x", kind: kind, summary: "").expectation(for: value) == nil) == isRight)
  }

  @Test("what is no document is refused by its place, and no type of ours is named")
  func mistakes() throws {
    func message<Value: Decodable>(_ type: Value.Type, _ text: String) -> String {
      do {
        _ = try JSONDecoder().decode(type, from: Data(text.utf8))
        return "none"
      } catch let error as DecodingError {
        return error.expectation
      } catch {
        return "\(error)"
      }
    }
    #expect(message(PolicyRequest.self, "{") == "it is not JSON, expected a JSON document")
    #expect(message(PolicyRequest.self, "{}") == "it has no `services`")
    #expect(
      message(PolicyRequest.self, #"{"services":["a"],"files":[{"file":1,"text":""}]}"#)
        == "`files[0].file` is of another kind, expected a text")
    #expect(message(ServiceRequest.self, #"{"path":"/a","strict":"no"}"#).hasSuffix("expected `true` or `false`"))
    #expect(
      message(AccessTokenRequest.self, #"{"name":"a","role":"king"}"#).hasPrefix("`role` is not one of the values"))
  }
}

@Suite("Metrics")
struct MetricsTests {
  @Test("each family has its help and type once, labels are escaped, and what has no samples is left out")
  func format() {
    var metrics = Metrics()
    metrics.add("a_total", .counter, "How many.", [.init(labels: [("name", "q\"\\\nx"), ("b", "c")], value: 3)])
    metrics.add("b", .gauge, "Now.", 0.5)
    metrics.add("c", .gauge, "Nothing.", [])
    metrics.add("d", .summary, "Time.", [.init(value: 2, suffix: "_sum"), .init(value: 4, suffix: "_count")])
    #expect(
      metrics.text == """
        # HELP a_total How many.
        # TYPE a_total counter
        a_total{name="q\\"\\\\\\nx",b="c"} 3
        # HELP b Now.
        # TYPE b gauge
        b 0.5
        # HELP d Time.
        # TYPE d summary
        d_sum 2
        d_count 4

        """)
  }
}
