import Interchange

/// The order in which modules see a request. It is fixed, and it is here. Packets meet the firewall's packet filter
/// before all of it.
public enum Stage: Int, CaseIterable, Sendable {
  /// What may not be asked at all.
  case filter = 0
  /// How often it may be asked.
  case rateLimit = 1
  /// Whether a page of another origin may ask it, which browsers ask without credentials.
  case crossOrigin = 2
  /// Who asks.
  case authenticate = 3
  /// How often, and how much of it, that one may ask.
  case allowance = 4
  /// Whether that one may.
  case authorize = 5
  // The application follows.
}

/// Leads each exchange through the stages to an application.
public final class Pipeline {
  private var stages: [any RequestModule] = []
  private var applications: [any Application] = []
  private var observers: [any ExchangeObserver] = []
  private var amenders: [any ResponseAmender] = []

  /// An empty pipeline.
  public init() {}

  /// Puts a module at its stage; within a stage, by its precedence, and of equals in the order of linking.
  public func add(_ module: any RequestModule) {
    var index = stages.count
    while index > 0, Pipeline.isBefore(module, stages[index - 1]) { index -= 1 }
    stages.insert(module, at: index)
  }

  /// Puts the modules into the order that their settings say, before the first request.
  func arrange() {
    let modules = stages
    stages = []
    for module in modules { add(module) }
  }

  private static func isBefore(_ left: any RequestModule, _ right: any RequestModule) -> Bool {
    left.stage == right.stage ? left.precedence < right.precedence : left.stage.rawValue < right.stage.rawValue
  }

  /// What a client may show to be let in: the challenges of all modules, in their order.
  public var challenges: [ByteString] {
    var found: [ByteString] = []
    for module in stages {
      if let challenge = module.challenge { found.append(challenge) }
    }
    return found
  }

  /// Adds an application.
  public func add(_ application: any Application) {
    applications.append(application)
  }

  /// Adds somebody who is told how each exchange ended.
  public func add(_ observer: any ExchangeObserver) {
    observers.append(observer)
  }

  /// Adds somebody who has a say in every response.
  public func add(amender: any ResponseAmender) {
    amenders.append(amender)
  }

  func amend(_ response: inout HTTPResponse, of exchange: Exchange) {
    for amender in amenders { amender.amend(&response, of: exchange) }
  }

  func finished(_ exchange: Exchange, status: Int) {
    for observer in observers { observer.exchangeFinished(exchange, status: status) }
  }

  /// Runs the stages that remain, then the application.
  public func advance(_ exchange: Exchange) {
    while exchange.nextStage < stages.count {
      let module = stages[exchange.nextStage]
      exchange.nextStage += 1
      switch module.examine(exchange) {
      case .proceed: continue
      case .respond(let response):
        exchange.finish(response)
        return
      case .suspend: return
      }
    }
    var best: (any Application)?
    var longest = -1
    for application in applications {
      if let length = application.claim(exchange.request.path), length > longest {
        best = application
        longest = length
      }
    }
    guard let best else {
      exchange.finish(.text(404, "not found"))
      return
    }
    best.respond(to: exchange)
  }
}
