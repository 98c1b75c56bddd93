import Foundation

/// The vulnerability notices that are known here: one file for each in a folder. It is read when it is asked for, so that
/// a control plane that runs knows of a new notice at once.
public struct NoticeBook: Sendable {
  /// The folder.
  public let folder: String

  /// No more notices than this are kept.
  public static let maximumNotices = 10_000

  /// The book in a folder, which need not be there.
  public init(folder: String) { self.folder = folder }

  /// All notices, by identifier. One that cannot be read is an error: nobody could tell what it warns of.
  public func notices() throws(ImageFault) -> [VulnerabilityNotice] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    var notices: [VulnerabilityNotice] = []
    for name in names.filter({ $0.hasSuffix(".json") }).sorted() {
      let path = "\(folder)/\(name)"
      let bytes = try ImageStore.read(path, limit: NoticeReader.maximumBytes)
      guard let notice = try? JSONDecoder().decode(VulnerabilityNotice.self, from: Data(bytes)) else {
        throw .storage(path: path, message: "this cannot be read, expected a vulnerability notice")
      }
      notices.append(notice)
    }
    return notices
  }

  /// The modules of a catalogue that a notice which is not accepted warns of.
  public func vulnerable(among modules: [ModuleManifest]) throws(ImageFault) -> Set<ModuleVersion> {
    let open = try notices().filter { $0.acceptance == nil }
    guard !open.isEmpty else { return [] }
    return Set(modules.map(\.identity).filter { module in open.contains { $0.affects(module) } })
  }

  /// Keeps a notice, in the place of an older one of its identifier; what was accepted of that stays accepted.
  public func add(_ notice: VulnerabilityNotice) throws(ImageFault) {
    let known = try notices()
    var notice = notice
    notice.acceptance = notice.acceptance ?? known.first { $0.id == notice.id }?.acceptance
    guard known.count < Self.maximumNotices || known.contains(where: { $0.id == notice.id }) else {
      throw .storage(path: folder, message: "\(known.count) notices, expected fewer than \(Self.maximumNotices)")
    }
    try ImageStore.makeFolder(folder)
    let path = path(of: notice.id)
    try ImageStore.replace(path, with: try CanonicalJSON.encode(notice), by: "\(path).new")
  }

  /// Accepts what a notice warns of, for a reason.
  public func accept(_ id: String, reason: String) throws(ImageFault) -> VulnerabilityNotice {
    guard var notice = try notices().first(where: { $0.id == id }) else {
      throw .storage(path: folder, message: "no notice `\(id)`, expected one of those that `testudo notice list` shows")
    }
    notice.acceptance = reason
    try add(notice)
    return notice
  }

  /// Forgets a notice.
  public func remove(_ id: String) throws(ImageFault) {
    guard try notices().contains(where: { $0.id == id }) else {
      throw .storage(path: folder, message: "no notice `\(id)`, expected one of those that `testudo notice list` shows")
    }
    ImageStore.discard(path(of: id))
  }

  private func path(of id: String) -> String { "\(folder)/\(id).json" }
}
