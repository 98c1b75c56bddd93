/// Where, besides its own folder or archive, a template may take files from. Each is named by the user; nothing is
/// fetched over the network.
public struct ImportSources: Hashable, Sendable, Codable {
  /// Folders that imports and artifacts may come from.
  public var folders: [String]
  /// Folders of profiles.
  public var profiles: [String]
  /// Local folders that stand for remote repositories, by the repository's name or the beginning of an address.
  public var repositories: [String: String]

  /// Sources; paths are absolute.
  public init(folders: [String] = [], profiles: [String] = [], repositories: [String: String] = [:]) {
    self.folders = folders
    self.profiles = profiles
    self.repositories = repositories
  }
}
