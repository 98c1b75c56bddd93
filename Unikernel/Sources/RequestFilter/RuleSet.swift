import Interchange
import LibraryOS

/// The parameters of the module, read.
struct RuleSet: Sendable {
  /// A request must pass each of these.
  var filters: [Filter] = []
  /// The tables of patterns.
  var tables: [PatternTable] = []
  /// What tables are walked over.
  var subjects: [Subject] = []

  private var hasFilters = false
  private var hasTables = false

  /// How many filters there can be.
  static let maximumFilters = 16
  /// How many rules a filter can have.
  static let maximumRules = 256
  /// How many tables there can be.
  static let maximumTables = 128
  /// How many transitions all tables can have.
  static let maximumCells = PatternTable.maximumCells
  /// How many parts of a request there can be, each with a table.
  static let maximumSubjects = 1024
  /// How many items a list of a rule can have.
  static let maximumItems = 256

  /// Changes what `parameters` name, and keeps the rest.
  mutating func apply(_ parameters: [Parameter]) throws(ParameterFault) {
    for index in 0..<parameters.count {
      let parameter = parameters[index]
      guard !parameters[..<index].contains(where: { $0.name == parameter.name }) else {
        throw ParameterFault("request-filter." + parameter.name, expected: "to be given once")
      }
      if parameter.name.equals("filters") {
        try readFilters(parameter.value)
      } else if parameter.name.equals("tables") {
        try readTables(parameter.value)
      } else {
        throw ParameterFault("request-filter." + parameter.name, expected: "no parameter but filters and tables")
      }
    }
    guard hasFilters else { throw RuleSet.fault("to be given at the start") }
    guard hasTables else { throw ParameterFault("request-filter.tables", expected: "to be given at the start") }
    for subject in subjects where subject.table >= tables.count {
      throw RuleSet.fault("numbers of tables that are there")
    }
    for filter in filters {
      for rule in filter.rules {
        for match in rule.matches {
          for place in match.places {
            let count = tables[subjects[place.subject].table].patternCount
            guard count == 32 || place.bits >> UInt32(count) == 0 else {
              throw RuleSet.fault("bits of patterns in the table")
            }
          }
        }
      }
    }
  }

  private mutating func readTables(_ value: ParameterValue) throws(ParameterFault) {
    let name: ByteString = "request-filter.tables"
    guard let items = value.listValue, items.count <= RuleSet.maximumTables else {
      throw ParameterFault(name, expected: "a list of at most 128 tables")
    }
    var read: [PatternTable] = []
    var cells = 0
    for item in items {
      guard let bytes = item.bytesValue else { throw ParameterFault(name, expected: "tables as bytes") }
      do throws(DecodingFault) {
        let table = try PatternTable(bytes)
        cells += table.cellCount
        read.append(table)
      } catch {
        throw ParameterFault(name, expected: "whole tables of automata")
      }
      guard cells <= RuleSet.maximumCells else {
        throw ParameterFault(name, expected: "tables with at most 131072 transitions in all")
      }
    }
    tables = read
    hasTables = true
  }

  private mutating func readFilters(_ value: ParameterValue) throws(ParameterFault) {
    guard let items = value.listValue, items.count <= RuleSet.maximumFilters else {
      throw RuleSet.fault("a list of at most 16 filters")
    }
    filters = []
    subjects = []
    for item in items {
      guard let name = item["name"]?.textValue, name.count <= 256, let ambiguous = item["ambiguous"]?.textValue,
        let beyond = item["beyond"]?.textValue, let rules = item["rules"]?.listValue
      else { throw RuleSet.fault("maps with name, ambiguous, beyond, default, inspected-bytes and rules") }
      var ambiguity = Filter.Ambiguity.all
      if ambiguous.equals("path") {
        ambiguity = .path
      } else if ambiguous.equals("none") {
        ambiguity = .none
      } else if !ambiguous.equals("all") {
        throw RuleSet.fault("ambiguous as all, path or none")
      }
      guard beyond.equals("refuse") || beyond.equals("pass") else { throw RuleSet.fault("beyond as refuse or pass") }
      guard rules.count <= RuleSet.maximumRules else { throw RuleSet.fault("at most 256 rules in a filter") }
      let limit = try RuleSet.number(item["inspected-bytes"], upTo: 1 << 30)
      var read: [Rule] = []
      for rule in rules { read.append(try readRule(rule, limit: limit)) }
      filters.append(
        Filter(
          name: name, ambiguity: ambiguity, refusesBeyond: beyond.equals("refuse"),
          defaultStatus: try RuleSet.status(item["default"]), rules: read))
    }
    hasFilters = true
  }

