import Testing

@testable import Virtio

@Suite("What a machine is started with")
struct PlaceTests {
  @Test("devices are found where the command line says, in its order")
  func places() {
    let line = "testudo.wall=1764152270123 virtio_mmio.device=512@0xfeb00e00:12 virtio_mmio.device=0x200@0xfeb00c00:11"
    #expect(
      DevicePlace.all(in: Array(line.utf8)) == [
        DevicePlace(size: 512, address: 0xFEB0_0E00, interrupt: 12),
        DevicePlace(size: 512, address: 0xFEB0_0C00, interrupt: 11),
      ])
    #expect(CommandLine.number("testudo.wall=", in: Array(line.utf8)) == 1_764_152_270_123)
    #expect(CommandLine.number("testudo.other=", in: Array(line.utf8)) == nil)
  }

  @Test(
    "what is malformed names no device",
    arguments: [
      "", "virtio_mmio.device=", "virtio_mmio.device=512", "virtio_mmio.device=512@", "virtio_mmio.device=512@0x:5",
      "virtio_mmio.device=512@0xfeb00e00", "virtio_mmio.device=0@0xfeb00e00:5", "virtio_mmio.device=512@0xfeb00e00:256",
      "virtio_mmio.device=512@0xfffffffffffffffff:5", "xvirtio_mmio.device=512@0xfeb00e00:5",
    ])
  func malformed(line: String) {
    #expect(DevicePlace.all(in: Array(line.utf8)).isEmpty)
  }

  static let times: [(CalendarTime, UInt64)] = [
    (CalendarTime(year: 1970, month: 1, day: 1, hour: 0, minute: 0, second: 0), 0),
    (CalendarTime(year: 2000, month: 2, day: 29, hour: 12, minute: 0, second: 1), 951_825_601),
    (CalendarTime(year: 2026, month: 11, day: 26, hour: 10, minute: 17, second: 50), 1_795_688_270),
    (CalendarTime(year: 2100, month: 3, day: 1, hour: 23, minute: 59, second: 59), 4_107_628_799),
  ]

  @Test("the real-time clock's registers are seconds since 1970, in either of its codes", arguments: times)
  func calendar(time: CalendarTime, seconds: UInt64) throws {
    #expect(time.secondsSince1970 == seconds)
    func code(_ value: Int) -> UInt8 { UInt8((value / 10) << 4 | value % 10) }
    for isBinary in [false, true] {
      let read = CalendarTime { number in
        let value =
          switch number {
          case 0: time.second
          case 2: time.minute
          case 4: time.hour
          case 7: time.day
          case 8: time.month
          case 9: time.year % 100
          case 0x32: time.year / 100
          default: -1
          }
        if value < 0 { return isBinary ? 6 : 2 }
        return isBinary ? UInt8(value) : code(value)
      }
      #expect(read == time)
    }
  }

  @Test(
    "a clock of 12 hours is read as one of 24", arguments: [(0x12, 0), (0x01, 1), (0x92, 12), (0x81, 13), (0x91, 23)])
  func halfDays(register: UInt8, hour: Int) {
    let registers: [UInt8: UInt8] = [0: 0, 2: 0, 4: register, 7: 1, 8: 1, 9: 0x26, 0x32: 0x20, 0x0B: 0]
    #expect(CalendarTime { registers[$0] ?? 0 }?.hour == hour)
  }

  @Test("registers that make no date are no time")
  func noDate() {
    #expect(CalendarTime { _ in 0xFF } == nil)
    #expect(CalendarTime { _ in 0 } == nil)
  }

  @Test("ticks become nanoseconds without loss over a year")
  func scale() throws {
    let scale = try #require(TickScale(ticks: 2_649_999_000, nanoseconds: 1_000_000_000))
    let year: UInt64 = 365 * 86_400
    let nanoseconds = scale.nanoseconds(2_649_999_000 * year)
    // The factor has 32 bits behind the point: some milliseconds in a year.
    #expect(nanoseconds / 1_000_000_000 >= year - 1 && nanoseconds / 1_000_000_000 <= year)
    #expect(TickScale(ticks: 0, nanoseconds: 1) == nil)
    #expect(TickScale(ticks: 1, nanoseconds: 0) == nil)
    #expect(TickScale(ticks: 1, nanoseconds: 1 << 32) == nil)
  }
}
