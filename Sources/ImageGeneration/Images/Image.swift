/// A finished image, as its signed statement describes it.
public struct Image: Hashable, Sendable, Codable {
  /// The SHA-256 of the ELF file, `sha256:` and 64 hexadecimal digits.
  public var digest: String
  /// The size of the ELF file.
  public var bytes: Int
  /// What it runs on.
  public var target: Target
  /// The application modules it has, joined by `+`.
  public var application: String
  /// The modules it has, by name.
  public var modules: [Module]
  /// The sorted names of its security modules.
  public var mechanisms: [String]
  /// The resources it was made for, and at which levels.
  public var createdFrom: [ImageOrigin]
  /// The digest of everything that went into it. Equal recipes give equal images.
  public var recipe: String
  /// Who vouches for it. Not part of the statement that is signed.
  public var signature: ImageSignature?

  /// A module of an image.
  public struct Module: Hashable, Sendable, Codable {
    /// The module's name.
    public var name: String
    /// Its version.
    public var version: String
    /// Why it is in.
    public var reasons: [Reason]

    /// A module of an image.
    public init(name: String, version: String, reasons: [Reason]) {
      self.name = name
      self.version = version
      self.reasons = reasons
    }
  }

  /// Whether a version of a module is part of it, as vulnerability notices ask.
  public func contains(_ module: ModuleVersion) -> Bool {
    modules.contains { $0.name == module.name && $0.version == module.version }
  }

  /// This image with the reasons and origins of another one that the same recipe gave.
  func merging(_ other: Image) -> Image {
    var merged = self
    for index in merged.modules.indices {
      let added = other.modules.first { $0.name == merged.modules[index].name }?.reasons ?? []
      merged.modules[index].reasons = Array(Set(merged.modules[index].reasons).union(added)).sorted()
    }
    merged.createdFrom = Array(Set(createdFrom).union(other.createdFrom)).sorted()
    return merged
  }
}

/// A resource that an image was made for. Levels whose difference lies in parameters alone share an image.
public struct ImageOrigin: Hashable, Sendable, Codable, Comparable {
  /// The service.
  public var service: String
  /// The resource.
  public var resource: String
  /// The security level.
  public var level: String
  /// What it listens on there.
  public var listeners: [Listener]

  /// A resource at a level.
  public init(service: String, resource: String, level: String, listeners: [Listener]) {
    self.service = service
    self.resource = resource
    self.level = level
    self.listeners = listeners
  }

  /// By service, resource, level and listeners.
  public static func < (left: ImageOrigin, right: ImageOrigin) -> Bool {
    let one = [left.service, left.resource, left.level]
    let other = [right.service, right.resource, right.level]
    return one == other
      ? left.listeners.lexicographicallyPrecedes(right.listeners) : one.lexicographicallyPrecedes(other)
  }
}

/// A way into a running image from its network.
public struct Listener: Hashable, Sendable, Codable, Comparable {
  /// The transport protocol, such as `tcp`.
  public var transport: String
  /// The port.
  public var port: Int

  /// A port that is listened on.
  public init(transport: String, port: Int) {
    self.transport = transport
    self.port = port
  }

  private enum CodingKeys: String, CodingKey {
    case transport = "protocol"
    case port
  }

  /// By protocol, then by port.
  public static func < (left: Listener, right: Listener) -> Bool {
    (left.transport, left.port) < (right.transport, right.port)
  }
}

/// A signature over an image's statement.
public struct ImageSignature: Hashable, Sendable, Codable {
  /// How it was made.
  public var algorithm: String
  /// The digest of the public key it is verified with.
  public var key: String
  /// The signature, `r || s`, in hexadecimal digits.
  public var value: String

  /// ECDSA on P-256 with SHA-256 (FIPS 186-5).
  static let algorithm = "ECDSA-P256-SHA256"

  /// A signature.
  public init(algorithm: String, key: String, value: String) {
    self.algorithm = algorithm
    self.key = key
    self.value = value
  }
}
