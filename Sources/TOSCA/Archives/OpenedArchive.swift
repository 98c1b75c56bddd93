/// An archive whose files have been unpacked, for the reading of the template in it.
struct OpenedArchive {
  /// The archive, as the user named it.
  let name: String
  /// Its format.
  let format: ArchiveFormat
  /// The unpacked files.
  let unpacked: UnpackedArchive

  /// Checks and unpacks an archive. What is wrong with single entries is reported, and they are left out; with an
  /// archive that cannot be read at all there is nothing.
  init?(_ path: String, limits: Limits, findings: FindingCollector) {
    name = path
    let table = findings.table
    let start = table.start(of: table.add(SourceTable.Source(name: path, text: nil, path: path)))
    func report(_ problem: ArchiveProblem) {
      var place = start
      if let entry = problem.entry {
        let source = SourceTable.Source(name: path + "!/" + EntryName.shown(entry), text: nil, path: nil)
        place = table.start(of: table.add(source))
      }
      findings.report(problem.code, at: place, problem.message, expected: problem.expected)
    }
    do throws(FileFault) {
      let bytes = try FileAccess.read(path, limit: limits.archiveBytes)
      do throws(ArchiveProblem) {
        var problems: [ArchiveProblem] = []
        let archive = try Archive.open(bytes, limits: limits, problems: &problems)
        let contents = ArchiveContents(archive, limits: limits, problems: problems)
        format = archive.format
        problems = contents.problems
        do throws(FileFault) {
          unpacked = try UnpackedArchive(contents, problems: &problems)
        } catch {
          findings.report(
            "unreadable-file", at: start, "the archive cannot be unpacked: \(error.description(limit: 0))",
            expected: "room in the folder for temporary files")
          return nil
        }
        for problem in problems.prefix(limits.findings + 1) { report(problem) }
      } catch {
        report(error)
        return nil
      }
    } catch {
      findings.report(
        error == .tooLarge ? "archive-too-large" : "unreadable-file", at: start,
        error.description(limit: limits.archiveBytes), expected: "an archive")
      return nil
    }
  }

  /// How a path of an unpacked file is named in findings: `service.csar!/types/nodes.yaml`.
  func displayName(_ path: String) -> String? {
    PathText.relative(path, to: unpacked.folder).map { $0 == "." ? name : name + "!/" + $0 }
  }
}

extension ArchiveFormat {
  /// Whether a file is to be read as an archive: by how it begins, or, whatever is in it, by its name.
  static func isArchive(_ path: String) -> Bool {
    if isArchiveName(path) { return true }
    guard let head = try? FileAccess.readStart(of: path, count: 512) else { return false }
    return ArchiveFormat(head) != nil || foreignFormat(head) != nil
  }
}
