public import ImageGeneration
import TOSCA

/// What `up` and `plan` ask for.
public struct ServiceRequest: Hashable, Sendable, Codable {
  /// The template, a folder with one, or an archive; absolute.
  public var path: String
  /// The service's name; `nil` takes that of the template's folder or of the archive.
  public var name: String?
  /// The tenant the service belongs to.
  public var tenant: String
  /// The level to set by hand; `nil` leaves it to triggers.
  public var level: String?
  /// What images are made for.
  public var target: Target
  /// Inputs of the template, as `--set` has them.
  public var inputs: [String: String]
  /// The names of departures from the standard that are let pass; `nil` for none.
  public var tolerances: [String]?
  /// Whether warnings count as errors; `nil` for no.
  public var strict: Bool?
  /// Where the template may take files from; `nil` for its own folder only.
  public var sources: ImportSources?

  /// A request; `path` is absolute.
  public init(
    path: String, name: String? = nil, tenant: String = "default", level: String? = nil, target: Target = .process,
    inputs: [String: String] = [:], tolerances: [String]? = nil, strict: Bool? = nil,
    sources: ImportSources? = nil
  ) {
    self.sources = sources
    self.tolerances = tolerances
    self.strict = strict
    self.path = path
    self.name = name
    self.tenant = tenant
    self.level = level
    self.target = target
    self.inputs = inputs
  }
}

extension ServiceRequest {
  /// Reads a request; only `path` has to be there.
  public init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      path: try fields.decode(String.self, forKey: .path), name: try fields.decodeIfPresent(String.self, forKey: .name),
      tenant: try fields.decodeIfPresent(String.self, forKey: .tenant) ?? "default",
      level: try fields.decodeIfPresent(String.self, forKey: .level),
      target: try fields.decodeIfPresent(Target.self, forKey: .target) ?? .process,
      inputs: try fields.decodeIfPresent([String: String].self, forKey: .inputs) ?? [:],
      tolerances: try fields.decodeIfPresent([String].self, forKey: .tolerances),
      strict: try fields.decodeIfPresent(Bool.self, forKey: .strict),
      sources: try fields.decodeIfPresent(ImportSources.self, forKey: .sources))
  }

  /// How the request's template is to be read, with the parts of a library's folder.
  public func loading(library: String) throws(OrchestrationFault) -> TemplateLoading {
    var tolerated: Tolerance = []
    for name in tolerances ?? [] {
      guard let tolerance = Tolerance(name: name) else {
        throw .input("unknown tolerance `\(name)`, expected \(Tolerance.expectation)")
      }
      tolerated.formUnion(tolerance)
    }
    return TemplateLoading(
      library: library, tolerances: tolerated, isStrict: strict ?? false, sources: sources ?? ImportSources())
  }
}
