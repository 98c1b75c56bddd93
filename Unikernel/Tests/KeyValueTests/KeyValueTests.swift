import Interchange
import LibraryOS
import LibraryOSTesting
import Testing

@testable import KeyValue

@Suite("The key-value service")
struct KeyValueTests {
  private func service(prefix: ByteString = "/", capacity: Int64 = 4 << 20) throws -> KeyValue {
    let service = KeyValue(random: RepeatableRandom())
    try service.prepare([
      Parameter(module: "key-value", name: "prefix", value: .text(prefix)),
      Parameter(module: "key-value", name: "capacity-bytes", value: .integer(capacity)),
    ])
    service.commit()
    return service
  }

  @discardableResult
  private func ask(
    _ service: KeyValue, _ method: ByteString, _ path: String, _ body: String = "", _ fields: HTTPField...
  ) throws -> HTTPResponse {
    var answer: HTTPResponse?
    let request = HTTPRequest(
      method: method, path: ByteString(path), headers: fields, body: Array(body.utf8))
    service.respond(
      to: Exchange(
        request: request, source: Endpoint(IPv4Address(10, 0, 0, 1), port: 1), arrival: Instant(nanoseconds: 0)
      ) { answer = $0 })
    return try #require(answer)
  }

  private func header(_ response: HTTPResponse, _ name: ByteString) -> ByteString? {
    response.headers.first { $0.name == name }?.value
  }

  private func text(_ response: HTTPResponse) -> String {
    String(decoding: response.body, as: UTF8.self)
  }

  @Test("a value is created, read, replaced and removed")
  func life() throws {
    let service = try service()
    #expect(try ask(service, "GET", "/orders/17").status == 404)
    let created = try ask(service, "PUT", "/orders/17", "{}", HTTPField("content-type", "application/json"))
    #expect(created.status == 201)
    #expect(header(created, "location") == "/orders/17")
    let read = try ask(service, "GET", "/orders/17")
    #expect(read.status == 200)
    #expect(text(read) == "{}")
    #expect(header(read, "content-type") == "application/json")
    #expect(header(read, "etag") == header(created, "etag"))
    let replaced = try ask(service, "PUT", "/orders/17", "new")
    #expect(replaced.status == 204)
    #expect(header(replaced, "etag") != header(created, "etag"))
    #expect(header(try ask(service, "GET", "/orders/17"), "content-type") == "application/octet-stream")
    #expect(try ask(service, "HEAD", "/orders/17").status == 200)
    #expect(try ask(service, "DELETE", "/orders/17").status == 204)
    #expect(try ask(service, "DELETE", "/orders/17").status == 404)
    #expect(try ask(service, "HEAD", "/orders/17").status == 404)
  }

  @Test("keys are listed sorted, all of them or those below a path")
  func lists() throws {
    let service = try service()
    #expect(text(try ask(service, "GET", "/")) == "[]\n")
    for key in ["/orders/2", "/orders/17", "/ordersheet", "/customers/a", "/orders/17/items"] {
      #expect(try ask(service, "PUT", key, "x").status == 201)
    }
    let all = try ask(service, "GET", "/")
    #expect(header(all, "content-type") == "application/json")
    #expect(text(all) == #"["customers/a","orders/17","orders/17/items","orders/2","ordersheet"]"# + "\n")
    #expect(text(try ask(service, "GET", "/orders")) == #"["orders/17","orders/17/items","orders/2"]"# + "\n")
    #expect(text(try ask(service, "GET", "/orders/")) == text(try ask(service, "GET", "/orders")))
    #expect(text(try ask(service, "GET", "/orders/17")) == "x")
    #expect(text(try ask(service, "GET", "/orders/17/")) == #"["orders/17/items"]"# + "\n")
    #expect(try ask(service, "GET", "/order").status == 404)
  }

  @Test("below a prefix of its own, the rest of the path is the key")
  func prefix() throws {
    let service = try service(prefix: "/store")
    #expect(service.claim("/stores") == nil)
    #expect(text(try ask(service, "GET", "/store")) == "[]\n")
    let created = try ask(service, "PUT", "/store/a", "x")
    #expect(header(created, "location") == "/store/a")
    #expect(text(try ask(service, "GET", "/store/")) == "[\"a\"]\n")
  }

  @Test(
    "other methods are refused with those that are allowed",
    arguments: [
      ("POST", "/a", "GET, HEAD, PUT, DELETE"), ("PATCH", "/a", "GET, HEAD, PUT, DELETE"), ("PUT", "/", "GET, HEAD"),
      ("DELETE", "/", "GET, HEAD"), ("PUT", "/a/", "GET, HEAD"), ("put", "/a", "GET, HEAD, PUT, DELETE"),
    ])
  func methods(method: String, path: String, allowed: String) throws {
    let response = try ask(try service(), ByteString(method), path, "x")
    #expect(response.status == 405)
    #expect(header(response, "allow")?.description == allowed)
  }

