/// What bodies are, as JSON Schemas (2020-12). `schemathesis` holds what the server takes and gives against them.
enum APISchemas {
  /// `components/schemas` of the description.
  static let text = "{" + [common, services, operation, access].joined(separator: ",") + "}"

  /// Of what many answers have.
  private static let common = ##"""
    "Done": { "type": "object", "description": "It was done; there is nothing to tell." },
    "Lines": { "type": "string", "description": "JSON documents, one a line. Of what takes time: any number of `progress`, then one `result` or one `problem`." },
    "EventStream": { "type": "string", "description": "Server-sent events: `id` is an event's number, `data` the event as JSON." },
    "Description": { "type": "object", "required": ["openapi", "paths"] },
    "BillOfMaterials": { "type": "object", "required": ["bomFormat", "specVersion", "components"] },
    "TenantName": { "type": "string", "pattern": "^[a-z][a-z0-9-]{0,39}$" },
    "Digest": { "type": "string", "pattern": "^sha256:[0-9a-f]{64}$" },
    "Time": { "type": "string", "format": "date-time" },
    "Attributes": { "type": "object", "additionalProperties": { "type": "string" } },
    "Health": {
      "type": "object", "required": ["status", "pid", "version"],
      "properties": { "status": { "const": "ok" }, "pid": { "type": "integer" }, "version": { "type": "string" } }
    },
    "Readiness": {
      "type": "object", "required": ["isReady", "checks"],
      "properties": {
        "isReady": { "type": "boolean" },
        "checks": { "type": "array", "items": {
          "type": "object", "required": ["name", "isPassed", "found"],
          "properties": { "name": { "type": "string" }, "isPassed": { "type": "boolean" }, "found": { "type": "string" } } } }
      }
    },
    "Place": {
      "type": "object", "required": ["file", "line", "column", "endLine", "endColumn"],
      "properties": {
        "file": { "type": "string" }, "line": { "type": "integer" }, "column": { "type": "integer" },
        "endLine": { "type": "integer" }, "endColumn": { "type": "integer" }
      }
    },
    "Finding": {
      "type": "object", "required": ["code", "severity", "place", "message"],
      "properties": {
        "code": { "type": "string" }, "severity": { "enum": ["error", "warning"] },
        "place": { "$ref": "#/components/schemas/Place" }, "message": { "type": "string" },
        "expected": { "type": "string" }, "suggestion": { "type": "string" },
        "related": { "type": "array", "items": { "type": "object" } }
      }
    },
    "Problem": {
      "type": "object", "description": "RFC 9457, with what kind of fault it is and what is wrong with files.",
      "required": ["type", "title", "status", "detail", "kind"],
      "properties": {
        "type": { "type": "string" }, "title": { "type": "string" }, "status": { "type": "integer" },
        "detail": { "type": "string" }, "kind": { "enum": ["input", "host", "refused", "execution"] },
        "findings": { "type": "array", "items": { "$ref": "#/components/schemas/Finding" } },
        "sources": { "type": "object", "additionalProperties": { "type": "string" } }
      }
    }
    """##
}
