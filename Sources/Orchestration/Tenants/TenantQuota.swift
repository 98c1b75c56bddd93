import SecTOSCA

/// How much a tenant may have at most. What is `nil` is not bounded.
public struct TenantQuota: Hashable, Sendable, Codable {
  /// Services that are declared.
  public var services: Int?
  /// Instances that are declared: one for each resource. While one takes another's place, both run.
  public var instances: Int?
  /// Memory of these instances' heaps together, in bytes.
  public var memoryBytes: Int?
  /// Addresses in its services' networks: one for each instance, and one for the host in each service.
  public var addresses: Int?
  /// Processor time of all its instances together, in percent of one processor.
  public var processorPercent: Int?

  /// A quota; nothing is bounded unless given.
  public init(
    services: Int? = nil, instances: Int? = nil, memoryBytes: Int? = nil, addresses: Int? = nil,
    processorPercent: Int? = nil
  ) {
    self.services = services
    self.instances = instances
    self.memoryBytes = memoryBytes
    self.addresses = addresses
    self.processorPercent = processorPercent
  }

  /// Whether nothing is bounded.
  public var isEmpty: Bool { self == TenantQuota() }

  /// What is wrong with it, if something is.
  var mistake: String? {
    let counts = [("services", services), ("instances", instances), ("addresses", addresses)]
    for (name, count) in counts {
      if let count, !(0...1_000_000).contains(count) { return "`\(name)` is \(count), expected 0 to 1000000" }
    }
    if let memoryBytes, !(0...1 << 50).contains(memoryBytes) {
      return "`memoryBytes` is \(memoryBytes), expected 0 to \(1 << 50)"
    }
    // Less than this, and the kernel has no time to give.
    if let processorPercent, !(1...100_000).contains(processorPercent) {
      return "`processorPercent` is \(processorPercent), expected 1 to 100000"
    }
    return nil
  }

  /// What a service would need beyond the quota, as people say it; `nil` where there is room.
  /// - Parameters:
  ///   - own: What the service needs.
  ///   - others: What the tenant's other services need.
  func excess(of own: TenantUsage, beside others: TenantUsage) -> String? {
    let bounds = [
      ("services", "--services", services, own.services, others.services),
      ("instances", "--instances", instances, own.instances, others.instances),
      ("bytes of memory", "--memory", memoryBytes, own.memoryBytes, others.memoryBytes),
      ("addresses", "--addresses", addresses, own.addresses, others.addresses),
    ]
    for (name, option, limit, needed, used) in bounds {
      guard let limit, needed + used > limit else { continue }
      return "it needs \(needed) \(name), and \(used) are in use by other services; expected at most \(limit) together "
        + "(`testudo tenant set-quota` with \(option) changes that)"
    }
    return nil
  }
}

/// What services need, as they are declared.
public struct TenantUsage: Hashable, Sendable, Codable {
  /// Services.
  public var services = 0
  /// Instances.
  public var instances = 0
  /// Bytes of heaps.
  public var memoryBytes = 0
  /// Addresses.
  public var addresses = 0

  /// Nothing is needed.
  public init() {}

  /// What declared services need together.
  init(_ declarations: some Sequence<ServiceDeclaration>) {
    for declaration in declarations {
      let resources = declaration.service.resources
      services += 1
      instances += resources.count
      memoryBytes += resources.reduce(0) { $0 + $1.memoryBytes }
      addresses += resources.count + 1
    }
  }
}

/// A tenant: how much it may have, and how much it has.
public struct TenantStatus: Hashable, Sendable, Codable {
  /// Its name.
  public var tenant: String
  /// When it was made (RFC 3339); `nil` for one that is only named by what it has.
  public var created: String?
  /// How much it may have.
  public var quota: TenantQuota
  /// How much it has.
  public var usage: TenantUsage
}

/// The body of `POST /api/v1/tenants`.
public struct TenantRequest: Hashable, Sendable, Codable {
  /// Its name: 1 to 40 lower-case letters, digits and `-`, a letter first.
  public var tenant: String
  /// How much it may have; nothing is bounded unless given.
  public var quota: TenantQuota?

  /// A tenant to be made.
  public init(tenant: String, quota: TenantQuota? = nil) {
    self.tenant = tenant
    self.quota = quota
  }
}
