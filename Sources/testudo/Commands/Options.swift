public import ArgumentParser
import Foundation
public import ImageGeneration
import Orchestration
import TOSCA

/// The tenant a command is about.
struct TenantOption: ParsableArguments {
  @Option(help: "The tenant.")
  var tenant = "default"
}

/// How documents are printed.
enum DocumentFormat: String, ExpressibleByArgument, CaseIterable {
  case text, json
}

/// How templates are read, for every command that reads one.
struct TemplateOptions: ParsableArguments {
  @Option(name: .customLong("set"), help: "An input, as INPUT=VALUE; VALUE @FILE reads it from a file. Repeatable.")
  var settings: [String] = []

  @Option(
    help: ArgumentHelp("A departure from the standard to let pass, with a warning. Repeatable.", valueName: "name"))
  var tolerate: [String] = []

  @Flag(help: "Count warnings as errors.")
  var strict = false

  @Option(
    help: ArgumentHelp("A folder of profiles, searched before those of the product. Repeatable.", valueName: "folder"))
  var profiles: [String] = []

  @Option(help: ArgumentHelp("A folder that imports and artifacts may come from. Repeatable.", valueName: "folder"))
  var importFrom: [String] = []

  @Option(
    help: ArgumentHelp(
      "A local folder that stands for a remote repository: its name, or the beginning of an address. Repeatable.",
      valueName: "repository=folder"))
  var repository: [String] = []

  func validate() throws {
    for setting in repository { _ = try Settings.split(setting) }
    for name in tolerate where Tolerance(name: name) == nil {
      let near = Tolerance.nearest(to: name).map { "did you mean `\($0)`? " } ?? ""
      throw ValidationError("unknown tolerance `\(name)`: \(near)expected \(Tolerance.expectation)")
    }
  }

  /// The inputs, those that files hold named by absolute paths.
  func inputs() throws -> [String: String] { try Settings.inputs(settings) }

  /// How templates are read in this process.
  func loading() throws -> TemplateLoading {
    TemplateLoading(
      library: try Installation.library(), tolerances: Tolerance(tolerate.compactMap { Tolerance(name: $0) }),
      isStrict: strict, sources: try sources() ?? ImportSources())
  }

  /// Where templates may take files from, by absolute paths; nil for their own folders only.
  func sources() throws -> ImportSources? {
    guard !(profiles.isEmpty && importFrom.isEmpty && repository.isEmpty) else { return nil }
    func absolute(_ path: String) -> String { URL(filePath: path).standardizedFileURL.path }
    var repositories: [String: String] = [:]
    for setting in repository {
      let (name, folder) = try Settings.split(setting)
      repositories[name] = absolute(folder)
    }
    return ImportSources(
      folders: importFrom.map(absolute), profiles: profiles.map(absolute), repositories: repositories)
  }
}

/// What `up` and `plan` are given.
struct RequestOptions: ParsableArguments {
  @Argument(help: "A template, a folder with one, or an archive.")
  var path: String

  @Option(help: "The service's name; that of the template's folder, or of the archive, unless given.")
  var name: String?

  @OptionGroup var tenant: TenantOption

  @Option(help: "The security level, set by hand; triggers may still raise it.")
  var level: String?

  @Option(help: "What images are made for: \(Target.allCases.map(\.rawValue).joined(separator: " or ")).")
  var target: Target = .process

  @OptionGroup var template: TemplateOptions

  /// The request, with inputs that files hold named by absolute paths.
  func request() throws -> ServiceRequest {
    ServiceRequest(
      path: URL(filePath: path).standardizedFileURL.path, name: name, tenant: tenant.tenant, level: level,
      target: target, inputs: try template.inputs(), tolerances: template.tolerate.isEmpty ? nil : template.tolerate,
      strict: template.strict ? true : nil, sources: try template.sources())
  }
}

extension Target: ExpressibleByArgument {}

/// `NAME=VALUE` arguments.
enum Settings {
  /// A dictionary of `NAME=VALUE` arguments; a value that names a file does so by an absolute path.
  static func inputs(_ settings: [String]) throws -> [String: String] {
    var inputs: [String: String] = [:]
    for setting in settings {
      let (name, value) = try split(setting)
      inputs[name] =
        value.hasPrefix("@") ? "@" + URL(filePath: String(value.dropFirst())).standardizedFileURL.path : value
    }
    return inputs
  }

  /// The two sides of `NAME=VALUE`.
  static func split(_ setting: String) throws -> (String, String) {
    guard let equals = setting.firstIndex(of: "="), equals != setting.startIndex else {
      throw ValidationError("`\(setting)` is not of the form NAME=VALUE")
    }
    return (String(setting[..<equals]), String(setting[setting.index(after: equals)...]))
  }
}
