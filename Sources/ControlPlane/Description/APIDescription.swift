import Foundation
import Orchestration

/// The description of the API (OpenAPI 3.1.0), made of its routes and schemas.
public enum APIDescription {
  /// The document, as JSON.
  public static func text() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(document()), as: UTF8.self) + "\n"
  }

  static func document() throws -> JSON {
    let schemas = try JSONDecoder().decode(JSON.self, from: Data(APISchemas.text.utf8))
    var paths: [String: [String: JSON]] = [:]
    for route in APIRoute.all { paths[route.path, default: [:]][route.method.lowercased()] = operation(route) }
    return [
      "openapi": "3.1.0",
      "info": [
        "title": "Testudo", "version": .text(Orchestrator.productVersion),
        "summary": "The control plane of software-defined security for clouds made of unikernels.",
        "license": ["name": "Apache License 2.0", "identifier": "Apache-2.0"],
      ],
      "servers": [["url": "/"]], "paths": .object(paths.mapValues { .object($0) }),
      "components": [
        "schemas": schemas,
        "securitySchemes": [
          "token": [
            "type": "http", "scheme": "bearer",
            "description":
              "A token of `testudo token create`. None is needed on the Unix socket, nor for decisions on a loopback address without tokens.",
          ]
        ],
      ],
    ]
  }

  private static func reference(_ schema: String?) -> JSON {
    schema.map { ["$ref": .text("#/components/schemas/\($0)")] } ?? ["type": "string"]
  }

  private static func operation(_ route: APIRoute) -> JSON {
    var operation: [String: JSON] = [
      "operationId": .text(route.name), "summary": .text(route.summary), "responses": .object(responses(route)),
      "security": route.operation == nil ? [] : [["token": []]],
    ]
    if let operated = route.operation { operation["x-testudo-action"] = .text(operated.rawValue) }
    let parameters = route.pathParameters.map(pathParameter) + route.queries.map(queryParameter)
    if !parameters.isEmpty { operation["parameters"] = .list(parameters) }
    if let body = route.body {
      let types = body.types.isEmpty ? ["text/plain"] : body.types
      let content = Dictionary(uniqueKeysWithValues: types.map { ($0, ["schema": reference(body.schema)] as JSON) })
      // A text may be empty.
      operation["requestBody"] = ["required": .boolean(body.schema != nil), "content": .object(content)]
    }
    return .object(operation)
  }

  private static func responses(_ route: APIRoute) -> [String: JSON] {
    let content = Dictionary(
      uniqueKeysWithValues: route.answers.map { ($0.type, ["schema": reference($0.schema)] as JSON) })
    var responses: [String: JSON] = [String(route.status): ["description": "Done.", "content": .object(content)]]
    for (status, meaning) in problems(of: route) {
      var content: [String: JSON] = ["application/problem+json": ["schema": reference("Problem")]]
      if let refusal = route.refusal, refusal.statuses.contains(status) {
        for type in refusal.types { content[type] = ["schema": reference(refusal.schema)] }
      }
      responses[String(status)] = ["description": .text(meaning), "content": .object(content)]
    }
    return responses
  }

  /// The statuses of problems that a route can answer with, and what they mean.
  static func problems(of route: APIRoute) -> [Int: String] {
    var statuses = Set(route.problems)
    if !route.queries.isEmpty || route.body != nil { statuses.insert(400) }
    if route.operation != nil { statuses.formUnion([401, 403, 404]) }
    if route.body != nil { statuses.insert(413) }
    if let body = route.body, !body.types.isEmpty { statuses.insert(body.refusal) }
    return Dictionary(uniqueKeysWithValues: statuses.map { ($0, meanings[$0] ?? "It failed.") })
  }

  private static let meanings = [
    400: "The request is not one of the API's.", 401: "No token that is valid was shown.",
    403: "The bearer of the token may not do this, or a quota refuses it.", 404: "There is no such thing.",
    413: "The body is too long.", 415: "The body is of another kind.",
    429: "Too much comes in; try again later.",
    422: "The request cannot be met: what is wrong, and what was expected.", 500: "It could not be carried out.",
    501: "Nothing here does that.",
    503: "This host lacks something, or the control plane is not ready.",
  ]

  private static func pathParameter(_ name: String) -> JSON {
    let schema: JSON =
      switch name {
      case "tenant": reference("TenantName")
      case "digest": reference("Digest")
      case "id": ["type": "string", "pattern": "^[0-9a-f]{16}$"]
      default: ["type": "string", "pattern": "^[a-z][a-z0-9-]{0,39}$"]
      }
    return ["name": .text(name), "in": "path", "required": true, "schema": schema]
  }

  private static func queryParameter(_ parameter: APIParameter) -> JSON {
    let schema: JSON =
      switch parameter.kind {
      case .tenant(everywhere: false): reference("TenantName")
      case .tenant(everywhere: true): ["anyOf": [reference("TenantName"), ["const": "*", "type": "string"]]]
      case .number(let range):
        ["type": "integer", "minimum": .integer(range.lowerBound), "maximum": .integer(range.upperBound)]
      case .text(let limit): ["type": "string", "minLength": 1, "maxLength": .integer(limit)]
      case .flag: ["type": "boolean"]
      }
    return [
      "name": .text(parameter.name), "in": "query", "description": .text(parameter.summary), "schema": schema,
    ]
  }
}
