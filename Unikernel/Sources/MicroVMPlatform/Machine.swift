import CMicroVMPlatform
import CRuntime
import Virtio

/// A device's registers in memory.
final class MappedRegisters: DeviceRegisters {
  private let base: UnsafeMutableRawPointer

  init(_ base: UnsafeMutableRawPointer) {
    self.base = base
  }

  func read(_ offset: Int) -> UInt32 { testudo_register_read(base + offset) }
  func write(_ offset: Int, _ value: UInt32) { testudo_register_write(base + offset, value) }
}

/// What an image is run by on this target: the devices, the clock, and what the functions of CRuntime.h do with them.
final class Machine {
  private let network: NetworkDevice
  private let console: ConsoleDevice
  private var clock: MachineClock
  /// The devices that interrupt, by their bits.
  private let interrupting: [(bit: UInt32, device: VirtioDevice)]

  private static let again = -11
  private static let badDescriptor = -9
  /// For so long a frame is held up that the device has no room for, before it is dropped, as any link may.
  private static let patience: UInt64 = 2_000_000
  /// The local timer counts no further than this.
  private static let longestSleep: UInt64 = 4_000_000_000

  init(
    network: NetworkDevice, console: ConsoleDevice, clock: MachineClock,
    interrupting: [(bit: UInt32, device: VirtioDevice)]
  ) {
    self.network = network
    self.console = console
    self.clock = clock
    self.interrupting = interrupting
  }

  func read(_ descriptor: Int, _ room: UnsafeMutableRawBufferPointer) -> Int {
    let count: Int
    switch Int32(truncatingIfNeeded: descriptor) {
    case TESTUDO_TAP: count = network.receive(into: room)
    case TESTUDO_CONTROL: count = console.receive(into: room)
    default: return Machine.badDescriptor
    }
    return count > 0 ? count : Machine.again
  }

  func write(_ descriptor: Int, _ bytes: UnsafeRawBufferPointer) -> Int {
    switch Int32(truncatingIfNeeded: descriptor) {
    case TESTUDO_TAP:
      if network.send(bytes) { return bytes.count }
      let end = clock.nanoseconds &+ Machine.patience
      repeat {
        testudo_pause()
        if network.send(bytes) { return bytes.count }
      } while clock.nanoseconds < end
      return Machine.again
    case TESTUDO_CONTROL:
      let count = console.send(bytes)
      return count > 0 ? count : Machine.again
    default: return Machine.badDescriptor
    }
  }

  func time(_ clock: Int) -> testudo_time {
    if clock == 0 {
      let milliseconds = self.clock.wallMilliseconds()
      return testudo_time(
        seconds: Int64(milliseconds / 1000), nanoseconds: Int64(milliseconds % 1000) * 1_000_000)
    }
    let nanoseconds = self.clock.nanoseconds
    return testudo_time(
      seconds: Int64(nanoseconds / 1_000_000_000), nanoseconds: Int64(nanoseconds % 1_000_000_000))
  }

  /// An entry of ppoll(2).
  private struct Entry {
    var descriptor: Int32
    var events: Int16
    var results: Int16
    static let readable: Int16 = 1
    static let writable: Int16 = 4
  }

  func poll(_ entries: UnsafeMutableRawBufferPointer, timeout: UInt64?) -> Int {
    network.flush()
    clock.refine()
    let end = timeout.map { clock.nanoseconds &+ $0 }
    while true {
      let count = entries.withMemoryRebound(to: Entry.self) { entries in
        var count = 0
        for index in entries.indices {
          entries[index].results = results(of: entries[index])
          if entries[index].results != 0 { count += 1 }
        }
        return count
      }
      if count > 0 { return count }
      var ticks: UInt64 = 0
      if let end {
        let now = clock.nanoseconds
        if now >= end { return 0 }
        ticks = min(end &- now, Machine.longestSleep)
      }
      testudo_timer_set(UInt32(truncatingIfNeeded: ticks))
      let came = testudo_wait_for_interrupts()
      for (bit, device) in interrupting where came & bit != 0 { device.acknowledgeInterrupt() }
    }
  }

  private func results(of entry: Entry) -> Int16 {
    var results: Int16 = 0
    switch entry.descriptor {
    case TESTUDO_TAP: if network.hasFrame { results |= Entry.readable }
    case TESTUDO_CONTROL:
      if console.hasBytes { results |= Entry.readable }
      if entry.events & Entry.writable != 0, console.hasRoom { results |= Entry.writable }
    default: break
    }
    return results & entry.events
  }

  /// Waits for a moment until what was last said has left the machine.
  func settle() {
    let end = clock.nanoseconds &+ 100_000_000
    while !console.isSent, clock.nanoseconds < end { testudo_pause() }
  }
}

/// Set once, before the image runs. There is one thread.
nonisolated(unsafe) var machine: Machine?

// MARK: - What every platform gives (CRuntime.h)

/// Reads a frame or bytes of the control channel, as read(2) would; -EAGAIN where there are none.
@c(testudo_read)
public func machineRead(_ descriptor: Int, _ buffer: UnsafeMutableRawPointer?, _ count: Int) -> Int {
  machine?.read(descriptor, UnsafeMutableRawBufferPointer(start: buffer, count: count)) ?? 0
}

/// Sends a frame, bytes of the control channel, or a line of the console, as write(2) would.
@c(testudo_write)
public func machineWrite(_ descriptor: Int, _ buffer: UnsafeRawPointer?, _ count: Int) -> Int {
  let bytes = UnsafeRawBufferPointer(start: buffer, count: count)
  if descriptor == Int(TESTUDO_CONSOLE) {
    for byte in bytes { testudo_serial_write(byte) }
    return count
  }
  return machine?.write(descriptor, bytes) ?? count
}

/// Reads the monotonic clock, or with 0 the wall clock.
@c(testudo_clock_gettime)
public func machineTime(_ clock: Int, _ time: UnsafeMutablePointer<testudo_time>?) -> Int {
  if let machine { time?.pointee = machine.time(clock) }
  return 0
}

/// Waits for frames or bytes, or until a time has passed, as ppoll(2) would; the processor halts meanwhile.
@c(testudo_ppoll)
public func machinePoll(
  _ descriptors: UnsafeMutableRawPointer?, _ count: Int, _ timeout: UnsafePointer<testudo_time>?
) -> Int {
  let time = timeout?.pointee
  let nanoseconds = time.map {
    UInt64(truncatingIfNeeded: $0.seconds) &* 1_000_000_000 &+ UInt64(truncatingIfNeeded: $0.nanoseconds)
  }
  return machine?.poll(UnsafeMutableRawBufferPointer(start: descriptors, count: count * 8), timeout: nanoseconds) ?? 0
}

/// Ends the machine, once what was last said has left it.
@c(testudo_exit)
public func machineExit(_ status: Int) -> Never {
  machine?.settle()
  testudo_machine_exit(UInt32(truncatingIfNeeded: status))
}
