import Foundation
import ImageGeneration
import SecTOSCA

/// An image that a change of level could ask for next.
public struct PooledImage: Hashable, Sendable, Codable {
  /// The tenant.
  public var tenant: String
  /// The service.
  public var service: String
  /// The resource.
  public var resource: String
  /// The level at which it would be due.
  public var level: String
  /// The digest of its recipe.
  public var recipe: String
  /// Its digest; `nil` while it is not made.
  public var image: String?
  /// Its size in bytes; 0 while it is not made.
  public var bytes: Int
  /// Whether instances run of it already, at the level in force.
  public var isInUse: Bool
  /// When it was made ready (RFC 3339), if this pool did so.
  public var made: String?
}

/// What the pool holds and how well it serves.
public struct PoolStatus: Hashable, Sendable, Codable {
  /// The images that could be asked for next.
  public var images: [PooledImage]
  /// The bytes of those that are ready and not in use.
  public var bytes: Int
  /// The most bytes that it holds ready.
  public var budgetBytes: Int
  /// How often an instance was started of an image that was there.
  public var hits: Int
  /// How often its image had to be linked first.
  public var misses: Int
  /// The instances that wait.
  public var instances: [PooledInstance]
  /// The memory of those, in bytes.
  public var instanceBytes: Int
  /// The most memory that instances may wait with; 0 where none is to wait.
  public var instanceBudgetBytes: Int
  /// How often an instance was taken that waited.
  public var instanceHits: Int
  /// How often one had to be started.
  public var instanceMisses: Int
}

/// The body of `PUT /api/v1/pool/memory`.
public struct PoolMemory: Hashable, Sendable, Codable {
  /// The most memory that instances may wait with, in bytes; 0 for none that waits.
  public var bytes: Int

  /// A bound.
  public init(bytes: Int) {
    self.bytes = bytes
  }
}

/// An instance that waits for a change of level.
public struct PooledInstance: Hashable, Sendable, Codable {
  /// The tenant.
  public var tenant: String
  /// The service.
  public var service: String
  /// The resource.
  public var resource: String
  /// The level it was started for.
  public var level: String
  /// Its identifier.
  public var instance: String
  /// The memory it is counted with, in bytes.
  public var bytes: Int
  /// When it was started (RFC 3339).
  public var started: String
  /// How long ago that was.
  public var ageSeconds: Double
}

/// How well a pool served.
struct PoolCounts: Hashable, Sendable {
  /// Instances that were started of an image that was there.
  var hits = 0
  /// Instances whose image had to be linked first.
  var misses = 0
  /// Instances that waited, and were taken.
  var instanceHits = 0
  /// Instances that had to be started.
  var instanceMisses = 0

  static func += (sum: inout PoolCounts, more: PoolCounts) {
    sum.hits += more.hits
    sum.misses += more.misses
    sum.instanceHits += more.instanceHits
    sum.instanceMisses += more.instanceMisses
  }
}

/// What the pool remembers: when it made images, and how well it served.
struct ImagePool: Sendable {
  /// The most bytes of images that are held ready besides those in use.
  static let budgetBytes = 256 << 20

  /// All that tells which images a service could ask for next, and whether they are there still.
  struct Filling: Equatable {
    var service: ProtectedService
    var target: Target
    var level: String
    var vulnerable: Set<ModuleVersion>
    var library: LinkLibrary.Stamp
    var store: ImageStore.Stamp
    var keys: KeyRing.Stamp
  }

  /// When images were made ready, by recipe.
  var made: [String: String] = [:]
  /// What services that are gone counted.
  var counts = PoolCounts()
  /// Services whose images are being made ready.
  var filling: Set<String> = []
  /// What services were when all their images were ready.
  var filled: [String: Filling] = [:]
  /// Lets one decide at a time which instances wait.
  let gate = Gate()
}
