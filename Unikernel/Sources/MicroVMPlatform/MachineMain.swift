import CMicroVMPlatform
import CRuntime
import Interchange
import Virtio

/// Where Swift begins on the microvm target, called by Machine.c: finds the devices, takes entropy from the one that gives
/// it, seals what protects memory, and runs the image. Exit statuses beyond the image's own: 2 a device is missing.
@c(testudo_machine_main)
public func machineMain(_ given: UnsafePointer<testudo_machine>) -> Never {
  let memory = given.pointee
  testudo_heap_open(memory.heap, memory.heap_size)
  testudo_interrupts_start()
  let commandLine = Array(UnsafeRawBufferPointer(start: memory.command_line, count: Int(memory.command_line_size)))
  let clock = MachineClock(wallMilliseconds: CommandLine.number("testudo.wall=", in: commandLine))

  let devices = Devices(commandLine)
  var console: ConsoleDevice?
  let network: NetworkDevice
  let source: EntropyDevice
  // The console first, so that what is wrong with the others can be said to whoever holds the control channel.
  do throws(VirtioFault) {
    guard let device = devices.console else { refuse("no virtio console; expected one for control", through: nil) }
    console = try ConsoleDevice(device)
    // An image without entropy refuses to start rather than guess.
    guard let device = devices.entropy else { refuse("no virtio entropy device; expected one", through: console) }
    source = try EntropyDevice(device)
    guard let device = devices.network else { refuse("no virtio network device; expected one", through: console) }
    network = try NetworkDevice(device)
  } catch {
    switch error {
    case .lacksFeatures: refuse("a virtio device lacks features that are needed", through: console)
    case .refusesFeatures: refuse("a virtio device refuses the features that it offers", through: console)
    case .lacksQueue: refuse("a virtio device lacks a queue", through: console)
    }
  }
  guard let entropy = wait(for: source, clock), entropy.count >= 40 else {
    refuse("no entropy: expected 40 bytes within a second", through: console)
  }
  guard let console else { testudo_machine_exit(2) }
  machine = Machine(network: network, console: console, clock: clock, interrupting: devices.interrupting)

  var canary = testudo_processor_entropy()
  for byte in entropy[..<8] { canary = (canary << 8 | canary >> 56) ^ UInt64(byte) }
  testudo_machine_seal(canary)
  var startup = testudo_startup()
  startup.magic = 0x314F_4455_5453_4554
  startup.heap = UnsafeMutableRawPointer(memory.heap)
  startup.heap_size = memory.heap_size
  startup.boot = memory.boot
  startup.boot_size = memory.boot_size
  let added = UnsafeMutableRawBufferPointer.allocate(byteCount: entropy.count - 8, alignment: 8)
  added.copyBytes(from: entropy[8...])
  startup.entropy = UnsafePointer(added.assumingMemoryBound(to: UInt8.self).baseAddress)
  startup.entropy_size = UInt64(added.count)
  testudo_image_run(&startup)
}

/// The devices that a machine has, as its command line names them.
private struct Devices {
  var console: VirtioDevice?
  var entropy: VirtioDevice?
  var network: VirtioDevice?
  /// Those that interrupt, by their bits.
  var interrupting: [(bit: UInt32, device: VirtioDevice)] = []

  init(_ commandLine: [UInt8]) {
    for place in DevicePlace.all(in: commandLine) where place.interrupt < UInt32(TESTUDO_TIMER) {
      guard let registers = testudo_map_device(place.address, place.size),
        let device = VirtioDevice(MappedRegisters(registers))
      else { continue }
      switch device.kind {
      case .network: network = device
      case .console: console = device
      case .entropy:
        entropy = device
        continue
      }
      testudo_interrupt_route(place.interrupt)
      interrupting.append((1 << place.interrupt, device))
    }
  }
}

private func wait(for source: EntropyDevice, _ clock: MachineClock) -> [UInt8]? {
  let end = clock.nanoseconds &+ 1_000_000_000
  while clock.nanoseconds < end {
    if let bytes = source.bytes() { return bytes }
    testudo_pause()
  }
  return nil
}

/// Says why the image does not start, on the console and to whoever holds the control channel, and ends it.
private func refuse(_ reason: ByteString, through console: ConsoleDevice?) -> Never {
  let line: ByteString = "testudo: "
  for byte in (line + reason).bytes + [0x0A] { testudo_serial_write(byte) }
  if let console {
    let frame = FrameReader.frame(Report.failed(reason: reason).encode())
    frame.withUnsafeBytes { _ = console.send($0) }
    for _ in 0..<10_000_000 where !console.isSent { testudo_pause() }
  }
  testudo_machine_exit(2)
}
