import Foundation
import Testing

@testable import Cedar

@Suite("the human and the JSON form of schemas")
struct SchemaFormTests {
  private static let text = """
    type Address = { street: String, "zip code"?: Long };
    entity Group;
    entity User in [Group] = { name: String, manager?: User, home: Address, ips: Set<ipaddr> } tags Set<String>;
    entity Color enum ["red", "green"];
    namespace Files {
      entity File = { owner: User, size: Long, isPublic: Bool, made: datetime };
      action any;
      action read, "write it" in [any] appliesTo { principal: [User], resource: [File], context: { via?: decimal } };
    }
    """

  @Test("one schema has two forms, and each reads as the same schema")
  func both() throws {
    let schema = try Schema(parsing: Self.text)
    for other in [try Schema(parsing: schema.description), try Schema(json: schema.json)] {
      #expect(other.entityTypes == schema.entityTypes)
      #expect(other.actions == schema.actions)
    }
  }

  @Test(
    "the schemas of others keep their meaning in both forms",
    .enabled(if: CorpusTests.isThere, "skipped: there is no folder ../shared/corpus/cedar beside the repository"))
  func corpus() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: CorpusTests.folder.path)
      .filter { $0.hasSuffix(".cedarschema") }.sorted()
    for name in names {
      let schema = try Schema(
        parsing: try String(contentsOf: CorpusTests.folder.appending(path: name), encoding: .utf8))
      for other in [try Schema(parsing: schema.description), try Schema(json: schema.json)] {
        #expect(other.entityTypes == schema.entityTypes, "\(name)")
        #expect(other.actions == schema.actions, "\(name)")
      }
    }
    #expect(names.count > 700)
  }

  @Test("JSON may name common types, entities and built-in types by one word")
  func names() throws {
    let schema = try Schema(
      json: """
        {"": {"commonTypes": {"T": {"type": "Record", "attributes": {"a": {"type": "Long", "required": false}}}},
          "entityTypes": {"U": {"shape": {"type": "Record", "attributes": {
            "t": {"type": "T"}, "u": {"type": "EntityOrCommon", "name": "U"}, "s": {"type": "EntityOrCommon", "name": "String"},
            "e": {"type": "Extension", "name": "ipaddr"}}}, "tags": {"type": "String"}}},
          "actions": {"go": {"appliesTo": {"principalTypes": ["U"], "resourceTypes": ["U"]}}, "stay": {}}}}
        """)
    let attributes = try #require(schema.entityTypes["U"]?.attributes)
    #expect(attributes["t"]?.type == .record(["a": SchemaAttribute(type: .long, isRequired: false)]))
    #expect(attributes["u"]?.type == .entity("U"))
    #expect(attributes["s"]?.type == .string)
    #expect(attributes["e"]?.type == .extension(.ip))
    #expect(schema.entityTypes["U"]?.tags == .string)
    #expect(schema.actions[EntityUID(type: "Action", id: "go")]?.principals == ["U"])
    #expect(schema.actions[EntityUID(type: "Action", id: "stay")]?.principals == [])
  }

  @Test(
    "a mistake is said with its place",
    arguments: [
      ("[]", "schema"), (#"{"a b": {}}"#, "schema"), (#"{"": {"types": {}}}"#, "\"\""),
      (#"{"N": {"entityTypes": {"U": {"shape": {"type": "Long"}}}}}"#, "schema"),
      (#"{"N": {"entityTypes": {"U": {"shape": {"type": "Set"}}}}}"#, "N.entityTypes.U.shape"),
      (#"{"N": {"entityTypes": {"U": {"enum": []}}}}"#, "N.entityTypes.U.enum"),
      (#"{"N": {"entityTypes": {"U": {"memberOfTypes": ["V"]}}}}"#, "schema"),
      (#"{"N": {"actions": {"a": {"appliesTo": {"principals": []}}}}}"#, "N.actions.a.appliesTo"),
      (#"{"N": {"actions": {"a": {"memberOf": [{}]}}}}"#, "N.actions.a.memberOf[0].id"),
    ])
  func mistakes(json: String, place: String) throws {
    let error = try #require(throws: CedarJSONError.self) { _ = try Schema(json: json) }
    #expect(error.place == place, "\(error)")
  }
}
