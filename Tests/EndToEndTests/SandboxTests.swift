import Foundation
import Testing

@Suite("The sandbox of a running image", .serialized, .realUnikernels)
struct SandboxTests {
  @Test("the tender has no place of its own: its heap would be laid where images have their segments, now and then")
  func place() throws {
    let tender = try Data(contentsOf: URL(filePath: try #require(Testbed.library) + "/tender"))
    // `e_type` of the ELF header: ET_DYN.
    #expect(tender[16] == 3 && tender[17] == 0)
  }

  @Test("leaves it no privilege, no way to gain one, and the system calls of its filter only")
  func privileges() async throws {
    try await Portal.up { portal in
      for unikernel in try await portal.unikernels() {
        let status = try portal.status(of: try #require(unikernel.pid))
        #expect(status["Seccomp"] == "2")
        #expect(status["NoNewPrivs"] == "1")
        for set in ["CapInh", "CapPrm", "CapEff", "CapAmb"] { #expect(status[set] == "0000000000000000", "\(set)") }
        let users = (status["Uid"] ?? "0").split(separator: "\t")
        #expect(users.count == 4 && !users.contains("0"))
        #expect(status["Threads"] == "1")
      }
    }
  }

  @Test(
    "kills it for the first system call that is not in its filter, and another instance takes its place",
    .enabled(if: Testbed.path(of: "strace") != nil, "strace is not installed"))
  func otherCall() async throws {
    try await Portal.up { portal in
      let before = try await portal.unikernel("storefront")
      let image = try #require(before.pid)
      // As somebody would who got code into it: where it waits, it asks for its process number instead.
      let tracer = try Command(
        Testbed.path(of: "strace") ?? "strace",
        ["-p", "\(image)", "-e", "trace=ppoll,getpid", "-e", "inject=ppoll:retval=0:syscall=getpid:when=1"],
        deadline: 30)
      async let outcome = tracer.outcome()
      let isReplaced = try await eventually(within: 30) {
        _ = try await Client.request("GET", before.urls.first ?? "", timeout: 1)
        let now = try await portal.unikernels().first { $0.resource == "storefront" }
        return now?.state == "ready" && now?.pid != image
      }
      #expect(isReplaced)
      let seen = try await outcome
      #expect(seen.errors.contains("killed by SIGSYS"), "\(seen.errors.suffix(500))")
    }
  }

  @Test("leaves nothing mapped both writable and executable, no file, and none of the tender's own code")
  func mappings() async throws {
    try await Portal.up { portal in
      for unikernel in try await portal.unikernels() {
        let process = try #require(unikernel.pid)
        let text = try String(contentsOfFile: "/proc/\(process)/maps", encoding: .utf8)
        let mappings = text.split(separator: "\n").map { $0.split(separator: " ", omittingEmptySubsequences: true) }
        #expect(mappings.count > 3)
        for mapping in mappings {
          let permissions = mapping[1]
          #expect(!(permissions.contains("w") && permissions.contains("x")), "\(mapping)")
          #expect(mapping[4] == "0", "no file is mapped: \(mapping)")
          // The page [vsyscall] is the kernel's own, the same in each process, and cannot be taken away.
          #expect(mapping.count == 5 || mapping[5] == "[vsyscall]", "\(mapping)")
        }
        // The image's text is the only code.
        let executable = mappings.filter { $0[1].contains("x") && $0.count == 5 }
        #expect(executable.count == 1, "\(executable)")
      }
    }
  }

  @Test("leaves it its TAP, its control channel and its console, and no other descriptor")
  func descriptors() async throws {
    try await Portal.up { portal in
      for unikernel in try await portal.unikernels() {
        let folder = "/proc/\(try #require(unikernel.pid))/fd"
        let open = try FileManager.default.contentsOfDirectory(atPath: folder).map {
          try FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\($0)")
        }
        #expect(open.count == 3, "\(open)")
        #expect(open.contains("/dev/net/tun"))
        #expect(open.contains { $0.hasPrefix("socket:") })
        #expect(open.contains { $0.hasSuffix("/console.log") })
      }
    }
  }
}
