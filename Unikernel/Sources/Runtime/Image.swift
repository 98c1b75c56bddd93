import CRuntime
import ControlChannel
import Cryptography
import Interchange
import LibraryOS
import Network

/// An image while it runs, on any target: its modules, and the loop that leads frames, messages and time to them.
final class Image {
  private let clock = PlatformClock()
  private let random: RandomGenerator
  private let stack: NetworkStack
  private let events = EventBuffer()
  private let registry: Registry
  private var channel: ControlChannel?
  /// How long the last change of settings took to be checked and put in force.
  private var changeMicroseconds: UInt64 = 0
  /// Room for one frame: the largest datagram with an Ethernet and a virtio-net header.
  private let frame = UnsafeMutableRawBufferPointer.allocate(byteCount: 65536 + 64, alignment: 64)
  /// How many frames one turn of the loop takes before everything else has its turn.
  private static let framesPerTurn = 64

  /// Assembles an image from what was linked into it. `memory`: the bytes of its heap, of which what comes from outside
  /// may take a part only.
  init(random: RandomGenerator, memory: Int) {
    self.random = random
    var limits = NetworkLimits()
    limits.receiveMemory = memory / 8
    limits.largestConnections = min(memory / 2 / NetworkLimits.connectionMemory, 65_536)
    limits.connections = min(limits.connections, limits.largestConnections)
    self.stack = NetworkStack(clock: clock, random: random, limits: limits, framing: .virtioNet) { frame in
      // A full queue drops the frame, as any link may; TCP sends it again.
      _ = testudo_write(Int(TESTUDO_TAP), frame.baseAddress, frame.count)
    }
    self.registry = Registry(clock: clock, random: random, network: stack, events: events)
    registry.networkStack = stack
    registry.add(module: stack)
    registry.add(module: ControlModule())
    Image.registerLinkedModules(in: registry)
    // A content that grows is copied, and for a moment there twice.
    registry.server?.bound(heldBytes: memory / 4)
    registry.add(timed: stack)
    stack.packetFilters = registry.packetFilters
  }

  /// Calls every entry of the linker section `modules`, lowest order first.
  private static func registerLinkedModules(in registry: Registry) {
    guard let start = testudo_modules_start(), let stop = testudo_modules_stop() else { return }
    let count = (stop - start) / MemoryLayout<ModuleEntry>.stride
    let entries = UnsafeBufferPointer(start: start.assumingMemoryBound(to: ModuleEntry.self), count: count)
    let pointer = Unmanaged.passUnretained(registry).toOpaque()
    // There are few: looking for the next order is less code than sorting them.
    var order = Int.min
    while true {
      var next = Int.max
      for entry in entries {
        if entry.order == order { entry.register(pointer) }
        if entry.order > order, entry.order < next { next = entry.order }
      }
      guard next != Int.max else { return }
      order = next
    }
  }

  /// Puts the first parameters in force and reports readiness.
  func start(boot: ControlMessage, parameters: [Parameter], key: [UInt8]) throws(ParameterFault) {
    let channel = ControlChannel(key: key, boot: boot, delegate: self)
    self.channel = channel
    events.sink = channel
    registry.remoteDecisions.questions = channel
    try registry.start(parameters)
    stack.flush(at: clock.now)
    channel.send(.ready(version: boot.version, mechanisms: mechanisms))
  }

