import Interchange

/// The order in which modules see a request. It is fixed, and it is here. Packets meet the firewall's packet filter
/// before all of it.
public enum Stage: Int, CaseIterable, Sendable {
  /// What may not be asked at all.
  case filter = 0
  /// How often it may be asked.
  case rateLimit = 1
  /// Who asks.
  case authenticate = 2
  /// Whether that one may.
  case authorize = 3
  // The application follows.
}

/// Leads each exchange through the stages to an application.
public final class Pipeline {
  private var stages: [any RequestModule] = []
  private var applications: [any Application] = []
  private var observers: [any ExchangeObserver] = []

  /// An empty pipeline.
  public init() {}

  /// Puts a module at its stage; within a stage, in the order of linking.
  public func add(_ module: any RequestModule) {
    var index = stages.count
    while index > 0, stages[index - 1].stage.rawValue > module.stage.rawValue { index -= 1 }
    stages.insert(module, at: index)
  }

  /// Adds an application.
  public func add(_ application: any Application) {
    applications.append(application)
  }

  /// Adds somebody who is told how each exchange ended.
  public func add(_ observer: any ExchangeObserver) {
    observers.append(observer)
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
