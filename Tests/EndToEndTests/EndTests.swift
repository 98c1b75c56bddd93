import Foundation
import Glibc
import Testing

@Suite("The end of an image, and its rest", .serialized, .realUnikernels)
struct EndTests {
  @Test("an image that is to end exits by itself, on both targets", arguments: ["process", "microvm"])
  func exits(target: String) async throws {
    if target == "microvm" && Testbed.lackingMachines != nil { return }
    try await Portal.up(target: target) { portal in
      let image = try #require(try await portal.unikernels().first { $0.resource == "orders" })
      let process = try #require(image.pid)
      let parent = try #require(portal.status(of: process)["PPid"].flatMap { pid_t($0) })
      #expect(kill(parent, SIGTERM) == 0)
      // Nobody told the control plane, to which this is a failure: how it ended is in the event.
      var told: Event?
      _ = try await eventually(within: 30) {
        told = try await portal.events().first { $0.kind == "instance-failed" && $0.resource == "orders" }
        return told != nil
      }
      #expect(told?.message.contains("exited with status 0") == true, "\(told?.message ?? "nothing was told")")
    }
  }

  @Test("a machine that has nothing to do does not burn a core", .virtualMachines)
  func idles() async throws {
    try await Portal.up(target: "microvm") { portal in
      let processes = try await portal.unikernels().compactMap(\.pid)
      try #require(processes.count == 2)
      let before = try processes.map(EndTests.processorTime)
      try await Task.sleep(for: .seconds(4))
      for (process, start) in zip(processes, before) {
        // Of its own: how busy the machine is otherwise does not matter.
        let seconds = try EndTests.processorTime(of: process) - start
        #expect(seconds < 1, "it took \(seconds) s of 4")
      }
    }
  }

  /// The processor time that a process has used, in seconds (proc(5)).
  private static func processorTime(of process: pid_t) throws -> Double {
    let text = try String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
    // The name is in parentheses and may have anything in it.
    let fields = text[(text.lastIndex(of: ")") ?? text.startIndex)...].split(separator: " ")
    let ticks = try #require(Double(fields[12])) + (try #require(Double(fields[13])))
    return ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
  }
}
