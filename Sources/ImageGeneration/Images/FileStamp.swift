import Glibc
import Synchronization

/// What tells that a file, or what is in a folder, is another than it was, without reading it.
struct FileStamp: Hashable, Sendable {
  private var path: String
  private var number: UInt64
  private var size: Int
  private var modified: [Int]

  /// The stamp of what is at a path; `nil` where nothing is.
  init?(_ path: String) {
    var information = stat()
    guard stat(path, &information) == 0 else { return nil }
    self.path = path
    number = UInt64(information.st_ino)
    size = Int(information.st_size)
    modified = [information.st_mtim.tv_sec, information.st_mtim.tv_nsec]
  }
}

extension ImageStore {
  /// What tells that images were put into the store or taken out, whoever did that.
  public struct Stamp: Hashable, Sendable {
    private var folders: [FileStamp?]

    init(of store: ImageStore) {
      folders = ["images", "recipes"].map { FileStamp("\(store.folder)/\($0)") }
    }
  }

  /// The stamp at present.
  public var stamp: Stamp { Stamp(of: self) }
}

/// What was read of the papers of images, for as long as the files are the same. Nothing that is verified is taken from
/// here.
final class PaperCache: Sendable {
  /// No more images than this are known.
  private static let limit = 1024

  private let known = Mutex<[String: (stamps: [FileStamp?], image: Image)]>([:])

  func image(_ digest: String, _ stamps: [FileStamp?]) -> Image? {
    let last = known.withLock { $0[digest] }
    return last?.stamps == stamps ? last?.image : nil
  }

  func keep(_ image: Image, _ digest: String, _ stamps: [FileStamp?]) {
    // A file that is not there may come.
    guard !stamps.contains(nil) else { return }
    known.withLock { known in
      if known.count >= PaperCache.limit { known = [:] }
      known[digest] = (stamps, image)
    }
  }
}
