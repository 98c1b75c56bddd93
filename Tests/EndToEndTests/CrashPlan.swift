import Foundation

/// How often everything is killed, and where: random, and the same for the same seed.
struct CrashPlan: Sendable {
  /// The variables that have the number of crashes and the seed.
  static let countVariable = "TESTUDO_CRASHES"
  static let seedVariable = "TESTUDO_CRASH_SEED"

  let count: Int
  let seed: UInt64

  /// What the environment asks for: without anything, twenty crashes of another seed each time.
  static let asked: CrashPlan = {
    let environment = ProcessInfo.processInfo.environment
    return CrashPlan(
      count: environment[countVariable].flatMap { Int($0) } ?? 20,
      seed: environment[seedVariable].flatMap { UInt64($0) } ?? UInt64.random(in: 0..<1_000_000))
  }()
}

/// SplitMix64, by Sebastiano Vigna: the same numbers for the same seed on every machine.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var bits = state
    bits = (bits ^ (bits >> 30)) &* 0xbf58_476d_1ce4_e5b9
    bits = (bits ^ (bits >> 27)) &* 0x94d0_49bb_1331_11eb
    return bits ^ (bits >> 31)
  }
}

/// What is being done when everything is killed.
enum CrashedOperation: String, CaseIterable, Sendable {
  case up, replace, raise, lower, lockdown, automatic, applyPolicy, drainPool, fillPool
  case createTenant, changeQuota, deleteTenant, gatewayUp, gatewayDown, loseImage, down

  /// What it makes of a world that is whole; `nil` where it cannot be done there.
  func outcome(_ world: DeclaredWorld) -> DeclaredWorld? {
    var after = world
    // Nothing else starts a control plane where there is none.
    guard world.isAnything || [.up, .gatewayUp].contains(self) else { return nil }
    switch self {
    case .up:
      guard world.edition == nil else { return nil }
      after.edition = 1
    case .replace:
      guard let edition = world.edition else { return nil }
      after.edition = edition + 1
    case .raise:
      guard !world.isThreatened else { return nil }
      after.isThreatened = true
    case .lower:
      guard world.isThreatened else { return nil }
      after.isThreatened = false
    case .lockdown:
      guard world.edition != nil, !world.isLockedDown else { return nil }
      after.isLockedDown = true
    case .automatic:
      guard world.isLockedDown else { return nil }
      after.isLockedDown = false
    case .applyPolicy:
      guard world.edition != nil else { return nil }
      after.readersMayWrite.toggle()
    case .drainPool, .fillPool: break
    case .createTenant:
      guard world.quota == nil else { return nil }
      after.quota = 10
    case .changeQuota:
      guard let quota = world.quota else { return nil }
      after.quota = quota + 1
    case .deleteTenant:
      guard world.quota != nil, !world.hasGateway else { return nil }
      after.quota = nil
    case .gatewayUp:
      guard !world.hasGateway else { return nil }
      after.hasGateway = true
    case .gatewayDown:
      guard world.hasGateway else { return nil }
      after.hasGateway = false
    case .loseImage:
      guard world.edition != nil else { return nil }
    case .down:
      guard world.edition != nil else { return nil }
      after.edition = nil
      after.isLockedDown = false
      after.readersMayWrite = false
    }
    return after
  }

  /// How often it is taken: more often where there is more to be interrupted.
  var weight: Int {
    switch self {
    case .up, .replace, .raise, .lower, .down, .gatewayUp, .gatewayDown: 4
    case .lockdown, .automatic, .applyPolicy: 3
    case .loseImage: 2
    case .drainPool, .fillPool, .createTenant, .changeQuota, .deleteTenant: 1
    }
  }

  /// Whether clients of the portal see nothing of it.
  var isSeamless: Bool { ![.up, .loseImage, .down].contains(self) }
}

/// What is killed besides the control plane and the command under way.
enum CrashReach: CaseIterable, Sendable {
  case controlPlane
  /// The port forwarders, too: clients lose their connections, and get new ones once all is there again.
  case forwarders
  /// Everything, also the tenders: an image ends with its tender.
  case everything

  static func random(using generator: inout SeededGenerator) -> CrashReach {
    switch Int.random(in: 0..<10, using: &generator) {
    case 0..<7: .controlPlane
    case 7..<9: .forwarders
    default: .everything
    }
  }
}

/// When it is killed.
enum CrashMoment: Sendable {
  /// So many milliseconds after the start of the command.
  case after(Int)
  /// At the n-th boundary that the control plane passes from its start on: before or after something that it stores or does.
  case boundary(Int)
}

/// What is declared: the portal's edition, `nil` for none, and so on.
struct DeclaredWorld: Sendable, Equatable {
  /// The number that one of its pages shows.
  var edition: Int?
  var isThreatened = false
  var isLockedDown = false
  var readersMayWrite = false
  /// The instances that the tenant `shop` may have, `nil` where it was not made.
  var quota: Int?
  var hasGateway = false

  var isAnything: Bool { edition != nil || hasGateway }

  /// The level due to the portal.
  var level: String { isLockedDown ? "lockdown" : isThreatened ? "elevated" : "normal" }
}
