import Interchange

/// What an image consists of, assembled at its start: every module that was linked registers here.
public final class Registry {
  /// All modules, in the order of linking.
  public private(set) var modules: [any Module] = []
  /// The names of the security modules among them: what `ready` reports.
  public private(set) var mechanisms: [ByteString] = []
  /// Decide about packets; a packet passes when all admit it.
  public private(set) var packetFilters: [any PacketFilter] = []
  /// Decide about clients whose connections somebody else forwards; one passes when all admit it.
  public private(set) var clientFilters: [any ClientFilter] = []
  /// Work in slices.
  public private(set) var backgroundWork: [any BackgroundWork] = []
  /// What must happen at times.
  public private(set) var timed: [any Timed] = []
  /// What depends on hearing from the orchestrator.
  public private(set) var contactObservers: [any ContactObserver] = []
  /// What the port belongs to, which is set up after all other modules.
  public private(set) var server: (any Server)?
  /// Judge how often a source connects, where connections count and not requests; one passes when all admit it.
  public private(set) var arrivalFilters: [any ArrivalFilter] = []
  /// Are told how each connection ended, where connections count and not requests.
  public private(set) var connectionObservers: [any ConnectionObserver] = []
  /// What stands between the network and the server, if anything does.
  public private(set) var streamSecurity: (any StreamSecurity)?
  /// The way of requests.
  public let pipeline = Pipeline()
  /// The way to the decision point.
  public let remoteDecisions = RemoteDecisions()
  /// The clock.
  public let clock: any Clock
  /// The source of random bytes.
  public let random: any RandomSource
  /// Connections out of the image, for modules that register after what secures them.
  public private(set) var network: any StreamNetwork
  /// What finds addresses for names, if anything does.
  public var names: (any NameService)?
  /// The network beneath what secures it, a `NetworkStack`, for modules that need more of it than streams. Known to these
  /// alone, so that what they need of it is in no other image.
  public var networkStack: AnyObject?
  /// Where security events go.
  public let events: any EventSink
  /// What keeps one source from having all connections.
  public let shares: ConnectionShares
  /// What failed of late, for the modules that authenticate; made when the first of them asks for it.
  public private(set) lazy var failures = FailureLog(random: random)

  /// An image without modules.
  public init(clock: any Clock, random: any RandomSource, network: any StreamNetwork, events: any EventSink) {
    self.clock = clock
    self.random = random
    self.network = network
    self.events = events
    shares = ConnectionShares(clock: clock, events: events)
  }

  /// Registers a security module that decides about requests.
  public func add(mechanism module: any RequestModule) {
    modules.append(module)
    mechanisms.append(module.name)
    pipeline.add(module)
  }

  /// Registers a security module that does not see requests.
  public func add(mechanism module: any Module) {
    modules.append(module)
    mechanisms.append(module.name)
  }

  /// Registers an application.
  public func add(application module: any Application) {
    modules.append(module)
    pipeline.add(module)
  }

  /// Registers a module that is neither, such as the network.
  public func add(module: any Module) {
    modules.append(module)
  }

  /// Registers what the port is to belong to, unless another part has brought it already.
  public func serve(through make: (Registry) -> any Server) {
    if server == nil { server = make(self) }
  }

  /// Registers a decision about packets.
  public func add(packetFilter filter: any PacketFilter) {
    packetFilters.append(filter)
  }

  /// Registers a decision about clients behind a forwarder.
  public func add(clientFilter filter: any ClientFilter) {
    clientFilters.append(filter)
  }

  /// Registers a decision about how often a source connects.
  public func add(arrivalFilter filter: any ArrivalFilter) {
    arrivalFilters.append(filter)
  }

  /// Registers somebody who is told how each connection ended.
  public func add(connectionObserver observer: any ConnectionObserver) {
    connectionObservers.append(observer)
  }

  /// Registers what stands between the network and whoever takes or opens connections. There is one such place.
  public func add(streamSecurity security: any StreamSecurity) {
    streamSecurity = security
    network = security.securing(network)
  }

  /// Registers somebody who is told how each exchange ended.
  public func add(observer: any ExchangeObserver) {
    pipeline.add(observer)
  }

  /// Registers somebody who has a say in every response.
  public func add(amender: any ResponseAmender) {
    pipeline.add(amender: amender)
  }

  /// Registers work in slices.
  public func add(backgroundWork work: any BackgroundWork) {
    backgroundWork.append(work)
  }

  /// Registers something that must happen at times.
  public func add(timed item: any Timed) {
    timed.append(item)
  }

  /// Registers something that depends on hearing from the orchestrator.
  public func add(contactObserver observer: any ContactObserver) {
    contactObservers.append(observer)
  }

  /// The settings an image starts with. Every module is asked, so that one which lacks a setting it requires refuses.
  public func start(_ parameters: [Parameter]) throws(ParameterFault) {
    guard let server else { throw ParameterFault("server", expected: "an application, which brings one") }
    // Last, because putting its port in force opens it.
    modules.append(server)
    timed.append(server)
    try configure(parameters, asking: modules)
    pipeline.arrange()
  }

  /// Settings that change while the image runs reach their modules: all are prepared, and only if none refuses, all are
  /// put in force.
  public func configure(_ parameters: [Parameter]) throws(ParameterFault) {
    try configure(
      parameters, asking: modules.filter { module in parameters.contains { $0.module == module.name } })
  }

  private func configure(_ parameters: [Parameter], asking asked: [any Module]) throws(ParameterFault) {
    for parameter in parameters where !modules.contains(where: { $0.name == parameter.module }) {
      throw ParameterFault(parameter.module, expected: "a module of this image")
    }
    var fault: ParameterFault?
    for module in asked {
      do throws(ParameterFault) {
        try module.prepare(parameters.filter { $0.module == module.name })
      } catch {
        fault = error
        break
      }
    }
    if let fault {
      for module in asked { module.rollback() }
      throw fault
    }
    for module in asked { module.commit() }
  }
}

/// A module's place in an image. A module declares one entry in the linker section `modules`:
///
///     @section("modules") @used let entry: ModuleEntry = (2, { Registry.taking($0).add(mechanism: Firewall(…)) })
///
/// The number orders entries; the function registers the module.
public typealias ModuleEntry = (order: Int, register: @convention(c) (UnsafeMutableRawPointer) -> Void)

extension Registry {
  /// The registry behind the pointer that a module's entry is called with.
  public static func taking(_ pointer: UnsafeMutableRawPointer) -> Registry {
    Unmanaged<Registry>.fromOpaque(pointer).takeUnretainedValue()
  }
}
