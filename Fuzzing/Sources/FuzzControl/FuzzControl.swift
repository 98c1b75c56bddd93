import CFuzzer
import ControlChannel
import Interchange

/// Runs one input: its first byte says as what the rest is read.
func fuzz(_ data: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  guard count > 0 else { return 0 }
  let bytes = Array(UnsafeBufferPointer(start: data, count: count))
  let message = Array(bytes.dropFirst())
  switch bytes[0] & 7 {
  case 0: readParameters(message)
  case 1: readReport(message)
  case 2:
    for kind in ControlSeal.allCases {
      guard let (read, covered, seal) = try? ControlMessage.decode(message, sealedBy: kind) else { continue }
      precondition(
        covered + seal == message[...] && read.bytes(sealedBy: kind) == Array(covered), "two forms of the same message")
    }
  case 3: runChannel(message)
  default: readBundle(message)
  }
  return 0
}

/// The entry point, by the name that the build gives to the one of an executable.
@_cdecl("FuzzControl_main")
public func start(
  _ count: Int32, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> Int32 {
  var count = count
  var arguments = arguments
  return LLVMFuzzerRunDriver(&count, &arguments) { fuzz($0, $1) }
}
