import Interchange
public import SecTOSCA

/// What the modules of an image are set to. It is worked out from the topology, from what is due, and from what the
/// orchestrator knows; the manifests say which module takes which parameter at which stage.
public enum ModuleConfiguration {
  /// What is fresh for each instance, and made by whoever starts it.
  static let ofInstance: Set<String> = ["control.entropy", "control.channel-key"]

  /// Every parameter of every selected module that a value is known for, by module and name. What a module has a default
  /// for, and what differs from instance to instance (`ofInstance`), is not among them.
  public static func parameters(
    for resource: Resource, due: [SecurityRequirement], selection: Selection, environment: ResourceEnvironment,
    files: SiteFiles, controlPublicKey: [UInt8]
  ) -> [StagedParameter] {
    var values = ConfigurationValues()
    values.addPlatform(resource: resource, environment: environment, controlPublicKey: controlPublicKey)
    values.addApplications(of: resource, environment: environment, files: files)
    values.addProtection(of: resource, due: due, environment: environment)
    var parameters: [StagedParameter] = []
    for module in selection.modules.map(\.manifest) {
      for declared in module.parameters {
        guard let value = values.value(of: declared.name, for: module.capabilities) else { continue }
        let parameter = Parameter(module: ByteString(module.name), name: ByteString(declared.name), value: value)
        parameters.append(StagedParameter(parameter: parameter, stage: declared.stage))
      }
    }
    return parameters.sorted { left, right in
      left.parameter.module == right.parameter.module
        ? left.parameter.name < right.parameter.name : left.parameter.module < right.parameter.module
    }
  }

  /// The names (`module.parameter`) of what the selected modules require and the parameters do not have. An image does not
  /// start without them; what is left to whoever starts the instance (`ofInstance`) is not named here.
  public static func missing(from parameters: [StagedParameter], for selection: Selection) -> [String] {
    var missing: [String] = []
    for module in selection.modules.map(\.manifest) {
      for declared in module.parameters where declared.isRequired {
        let isThere = parameters.contains {
          $0.parameter.module == ByteString(module.name) && $0.parameter.name == ByteString(declared.name)
        }
        let name = "\(module.name).\(declared.name)"
        if !isThere, !ofInstance.contains(name) { missing.append(name) }
      }
    }
    return missing
  }

  /// What is wrong with the parameters of one stage, such as `static-site.files: expected list of text`: names that no
  /// selected module declares at that stage, values of another shape, and required ones that are not there.
  static func problems(in parameters: [Parameter], stage: ParameterStage, for selection: Selection) -> [String] {
    var problems: [String] = []
    for parameter in parameters {
      let name = "\(parameter.module).\(parameter.name)"
      let module = selection.modules.first { ByteString($0.manifest.name) == parameter.module }?.manifest
      guard let declared = module?.parameter(parameter.name.description), declared.stage == stage else {
        problems.append("`\(name)`: no module of the image has this parameter at stage \(stage.rawValue)")
        continue
      }
      if !declared.shape.admits(parameter.value) { problems.append("`\(name)`: expected \(declared.shape)") }
    }
    let staged = parameters.map { StagedParameter(parameter: $0, stage: stage) }
    for name in missing(from: staged, for: selection) {
      let parts = name.split(separator: ".")
      let module = selection.modules.first { $0.manifest.name == parts[0] }?.manifest
      if module?.parameter(String(parts[parts.count - 1]))?.stage == stage { problems.append("`\(name)` is missing") }
    }
    return problems
  }
}
