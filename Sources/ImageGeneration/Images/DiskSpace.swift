import Glibc

/// The room on the disk that a path is on.
public enum DiskSpace {
  /// Less than this, in bytes, and hardly anything can be written.
  private static let least = 64 << 10

  /// What to add to a message about something that was not written; empty where there is room.
  public static func remark(on path: String) -> String {
    var information = statvfs()
    guard statvfs(path, &information) == 0 else { return "" }
    let room = Int(clamping: information.f_bavail) * Int(clamping: information.f_frsize)
    // Disks without a bound on the number of files say 0 of it.
    let takesNoFile = information.f_favail == 0 && information.f_files > 0
    guard room < least || takesNoFile else { return "" }
    return "; the disk that has `\(path)` is full"
  }
}
