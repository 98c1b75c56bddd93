public import Interchange
public import LibraryOS

/// What browsers are told with every answer: the fields that a template declares, in the place of what an application or a
/// backend said; and which pages of other origins may read it. Preflights (Fetch Standard, 4.8) are answered here, before
/// anybody is asked who they are, since browsers send them without credentials. What tells strangers which software
/// answers is taken out. Until it is configured, the module answers 503.
public final class ResponseHeaders: RequestModule, ResponseAmender {
  /// `response-headers`.
  public let name: ByteString = "response-headers"
  /// Before anybody is authenticated.
  public let stage = Stage.crossOrigin

  private var settings = Settings()
  private var prepared: Settings?
  private var isConfigured = false

  private var preflights: UInt64 = 0
  private var refused: UInt64 = 0

  /// A module that has nothing to say yet.
  public init() {}

  /// Preflights that were answered, and those that were refused.
  public var counters: [Counter] {
    [Counter("response-headers.preflights", preflights), Counter("response-headers.preflights-refused", refused)]
  }

  /// Reads `fields`, `origins`, `methods`, `headers`, `exposed`, `credentials` and `max-age-s`.
  public func prepare(_ parameters: [Parameter]) throws(ParameterFault) {
    var settings = settings
    try settings.apply(parameters)
    prepared = settings
  }

  /// Puts settings in force.
  public func commit() {
    guard let prepared else { return }
    self.prepared = nil
    settings = prepared
    isConfigured = true
  }

  /// Forgets prepared settings.
  public func rollback() {
    prepared = nil
  }

  /// Answers preflights.
  public func examine(_ exchange: Exchange) -> Verdict {
    guard isConfigured else { return .respond(.text(503, "response headers are not configured")) }
    let request = exchange.request
    guard settings.crossOrigin.isOn, request.method.equals("OPTIONS"), let origin = request.header(named: "origin"),
      let method = request.header(named: "access-control-request-method")
    else { return .proceed }
    let asked = request.header(named: "access-control-request-headers").map { CrossOrigin.names($0) } ?? []
    guard settings.crossOrigin.admits(origin), isAdmitted(method: method), let asked,
      asked.allSatisfy({ settings.crossOrigin.headers.contains($0) })
    else {
      refused &+= 1
      return .respond(.text(403, "not for this origin, method or header"))
    }
    preflights &+= 1
    let crossOrigin = settings.crossOrigin
    var fields: [HTTPField] = []
    if !crossOrigin.methods.isEmpty {
      fields.append(HTTPField("access-control-allow-methods", CrossOrigin.list(crossOrigin.methods)))
    }
    if !crossOrigin.headers.isEmpty {
      fields.append(HTTPField("access-control-allow-headers", CrossOrigin.list(crossOrigin.headers)))
    }
    fields.append(HTTPField("access-control-max-age", ByteString(decimal: Int(clamping: crossOrigin.maximumAge))))
    // `amend` adds who may read this.
    return .respond(HTTPResponse(status: 204, headers: fields))
  }

  /// Those that need no preflight by themselves are admitted without being named (Fetch Standard, 2.2.1).
  private func isAdmitted(method: ByteString) -> Bool {
    method.equals("GET") || method.equals("HEAD") || method.equals("POST")
      || settings.crossOrigin.methods.contains(method)
  }

  /// Puts the fields into an answer.
  public func amend(_ response: inout HTTPResponse, of exchange: Exchange) {
    guard isConfigured, let fields = settings.fields else { return }
    let isPreflight = response.status == 204 && exchange.request.method.equals("OPTIONS")
    response.headers.removeAll { field in
      ResponseHeaders.isRevealing(field.name) || fields.contains { $0.name == field.name }
        // What a backend says of other origins is not what was declared.
        || (!isPreflight && field.name.hasPrefix("access-control-"))
    }
    response.headers.append(contentsOf: fields)
    let crossOrigin = settings.crossOrigin
    guard crossOrigin.isOn else { return }
    if !crossOrigin.isOpen { response.headers.append(HTTPField("vary", "origin")) }
    guard let origin = exchange.request.header(named: "origin"), crossOrigin.admits(origin) else { return }
    response.headers.append(contentsOf: crossOrigin.fields(for: origin))
    if !isPreflight, !crossOrigin.exposed.isEmpty {
      response.headers.append(
        HTTPField("access-control-expose-headers", CrossOrigin.list(crossOrigin.exposed)))
    }
  }

  /// Fields that only say which software answers.
  private static func isRevealing(_ name: ByteString) -> Bool {
    name.equals("server") || name.equals("x-powered-by") || name.equals("x-aspnet-version")
      || name.equals("x-aspnetmvc-version") || name.equals("x-generator")
  }
}
