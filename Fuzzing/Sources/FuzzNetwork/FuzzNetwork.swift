import CFuzzer
import Network

/// Runs one input: its first byte chooses the framing, the rest is the script.
func fuzz(_ data: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  var input = FuzzInput(data, count)
  let session = Session(framing: input.byte() & 1 == 0 ? .ethernet : .virtioNet)
  session.run(&input)
  return 0
}

/// The entry point, by the name that the build gives to the one of an executable.
@_cdecl("FuzzNetwork_main")
public func start(
  _ count: Int32, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> Int32 {
  var count = count
  var arguments = arguments
  return LLVMFuzzerRunDriver(&count, &arguments) { fuzz($0, $1) }
}
