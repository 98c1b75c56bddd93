/// A position in a document: lines count from 0, characters as the position encoding says.
struct Position: Hashable, Codable, Comparable {
  var line: Int
  var character: Int

  static func < (one: Position, other: Position) -> Bool {
    (one.line, one.character) < (other.line, other.character)
  }
}

/// A range in a document; the end is not part of it.
struct TextRange: Hashable, Codable {
  var start: Position
  var end: Position
}

/// A range in a document that is named.
struct Location: Hashable, Codable {
  var uri: String
  var range: TextRange
}

/// A text to put in the place of another.
struct TextEdit: Hashable, Codable {
  var range: TextRange
  var newText: String
}

/// Edits of several documents, by URI.
struct WorkspaceEdit: Hashable, Codable {
  var changes: [String: [TextEdit]]
}

/// A finding as editors show it.
struct Diagnostic: Hashable, Codable {
  /// Another place that explains it.
  struct Related: Hashable, Codable {
    var location: Location
    var message: String
  }

  var range: TextRange
  /// 1 is an error, 2 a warning.
  var severity: Int
  var code: String
  var source: String
  var message: String
  var relatedInformation: [Related]?
}

/// Text for people.
struct MarkupContent: Hashable, Codable {
  var kind = "markdown"
  var value: String
}

/// What is shown for a place.
struct Hover: Hashable, Codable {
  var contents: MarkupContent
  var range: TextRange?
}

/// Something that could be written in a place.
struct CompletionItem: Hashable, Codable {
  var label: String
  var kind: Int
  var detail: String?
  var documentation: MarkupContent?
  var sortText: String?
  var filterText: String?
  var textEdit: TextEdit
}

/// What could be written in a place.
struct CompletionList: Hashable, Codable {
  var isIncomplete: Bool
  var items: [CompletionItem]
}

/// A name that a document declares, with those inside it.
struct DocumentSymbol: Hashable, Codable {
  var name: String
  var detail: String?
  var kind: Int
  var range: TextRange
  var selectionRange: TextRange
  var children: [DocumentSymbol]
}

/// A change that the editor offers.
struct CodeAction: Hashable, Codable {
  var title: String
  var kind: String
  var diagnostics: [Diagnostic]
  var isPreferred: Bool
  var edit: WorkspaceEdit
}

/// A range that stands for what a name stands for.
struct DocumentHighlight: Hashable, Codable {
  var range: TextRange
}

/// What can be renamed at a place.
struct RenameTarget: Hashable, Codable {
  var range: TextRange
  var placeholder: String
}

/// Nothing, as parameters or result.
struct Nothing: Hashable, Codable {}

// MARK: Parameters

struct DocumentName: Hashable, Codable {
  var uri: String
}

struct DocumentParameters: Codable {
  var textDocument: DocumentName
}

struct PositionParameters: Codable {
  var textDocument: DocumentName
  var position: Position
}

struct ReferenceParameters: Codable {
  struct Context: Codable {
    var includeDeclaration: Bool
  }
  var textDocument: DocumentName
  var position: Position
  var context: Context?
}

struct RenameParameters: Codable {
  var textDocument: DocumentName
  var position: Position
  var newName: String
}

struct CodeActionParameters: Codable {
  var textDocument: DocumentName
  var range: TextRange
}

struct OpenParameters: Codable {
  struct Document: Codable {
    var uri: String
    var version: Int?
    var text: String
  }
  var textDocument: Document
}

struct ChangeParameters: Codable {
  struct Document: Codable {
    var uri: String
    var version: Int?
  }
  struct Change: Codable {
    var range: TextRange?
    var text: String
  }
  var textDocument: Document
  var contentChanges: [Change]
}

struct PublishParameters: Codable {
  var uri: String
  var version: Int?
  var diagnostics: [Diagnostic]
}

struct ShowMessageParameters: Codable {
  /// 1 is an error, 2 a warning.
  var type: Int
  var message: String
}