  @Test("conditions protect from overwriting what others wrote")
  func conditions() throws {
    let service = try service()
    let created = try ask(service, "PUT", "/a", "1", HTTPField("if-none-match", "*"))
    #expect(created.status == 201)
    #expect(try ask(service, "PUT", "/a", "2", HTTPField("if-none-match", "*")).status == 412)
    let tag = try #require(header(created, "etag"))
    #expect(try ask(service, "GET", "/a", "", HTTPField("if-none-match", tag)).status == 304)
    #expect(try ask(service, "PUT", "/a", "2", HTTPField("if-match", tag)).status == 204)
    #expect(try ask(service, "PUT", "/a", "3", HTTPField("if-match", tag)).status == 412)
    #expect(try ask(service, "DELETE", "/a", "", HTTPField("if-match", tag)).status == 412)
    #expect(text(try ask(service, "GET", "/a")) == "2")
  }

  @Test("at its capacity the store refuses, keeps what it has, and takes again when something is removed")
  func capacity() throws {
    let service = try service(capacity: 1000)
    let value = String(repeating: "v", count: 200)
    var stored = 0
    while try ask(service, "PUT", "/k\(stored)", value).status == 201 { stored += 1 }
    #expect(stored == 2)
    #expect(try ask(service, "PUT", "/k\(stored)", value).status == 507)
    #expect(try ask(service, "PUT", "/k0", value + String(repeating: "v", count: 400)).status == 507)
    #expect(text(try ask(service, "GET", "/k0")) == value)
    #expect(try ask(service, "PUT", "/k0", String(repeating: "w", count: 200)).status == 204)
    #expect(try ask(service, "DELETE", "/k1").status == 204)
    #expect(try ask(service, "PUT", "/k9", value).status == 201)
  }

  @Test("keys, types and the number of entries are bounded")
  func bounds() throws {
    let service = try service()
    let longest = "/" + String(repeating: "k", count: 1024)
    #expect(try ask(service, "PUT", longest, "x").status == 201)
    #expect(try ask(service, "PUT", longest + "k", "x").status == 414)
    let type = HTTPField("content-type", ByteString([UInt8](repeating: 0x61, count: 257)))
    #expect(try ask(service, "PUT", "/t", "x", type).status == 400)
    var store = KeyValueStore(capacityBytes: .max)
    for index in 0..<KeyValueStore.maximumCount {
      let entry = KeyValueStore.Entry(key: ByteString(decimal: index), contentType: "", entityTag: "", body: [])
      guard store.put(entry) else {
        Issue.record("entry \(index) refused")
        return
      }
    }
    let isOneMoreTaken = store.put(KeyValueStore.Entry(key: "one more", contentType: "", entityTag: "", body: []))
    #expect(!isOneMoreTaken)
    let isReplacementTaken = store.put(KeyValueStore.Entry(key: "17", contentType: "", entityTag: "", body: [1]))
    #expect(isReplacementTaken)
  }

  @Test("the store holds what a dictionary would, in order, and counts its bytes exactly")
  func model() {
    let random = RepeatableRandom(seed: 3)
    var store = KeyValueStore(capacityBytes: 1 << 20)
    var model: [ByteString: [UInt8]] = [:]
    for _ in 0..<5000 {
      let key = ByteString(decimal: random.number(below: 300))
      if random.number(below: 3) > 0 {
        let body = random.bytes(random.number(below: 20))
        let isTaken = store.put(KeyValueStore.Entry(key: key, contentType: "t", entityTag: "", body: body))
        #expect(isTaken)
        model[key] = body
      } else {
        let isRemoved = store.remove(key)
        #expect(isRemoved == (model.removeValue(forKey: key) != nil))
      }
    }
    #expect(store.entries.map(\.key) == model.keys.sorted())
    for (key, body) in model { #expect(store[key]?.body == body) }
    #expect(store.usedBytes == model.reduce(0) { $0 + $1.key.count + $1.value.count + 1 + KeyValueStore.overhead })
  }

  @Test("settings of another shape are refused")
  func refused() throws {
    let service = try service()
    let bad: [(ByteString, ParameterValue)] = [
      ("prefix", .integer(1)), ("prefix", .text("orders")), ("capacity-bytes", .integer(-1)),
      ("capacity-bytes", .integer(.max)), ("capacity-bytes", .text("4")), ("colour", .text("red")),
    ]
    for (name, value) in bad {
      #expect(throws: ParameterFault.self) {
        try service.prepare([Parameter(module: "key-value", name: name, value: value)])
      }
    }
  }

  @Test("without parameters it serves with the defaults")
  func defaults() throws {
    let service = KeyValue(random: RepeatableRandom())
    #expect(service.claim("/a") == nil)
    service.commit()
    #expect(service.claim("/a") == 1)
    #expect(try ask(service, "PUT", "/a", "x").status == 201)
  }
}
