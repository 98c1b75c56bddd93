/// What the standards ask of an archive once the version of its template is known: each version has rules of its own
/// (Simple Profile 1.0 to 1.3, chapter 6; TOSCA 2.0, chapter 17).
struct ArchiveRules {
  /// Where the template was found.
  let entry: EntryPoint
  /// Where findings go.
  let findings: FindingCollector

  /// Checks an archive, or a folder with a metadata file, against the version of its template.
  func check(_ template: LoadedFile) {
    let version = template.content.version
    let isVersion2 = version >= .tosca2_0
    let start = findings.table.start(of: template.id)
    if let metadata = entry.metadata {
      check(metadata, isVersion2, of: version)
    } else if entry.archive != nil, !isVersion2 {
      for keyname in ["template_name", "template_version"]
      where template.content.metadata[keyname] == nil && !template.content.templateKeynames.contains(keyname) {
        findings.report(
          "missing-key", at: start, "the template of an archive without `TOSCA.meta` lacks the metadata `\(keyname)`",
          expected: "`\(keyname)` in `metadata` (Simple Profile 1.3, 6.3)")
      }
    }
    if let archive = entry.archive, !isVersion2, archive.format != .zip {
      findings.report(
        "archive-format", at: archiveStart(archive),
        "an archive of a template of version `\(version.rawValue)` cannot be a tarball",
        expected: "a zip archive (Simple Profile 1.3, 6.1)")
    }
  }

  private func check(_ metadata: ArchiveMetadata, _ isVersion2: Bool, of version: TOSCAVersion) {
    if let written = metadata["CSAR-Version"], ["1.0", "1.1", "2.0"].contains(written.text),
      isVersion2 != (written.text == "2.0")
    {
      findings.report(
        "archive-version", isVersion2 ? .error : .warning, at: written.place,
        "the archive is of version `\(written.text)`, its template of `\(version.rawValue)`",
        expected: isVersion2 ? "`2.0` (TOSCA 2.0, 17.2.1)" : "`1.1`")
    }
    if version < .simple1_3, entry.metadataPath == "TOSCA.meta" {
      findings.report(
        "metadata-place", at: metadata.start, "the metadata file of version `\(version.rawValue)` is not at the root",
        expected: "`TOSCA-Metadata/TOSCA.meta`; the root is allowed since 1.3")
    }
    if version < .simple1_3, let others = metadata["Other-Definitions"] {
      findings.report(
        "unknown-key", .warning, at: others.place, "`Other-Definitions` means nothing before 1.3",
        expected: "a template of version 1.3 or 2.0")
    }
  }

  private func archiveStart(_ archive: OpenedArchive) -> Place {
    let index = findings.table.sources.firstIndex { $0.name == archive.name } ?? 0
    return findings.table.start(of: UInt32(index))
  }
}
