/// What a client says of itself.
struct InitializeParameters: Codable {
  struct Folder: Codable {
    var uri: String
  }
  struct General: Codable {
    var positionEncodings: [String]?
  }
  struct Capabilities: Codable {
    var general: General?
  }
  /// How templates are read, besides what a file `.testudo.yaml` says.
  struct Options: Codable {
    var tolerate: [String]?
    var strict: Bool?
  }
  var rootUri: String?
  var rootPath: String?
  var workspaceFolders: [Folder]?
  var capabilities: Capabilities?
  var initializationOptions: Options?
}

/// What the server says of itself.
struct InitializeResult: Codable {
  struct Info: Codable {
    var name: String
    var version: String
  }
  struct Synchronization: Codable {
    var openClose = true
    /// 2: changes come as ranges with their new text.
    var change = 2
    var save = true
  }
  struct Completion: Codable {
    var triggerCharacters = [" ", ":", ".", "/", "[", "{", ",", "-", "$"]
    var resolveProvider = false
  }
  struct Rename: Codable {
    var prepareProvider = true
  }
  struct Actions: Codable {
    var codeActionKinds = ["quickfix"]
  }
  struct Capabilities: Codable {
    var positionEncoding: String
    var textDocumentSync = Synchronization()
    var completionProvider = Completion()
    var hoverProvider = true
    var definitionProvider = true
    var referencesProvider = true
    var documentHighlightProvider = true
    var documentSymbolProvider = true
    var codeActionProvider = Actions()
    var renameProvider = Rename()
  }
  var capabilities: Capabilities
  var serverInfo: Info
}
