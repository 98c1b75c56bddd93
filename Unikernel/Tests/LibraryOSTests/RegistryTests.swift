import Interchange
import LibraryOS
import LibraryOSTesting
import Testing

@Suite("The registry")
struct RegistryTests {
  private func registry() -> Registry {
    Registry(
      clock: ManualClock(), random: RepeatableRandom(), network: InMemoryNetwork(), events: EventRecorder())
  }

  private func parameter(_ module: ByteString, _ name: ByteString) -> Parameter {
    Parameter(module: module, name: name, value: .integer(1))
  }

  @Test("settings are put in force in every module after all have accepted them")
  func allAccept() throws {
    let trace = Trace()
    let registry = registry()
    registry.add(module: FakeModule(trace, "a"))
    registry.add(module: FakeModule(trace, "b"))
    try registry.configure([parameter("b", "good"), parameter("a", "good")])
    #expect(trace.names == ["prepare a", "prepare b", "commit a", "commit b"])
  }

  @Test("one refusal changes nothing anywhere")
  func oneRefuses() {
    let trace = Trace()
    let registry = registry()
    registry.add(module: FakeModule(trace, "a"))
    registry.add(module: FakeModule(trace, "b"))
    #expect(throws: ParameterFault("b.bad", expected: "something good")) {
      try registry.configure([parameter("a", "good"), parameter("b", "bad")])
    }
    #expect(!trace.names.contains("commit a"))
    #expect(!trace.names.contains("commit b"))
    #expect(trace.names.contains("rollback a"))
  }

  @Test("settings for a module that is not there are refused before any module sees theirs")
  func unknownModule() {
    let trace = Trace()
    let registry = registry()
    registry.add(module: FakeModule(trace, "a"))
    #expect(throws: ParameterFault("z", expected: "a module of this image")) {
      try registry.configure([parameter("a", "good"), parameter("z", "good")])
    }
    #expect(trace.names.isEmpty)
  }

  @Test("mechanisms are the security modules only")
  func mechanisms() {
    let trace = Trace()
    let registry = registry()
    registry.add(mechanism: FakeMechanism(trace, "limit", .rateLimit))
    registry.add(application: FakeApplication(trace, "site"))
    registry.add(module: FakeModule(trace, "network"))
    #expect(registry.mechanisms == ["limit"])
    #expect(registry.modules.map(\.name) == ["limit", "site", "network"])
  }
}
