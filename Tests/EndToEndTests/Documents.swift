/// A unikernel, as `ps --format json` gives it.
struct RunningUnikernel: Decodable, Sendable, Equatable {
  var service: String
  var resource: String
  var tenant: String
  var host: String
  var level: String
  var target: String
  var state: String
  var image: String
  var imageBytes: Int
  var address: String
  var urls: [String]
  /// None where the process has ended.
  var pid: Int32?
  var policyVersion: Int
  var mechanisms: [String]
  var since: String
}

/// An event, as `events --format json` gives it.
struct Event: Decodable, Sendable {
  var kind: String
  var message: String
  var resource: String?
  var service: String?
  var details: [String: String]?
  var correlation: String?
}

/// What an enforcement point has acknowledged, as `policy status --format json` gives it.
struct PolicyStatus: Decodable, Sendable {
  var service: String
  var instance: String
  var resource: String
  var version: Int
  var due: Int
  var converged: Bool
  var acknowledged: String?
}

/// A change of level, as `context set` and `level` give it with `--format json`.
struct LevelChange: Decodable, Sendable {
  var correlation: String?
  var service: String
  var from: String
  var to: String
}

/// What `image inspect --format json` gives.
struct ImageInspection: Decodable, Sendable {
  struct Module: Decodable, Sendable {
    struct Reason: Decodable, Sendable {
      var kind: String
      var name: String
    }
    var name: String
    var version: String
    var reasons: [Reason]
  }
  struct Origin: Decodable, Sendable {
    var service: String
    var resource: String
    var level: String
  }
  struct Signature: Decodable, Sendable {
    var algorithm: String
    var key: String
    var value: String
  }
  var digest: String
  var bytes: Int
  var target: String
  var application: String
  var modules: [Module]
  var mechanisms: [String]
  var signature: Signature
  var createdFrom: [Origin]
}

/// What `image report --format json` gives.
struct SurfaceReport: Decodable, Sendable {
  struct Listener: Decodable, Sendable, Equatable {
    var port: Int
    var `protocol`: String
  }
  var executableBytes: Int
  var writableExecutableSegments: Int
  var systemCalls: [String]
  var listeners: [Listener]
  var modulesLeftOut: [String]
}

/// The parts of a CycloneDX document that the tests look at.
struct BillOfMaterials: Decodable, Sendable {
  struct Component: Decodable, Sendable {
    var name: String
    var version: String?
  }
  struct Metadata: Decodable, Sendable {
    var component: Component
  }
  var bomFormat: String
  var specVersion: String
  var metadata: Metadata
  var components: [Component]
}