  /// Serves for as long as the image lives. Returns when nobody holds the control channel any more, or when it
  /// is told to.
  func run() {
    var poll = (
      PollEntry(descriptor: Int32(TESTUDO_TAP), events: PollEntry.readable),
      PollEntry(descriptor: Int32(TESTUDO_CONTROL), events: PollEntry.readable)
    )
    clock.refresh()
    while true {
      // At the time that the last wait ended: what a turn takes is less than what timers are exact to.
      runTimers()
      if let channel, channel.isBroken || channel.isEnded { return }
      poll.1.events = channel?.hasOutput == true ? PollEntry.readable | PollEntry.writable : PollEntry.readable
      PollEntry.wait(&poll, timeout: timeToWait())
      clock.refresh()
      if poll.0.results & PollEntry.readable != 0 { receiveFrames() }
      if poll.1.results & PollEntry.readable != 0, !receiveControl() { return }
      if poll.1.results & PollEntry.ended != 0, poll.1.results & PollEntry.readable == 0 { return }
      for work in registry.backgroundWork where work.isPending { work.advance(at: clock.now) }
      stack.flush(at: clock.now)
      channel?.flush { Int(testudo_write(Int(TESTUDO_CONTROL), $0.baseAddress, $0.count)) }
    }
  }

  private func runTimers() {
    for item in registry.timed {
      if let deadline = item.deadline, deadline <= clock.now { item.expire(at: clock.now) }
    }
    stack.flush(at: clock.now)
  }

  private func timeToWait() -> TimeSpan? {
    for work in registry.backgroundWork where work.isPending { return TimeSpan(nanoseconds: 0) }
    var earliest: Instant?
    for item in registry.timed {
      guard let deadline = item.deadline else { continue }
      if let known = earliest, known <= deadline { continue }
      earliest = deadline
    }
    guard let earliest else { return nil }
    return earliest - clock.now
  }

  private func receiveFrames() {
    for _ in 0..<Image.framesPerTurn {
      let count = testudo_read(Int(TESTUDO_TAP), frame.baseAddress, frame.count)
      guard count > 0 else { return }
      stack.receive(UnsafeRawBufferPointer(rebasing: frame[..<count]), at: clock.now)
    }
  }

  /// Reads the control channel; `false` when it ended.
  private func receiveControl() -> Bool {
    let count = testudo_read(Int(TESTUDO_CONTROL), frame.baseAddress, frame.count)
    guard count != 0 else { return false }
    if count > 0 { channel?.receive(Array(frame[..<count])[...]) }
    return true
  }
}

extension Image: ControlChannel.Delegate {
  func apply(_ parameters: [Parameter]) throws(ParameterFault) {
    // The clock stands still within a turn of the loop.
    clock.refresh()
    let start = clock.now
    try registry.configure(parameters)
    registry.server?.settingsChanged()
    clock.refresh()
    changeMicroseconds = (clock.now - start).nanoseconds / 1000
  }

  func drain(grace: TimeSpan, completion: @escaping () -> Void) {
    registry.server?.drain(grace: grace, completion: completion)
  }

  func resume() {
    registry.server?.resume()
  }

  func contacted() {
    let now = clock.now
    for observer in registry.contactObservers { observer.contacted(at: now) }
  }

  func reseed(_ bytes: [UInt8]) {
    random.reseed(bytes)
  }

  func awaitsAnswer(to number: UInt64) -> Bool { registry.remoteDecisions.awaitsAnswer(to: number) }

  func forgetAnswers(before epoch: UInt64) { registry.remoteDecisions.forgetAnswers(before: epoch) }

  func receive(_ answer: RemoteAnswer) { registry.remoteDecisions.receive(answer) }

  func turnedAway() {
    events.record(
      SecurityEvent(module: "control", action: "turned-away", severity: .high, time: clock.wallMilliseconds))
  }

  var mechanisms: [ByteString] {
    var names = registry.mechanisms
    names.heapSort { $0 < $1 }
    return names
  }

  var counters: [Counter] {
    var all: [Counter] = []
    for module in registry.modules { all.append(contentsOf: module.counters) }
    all.append(Counter("platform.heap-bytes", testudo_heap_used()))
    all.append(Counter("control.change-microseconds", changeMicroseconds))
    return all
  }
}

/// Stands where events go until the control channel exists.
private final class EventBuffer: EventSink {
  var sink: ControlChannel?

  func record(_ event: SecurityEvent) {
    sink?.record(event)
  }
}
