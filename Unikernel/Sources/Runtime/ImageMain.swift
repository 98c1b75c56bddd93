import CRuntime
import ControlChannel
import Cryptography
import Interchange
import LibraryOS

/// Where an image's own logic begins on the process target, called by Start.S once the sandbox is closed.
@c(testudo_image_main)
public func imageMain(_ startup: UnsafePointer<testudo_startup>) {
  guard startup.pointee.magic == 0x314F_4455_5453_4554 else { testudo_exit(2) }
  testudo_heap_open(startup.pointee.heap, startup.pointee.heap_size)
  testudo_image_run(startup)
}

/// Runs an image whose heap is open. Exit statuses: 0 the control channel ended, 2 the image could not start (said on the
/// console and, if possible, over the control channel).
@c(testudo_image_run)
public func imageRun(_ startup: UnsafePointer<testudo_startup>) -> Never {
  do throws(StartFault) {
    let image = try start(startup.pointee)
    image.run()
    testudo_exit(0)
  } catch {
    console("testudo: " + error.reason)
    let frame = FrameReader.frame(Report.failed(reason: error.reason).encode())
    frame.withUnsafeBufferPointer { _ = testudo_write(Int(TESTUDO_CONTROL), $0.baseAddress, $0.count) }
    testudo_exit(2)
  }
}

/// Why an image does not start.
struct StartFault: Error {
  var reason: ByteString
}

private func start(_ startup: testudo_startup) throws(StartFault) -> Image {
  let configuration = Array(
    UnsafeBufferPointer(start: testudo_configuration(), count: testudo_configuration_size()))
  let built = try decode(configuration, "the build configuration cannot be read")
  guard let publicKey = value("public-key", in: built)?.bytesValue, publicKey.count == 65 else {
    throw StartFault(reason: "control.public-key: expected an uncompressed point of 65 bytes in the image")
  }
  let bytes = Array(UnsafeBufferPointer(start: startup.boot, count: Int(startup.boot_size)))
  guard let boot = ControlChannel.acceptBoot(bytes, publicKey: publicKey) else {
    throw StartFault(reason: "the boot parameters are not signed by this image's orchestrator")
  }
  let given = try decode(boot.payload, "the boot parameters cannot be read")
  // An image without entropy refuses to start rather than guess.
  guard let entropy = value("entropy", in: given)?.bytesValue, let random = RandomGenerator(seed: entropy) else {
    throw StartFault(reason: "control.entropy: expected at least 32 bytes at boot")
  }
  // Without the key that it shares with the orchestrator nothing could be told to it.
  guard let key = value("channel-key", in: given)?.bytesValue, key.count == ControlKeyUse.keyLength else {
    throw StartFault(reason: "control.channel-key: expected 32 bytes at boot")
  }
  if startup.entropy_size > 0 {
    random.reseed(Array(UnsafeBufferPointer(start: startup.entropy, count: Int(startup.entropy_size))))
  }
  let seed = random.bytes(32)
  seed.withUnsafeBufferPointer { testudo_seed_hashing($0.baseAddress, $0.count) }
  let image = Image(random: random, memory: Int(startup.heap_size))
  do throws(ParameterFault) {
    try image.start(boot: boot, parameters: built + given, key: key)
  } catch {
    let separator: ByteString = ": expected "
    throw StartFault(reason: error.parameter + separator + error.expected)
  }
  return image
}

private func decode(_ bytes: [UInt8], _ reason: ByteString) throws(StartFault) -> [Parameter] {
  do throws(DecodingFault) {
    return try Parameter.decode(bytes)
  } catch {
    throw StartFault(reason: reason)
  }
}

/// A parameter of the control channel itself.
private func value(_ name: ByteString, in parameters: [Parameter]) -> ParameterValue? {
  for parameter in parameters where parameter.module == "control" && parameter.name == name {
    return parameter.value
  }
  return nil
}
