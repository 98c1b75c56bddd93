import CHandler
import Handler
import Interchange
import LibraryOS

/// Leads requests to a handler of the user's own, and its responses back. The handler is called on the image's one
/// thread and answers at once; nothing else happens meanwhile, which is why its steps are counted
/// (`Sources/CHandler/Steps.c`).
public final class HandlerService: Application {
  private struct Settings {
    var paths: [PathPrefix]
    var capacityBytes: Int
    var maximumSteps: UInt64
  }

  /// `handler`.
  public let name: ByteString = "handler"

  private let clock: any Clock
  private let handle: (Call) -> Void
  private let store = BoundedStore(capacityBytes: 1 << 20)
  private var paths: [PathPrefix] = []
  private var maximumSteps: UInt64 = 100_000_000
  private var prepared: Settings?
  private var requests: UInt64 = 0
  private var unusable: UInt64 = 0
  private var mostSteps: UInt64 = 0

  /// A service that calls `handle` for each request; it has the call's `response` set when it returns.
  public init(clock: any Clock, handle: @escaping (Call) -> Void) {
    self.clock = clock
    self.handle = handle
  }

  // MARK: Module

  /// Checks `paths`, `capacity-bytes` and `maximum-steps`.
  public func prepare(_ parameters: [Parameter]) throws(ParameterFault) {
    var settings = Settings(
      paths: paths, capacityBytes: store.values.capacityBytes, maximumSteps: maximumSteps)
    for parameter in parameters {
      switch parameter.name {
      case "paths": settings.paths = try HandlerService.paths(parameter.value)
      case "capacity-bytes":
        guard let value = parameter.value.integerValue, value >= 0, value <= 1 << 30 else {
          throw ParameterFault("handler.capacity-bytes", expected: "a number of bytes from 0 to 1073741824")
        }
        settings.capacityBytes = Int(value)
      case "maximum-steps":
        guard let value = parameter.value.integerValue, value >= 1000 else {
          throw ParameterFault("handler.maximum-steps", expected: "a number from 1000")
        }
        settings.maximumSteps = UInt64(value)
      default: throw ParameterFault("handler." + parameter.name, expected: "a parameter of handler")
      }
    }
    guard !settings.paths.isEmpty else {
      throw ParameterFault("handler.paths", expected: "at least one path such as / or /book")
    }
    prepared = settings
  }

  private static func paths(_ value: ParameterValue) throws(ParameterFault) -> [PathPrefix] {
    guard let list = value.listValue else { throw ParameterFault("handler.paths", expected: "a list of paths") }
    var paths: [PathPrefix] = []
    for item in list {
      guard let text = item.textValue, let path = PathPrefix(text) else {
        throw ParameterFault("handler.paths", expected: "paths such as / or /book")
      }
      paths.append(path)
    }
    return paths
  }

  /// Answers with what was prepared.
  public func commit() {
    guard let prepared else { return }
    paths = prepared.paths
    store.values.capacityBytes = prepared.capacityBytes
    maximumSteps = prepared.maximumSteps
    self.prepared = nil
  }

  /// Forgets what was prepared.
  public func rollback() {
    prepared = nil
  }

  /// Requests, responses that could not be sent, the most steps that one request took, and bytes kept.
  public var counters: [Counter] {
    [
      Counter("handler.requests", requests), Counter("handler.unusable-responses", unusable),
      Counter("handler.most-steps", mostSteps), Counter("handler.store-bytes", UInt64(store.values.usedBytes)),
    ]
  }

  // MARK: Application

  /// Claims what is below one of the paths.
  public func claim(_ path: ByteString) -> Int? {
    var longest: Int?
    for prefix in paths {
      if let length = prefix.claim(path), length > longest ?? -1 { longest = length }
    }
    return longest
  }

  /// Has the handler answer.
  public func respond(to exchange: Exchange) {
    requests &+= 1
    let call = Call(request: Request(exchange, time: clock.wallMilliseconds), store: store)
    testudo_handler_begin(maximumSteps)
    handle(call)
    let steps = testudo_handler_end()
    if steps > mostSteps { mostSteps = steps }
    guard let response = call.response, let checked = HTTPResponse(response) else {
      unusable &+= 1
      exchange.finish(.text(500, "the handler's response cannot be sent"))
      return
    }
    exchange.finish(checked)
  }
}