  private mutating func readRule(_ value: ParameterValue, limit: Int) throws(ParameterFault) -> Rule {
    guard case .map(let fields) = value, let name = value["name"]?.textValue, name.count <= 256 else {
      throw RuleSet.fault("rules as maps with name and status")
    }
    var rule = Rule(name: name, status: try RuleSet.status(value["status"]))
    for field in fields {
      switch field.name {
      case "name", "status": continue
      case "methods": rule.methods = try RuleSet.texts(field.value)
      case "present": rule.present = try RuleSet.texts(field.value)
      case "absent": rule.absent = try RuleSet.texts(field.value)
      case "media-types": rule.mediaTypes = try RuleSet.texts(field.value)
      case "paths":
        for text in try RuleSet.texts(field.value) {
          guard let prefix = PathPrefix(text) else { throw RuleSet.fault("path prefixes such as / or /orders") }
          rule.paths.append(prefix)
        }
      case "sources":
        for text in try RuleSet.texts(field.value) {
          guard let network = IPNetwork(text) else { throw RuleSet.fault("networks such as 10.0.0.0/8") }
          rule.sources.append(network)
        }
      case "over": rule.over = try RuleSet.bounds(field.value)
      case "matches":
        guard let items = field.value.listValue, items.count <= RuleSet.maximumItems else {
          throw RuleSet.fault("lists of at most 256 items")
        }
        for item in items { rule.matches.append(try readMatch(item, limit: limit)) }
      default: throw RuleSet.fault("rules without unknown fields")
      }
    }
    return rule
  }

  private mutating func readMatch(_ value: ParameterValue, limit: Int) throws(ParameterFault) -> Rule.Match {
    guard let name = value["part"]?.textValue, let part = Part(name) else { throw RuleSet.fault("parts of a request") }
    guard let items = value["any"]?.listValue, !items.isEmpty, items.count <= RuleSet.maximumTables else {
      throw RuleSet.fault("1 to 128 tables for a match")
    }
    var match = Rule.Match(isBody: part.isBody, limit: limit, places: [])
    for item in items {
      let bits = item["bits"]?.integerValue ?? 0
      guard bits > 0, bits <= Int64(UInt32.max) else { throw RuleSet.fault("bits of 1 to 32 patterns") }
      let subject = Subject(
        part: part, header: value["header"]?.textValue ?? "",
        table: try RuleSet.number(item["table"], upTo: RuleSet.maximumTables - 1), limit: part.isBody ? limit : 0)
      var index = subjects.firstIndex(of: subject)
      if index == nil {
        guard subjects.count < RuleSet.maximumSubjects else {
          throw RuleSet.fault("at most 1024 parts with their tables")
        }
        index = subjects.count
        subjects.append(subject)
      }
      match.places.append(Rule.Match.Place(subject: index ?? 0, bits: UInt32(bits)))
    }
    return match
  }

  private static func bounds(_ value: ParameterValue) throws(ParameterFault) -> Rule.Bounds {
    guard case .map(let fields) = value else { throw fault("over as a map") }
    var bounds = Rule.Bounds()
    for field in fields {
      let number = try number(field.value, upTo: 1 << 30)
      switch field.name {
      case "target": bounds.target = number
      case "query": bounds.query = number
      case "headers": bounds.headers = number
      case "header-bytes": bounds.headerBytes = number
      case "body": bounds.body = number
      default: throw fault("over with target, query, headers, header-bytes and body")
      }
    }
    return bounds
  }

  private static func texts(_ value: ParameterValue) throws(ParameterFault) -> [ByteString] {
    guard let items = value.listValue, items.count <= maximumItems else { throw fault("lists of at most 256 items") }
    var texts: [ByteString] = []
    for item in items {
      guard let text = item.textValue, !text.isEmpty, text.count <= 1024 else {
        throw fault("texts of 1 to 1024 bytes")
      }
      texts.append(text)
    }
    return texts
  }

  private static func status(_ value: ParameterValue?) throws(ParameterFault) -> Int {
    guard let status = value?.integerValue, status == 0 || (status >= 400 && status <= 499) else {
      throw fault("a status of 0 or from 400 to 499")
    }
    return Int(status)
  }

  private static func number(_ value: ParameterValue?, upTo bound: Int) throws(ParameterFault) -> Int {
    guard let number = value?.integerValue, number >= 0, number <= Int64(bound) else {
      throw fault("numbers within their bounds")
    }
    return Int(number)
  }

  private static func fault(_ expected: ByteString) -> ParameterFault {
    ParameterFault("request-filter.filters", expected: expected)
  }
}
