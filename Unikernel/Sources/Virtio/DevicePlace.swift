/// Where a device's registers are, and which interrupt is its, as the command line of a machine says:
/// `virtio_mmio.device=512@0xfeb00e00:12` (the Linux kernel's parameter, which QEMU's microvm writes for each device).
public struct DevicePlace: Equatable, Sendable {
  /// The size of the registers in bytes.
  public var size: UInt64
  /// Where they are.
  public var address: UInt64
  /// The interrupt: a pin of the I/O APIC.
  public var interrupt: UInt32

  /// A place.
  public init(size: UInt64, address: UInt64, interrupt: UInt32) {
    self.size = size
    self.address = address
    self.interrupt = interrupt
  }

  /// All places that a command line names, in its order. What is malformed names none.
  public static func all(in commandLine: [UInt8]) -> [DevicePlace] {
    var places: [DevicePlace] = []
    for word in CommandLine.values(of: "virtio_mmio.device=", in: commandLine) {
      var reader = NumberReader(bytes: word)
      guard let size = reader.number(), reader.skip(UInt8(ascii: "@")), let address = reader.number(),
        reader.skip(UInt8(ascii: ":")), let interrupt = reader.number(), interrupt <= 255, size > 0
      else { continue }
      places.append(DevicePlace(size: size, address: address, interrupt: UInt32(interrupt)))
    }
    return places
  }
}

/// The words that a machine is started with, separated by blanks.
public enum CommandLine {
  /// What stands after `name` in each word that starts with it.
  static func values(of name: StaticString, in commandLine: [UInt8]) -> [ArraySlice<UInt8>] {
    let prefix = UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
    var values: [ArraySlice<UInt8>] = []
    for word in commandLine.split(separator: UInt8(ascii: " ")) where word.starts(with: prefix) {
      values.append(word.dropFirst(prefix.count))
    }
    return values
  }

  /// The number after `name`, such as `testudo.wall=`.
  public static func number(_ name: StaticString, in commandLine: [UInt8]) -> UInt64? {
    guard let value = values(of: name, in: commandLine).first else { return nil }
    var reader = NumberReader(bytes: value)
    guard let number = reader.number(), reader.bytes.isEmpty else { return nil }
    return number
  }
}

/// Reads decimal numbers, and hexadecimal ones after `0x`.
struct NumberReader {
  var bytes: ArraySlice<UInt8>

  mutating func skip(_ byte: UInt8) -> Bool {
    guard bytes.first == byte else { return false }
    bytes.removeFirst()
    return true
  }

  mutating func number() -> UInt64? {
    var base: UInt64 = 10
    if bytes.count > 2, bytes.starts(with: [UInt8(ascii: "0"), UInt8(ascii: "x")]) {
      bytes = bytes.dropFirst(2)
      base = 16
    }
    var value: UInt64 = 0
    var digits = 0
    while let byte = bytes.first {
      let digit: UInt64
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = UInt64(byte - UInt8(ascii: "0"))
      case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = UInt64(byte - UInt8(ascii: "a")) + 10
      default: digit = 16
      }
      guard digit < base else { break }
      let (product, isTooLarge) = value.multipliedReportingOverflow(by: base)
      let (sum, isTooLargeAlso) = product.addingReportingOverflow(digit)
      guard !isTooLarge, !isTooLargeAlso else { return nil }
      value = sum
      digits += 1
      bytes.removeFirst()
    }
    return digits > 0 ? value : nil
  }
}
