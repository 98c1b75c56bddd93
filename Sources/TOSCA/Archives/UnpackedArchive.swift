/// The files of an archive in a folder of their own, which is removed when nothing refers to it any more. Whoever uses
/// paths of a topology that was read from an archive must keep this as long as it does.
public final class UnpackedArchive: Sendable {
  /// The folder: only files and folders are in it, no links.
  public var folder: String { temporary.path }

  private let temporary: FileAccess.TemporaryFolder

  /// Unpacks files into a new folder below the system's folder for temporary files. Files whose content is damaged are
  /// added to `problems` and left out.
  init(_ contents: ArchiveContents, problems: inout [ArchiveProblem]) throws(FileFault) {
    temporary = try FileAccess.makeTemporaryFolder()
    let folder = temporary.path
    do throws(FileFault) {
      for path in contents.folders.sorted() { try FileAccess.makeFolder(folder + "/" + path) }
      for (path, file) in contents.files.sorted(by: { $0.key < $1.key }) {
        let bytes: [UInt8]
        do throws(ArchiveProblem) {
          bytes = try contents.archive.content(of: file.entry)
        } catch {
          problems.append(error)
          continue
        }
        try FileAccess.create(folder + "/" + path, bytes, isExecutable: file.isExecutable)
      }
    } catch {
      FileAccess.remove(temporary)
      throw error
    }
  }

  deinit { FileAccess.remove(temporary) }
}
