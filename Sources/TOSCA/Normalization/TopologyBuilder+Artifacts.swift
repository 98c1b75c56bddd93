extension TopologyBuilder {
  /// The artifacts of a node: those of its template over those of its type.
  func artifacts(
    _ template: NodeTemplate, _ definition: NodeType, _ owner: ValueContext.Owner
  ) -> [String: Artifact] {
    var result: [String: Artifact] = [:]
    for (name, artifact) in template.artifacts.over(
      definition.artifacts, combine: { typer.version == .tosca2_0 ? $0 : $0.refining($1) })
    {
      if let normalized = self.artifact(artifact, inherited: definition.artifacts[name], owner) {
        result[name] = normalized
      }
    }
    return result
  }

  /// The normalized form of an artifact. Its file must exist, unless it lies in a repository or elsewhere on the
  /// network.
  private func artifact(
    _ artifact: ArtifactDefinition, inherited: ArtifactDefinition?, _ owner: ValueContext.Owner
  ) -> Artifact? {
    guard let file = artifact.file else {
      findings.report(
        "missing-key", at: artifact.name.place, "the artifact `\(artifact.name.text.excerpt)` lacks `file`",
        expected: "the keyname `file`")
      return nil
    }
    if typer.version != .tosca2_0 { checkForm(of: artifact, inherited: inherited) }
    var reference = TypeReference(name: "tosca.artifacts.Root", ancestors: [])
    let named = artifact.type ?? inherited?.type
    var definition: ArtifactType?
    if let named {
      let declaring = artifact.type == nil ? inherited?.definingFile ?? self.file.id : artifact.definingFile
      guard let type = catalogue.find(.artifact, named, in: declaring) else { return nil }
      reference = catalogue.artifacts.reference(type)
      definition = catalogue.artifacts.types[type]
    } else if let ending = file.text.split(separator: ".").last,
      let type = catalogue.artifacts.types.firstIndex(where: { type in
        type.fileExtensions.contains { $0.text == ending }
      })
    {
      reference = catalogue.artifacts.reference(type)
      definition = catalogue.artifacts.types[type]
    }
    var assigned = OrderedMap<PropertyAssignment>()
    for (key, value) in artifact.properties {
      assigned[key] = PropertyAssignment(name: Name(text: key, place: value.place), value: value)
    }
    let values = definition.map {
      properties(
        assigned, $0.properties, of: "artifact `\(artifact.name.text.excerpt)`", at: artifact.name.place, owner)
    }
    return Artifact(
      type: reference, file: path(of: artifact, file), repository: artifact.repository?.text, properties: values ?? [:],
      place: range(file.place))
  }

  /// The path of an artifact's file relative to the topology's root, where it is in it.
  private func path(of artifact: ArtifactDefinition, _ file: Name) -> String {
    let written = file.text
    if artifact.repository != nil || written.contains("://") { return written }
    let path = PathText.join(folders[artifact.definingFile] ?? root, written)
    if FileAccess.kind(of: path) == .nothing {
      let present = FileAccess.names(in: PathText.folder(of: path))
      let wanted = written.split(separator: "/").last.map(String.init) ?? written
      findings.report(
        "missing-file", at: file.place,
        "the artifact's file `\(written.excerpt)` does not exist",
        expected: "a file or folder relative to this file", suggestion: nearest(wanted, among: present))
      return written
    }
    if let real = FileAccess.realPath(path), !artifacts.contain(real), !isProfile(artifact.definingFile) {
      findings.report(
        "artifact-outside", at: file.place, "the artifact `\(written.excerpt)` leaves the template's folder",
        expected: "a file or folder in the template's folder")
    } else {
      artifacts.checkChecksum(of: artifact, at: path)
    }
    return PathText.route(to: path, from: root)
  }

  /// In its long form an artifact says its type (1.3, 3.6.7.1); the repository is one of the file.
  private func checkForm(of artifact: ArtifactDefinition, inherited: ArtifactDefinition?) {
    if artifact.type == nil, inherited?.type == nil, !artifact.isShort {
      findings.report(
        "missing-key", at: artifact.name.place, "the artifact `\(artifact.name.text.excerpt)` lacks `type`",
        expected: "the keyname `type`")
    }
    guard let repository = artifact.repository, artifact.definingFile == file.id,
      file.content.repositories[repository.text] == nil
    else { return }
    findings.report(
      "unknown-repository", at: repository.place, "unknown repository `\(repository.text.excerpt)`",
      expected: "a repository of this file",
      suggestion: nearest(repository.text, among: file.content.repositories.keys))
  }

  private func isProfile(_ id: UInt32) -> Bool { folders[id] == nil }
}
