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
}

/// What the pool remembers: when it made images, and how well it served.
struct ImagePool: Sendable {
  /// The most bytes of images that are held ready besides those in use.
  static let budgetBytes = 256 << 20

  /// When images were made ready, by recipe.
  var made: [String: String] = [:]
  var hits = 0
  var misses = 0
  /// Services whose images are being made ready.
  var filling: Set<String> = []
}
