import CFuzzer
import LibraryOS

/// Runs one input: its first byte says who reads the rest and in which pieces. However it is cut, the meaning must be
/// the same.
func fuzz(_ data: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  guard count > 0 else { return 0 }
  let bytes = Array(UnsafeBufferPointer(start: data, count: count))
  let selector = bytes[0]
  let message = Array(bytes.dropFirst())
  let size = [1, 2, 3, 7, 16, 61, 256, 1000][Int(selector >> 3 & 7)]
  switch selector & 7 {
  case 0, 1, 2:
    precondition(requests(message, pieceSize: max(1, message.count)) == requests(message, pieceSize: size))
  case 3, 4:
    let head = selector & 7 == 4
    precondition(
      response(message, pieceSize: max(1, message.count), answersHead: head)
        == response(message, pieceSize: size, answersHead: head))
  default: serve(message, pieceSize: size, pause: selector & 0x80 == 0 ? .milliseconds(1) : .seconds(4))
  }
  return 0
}

/// The entry point, by the name that the build gives to the one of an executable.
@_cdecl("FuzzHTTP_main")
public func start(
  _ count: Int32, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> Int32 {
  var count = count
  var arguments = arguments
  return LLVMFuzzerRunDriver(&count, &arguments) { fuzz($0, $1) }
}
