public import Interchange

/// What a host says of an instance.
public enum InstanceState: Sendable, Hashable {
  /// The tender runs, the image not yet.
  case starting
  /// The image runs as this process.
  case running(pid: Int32)
  /// The image has ended; the text is the tender's, such as `status 0` or `signal 31`, or says that the tender itself
  /// is gone.
  case exited(String)
  /// There is no such instance on this host.
  case unknown
}

/// The control channel of a running instance.
public protocol InstanceChannel: AnyObject, Sendable {
  /// The instance's record, as it was when the channel was made.
  var record: InstanceRecord { get }

  /// What the image reports, in order, for one reader. It ends when the image does, when another holds the channel already,
  /// or with `close`.
  var reports: AsyncStream<Report> { get }

  /// Sends a sealed message and does not wait for an answer.
  func send(_ message: [UInt8]) throws(HostingFault)

  /// Sends a sealed message of this version and waits for its acknowledgement or refusal, which `reports` has as well. It
  /// is sent before the caller's actor does anything else, so that messages leave in the order of their versions.
  nonisolated(nonsending) func request(
    _ message: [UInt8], version: UInt64, deadline: Duration
  ) async throws(HostingFault) -> Report

  /// Lets go of the channel; the image runs on.
  func close()
}

/// A place where unikernels run. Every operation may be repeated.
public protocol UnikernelHost: Sendable {
  /// Makes a service's network, or completes what was begun.
  func createNetwork(_ network: ServiceNetwork) async throws(HostingFault)

  /// Removes a service's network, in which nothing may run any more.
  func removeNetwork(_ network: ServiceNetwork) async throws(HostingFault)

  /// Starts an instance with its signed boot message. It returns once the tender runs; `ready` comes as a report.
  func start(_ record: InstanceRecord, boot: [UInt8]) async throws(HostingFault) -> any InstanceChannel

  /// The instances whose image still runs.
  func survivors() async -> [InstanceRecord]

  /// The instances whose image has ended and that nobody has stopped, while there was no control plane to see it.
  func fallen() async -> [InstanceRecord]

  /// Connects to an instance that runs already and whose channel nobody else holds. The image says nothing before a signed
  /// message was sent to it.
  func adopt(_ record: InstanceRecord) async throws(HostingFault) -> any InstanceChannel

  /// Ends an instance and removes everything that was made for it.
  func stop(_ id: String) async throws(HostingFault)

  /// Has an instance stand still, takes it off its network, and keeps its memory.
  func isolate(_ id: String) async throws(HostingFault)

  /// Undoes `isolate`, or ends the waiting of an instance that was started off its network.
  func rejoin(_ id: String) async throws(HostingFault)

  /// What has passed through an instance's interface; `nil` where it is gone.
  func traffic(of id: String) async -> InterfaceTraffic?

  /// The memory of an instance that runs or stands still.
  func memory(of id: String) async throws(HostingFault) -> InstanceAddressSpace

  /// Changes the bounds of a group while instances are in it.
  func bound(_ group: InstanceGroup) async

  /// What has become of an instance.
  func observed(_ id: String) async -> InstanceState

  /// The port forwarder of a network: the one that runs, or else a new one, which outlives this process.
  func forwarder(for network: ServiceNetwork) async throws(HostingFault) -> PortForwarder

  /// The port forwarder of a network, if one runs.
  func runningForwarder(for network: ServiceNetwork) async -> PortForwarder?

  /// Removes what belongs to no network that is named in `keeping` and to no instance that runs.
  @discardableResult
  func sweep(keeping: Set<String>) async throws(HostingFault) -> SweepReport
}

extension UnikernelHost {
  /// A host without groups has nothing to change.
  public func bound(_ group: InstanceGroup) async {}
}
