extension APISchemas {
  /// Of policies, events, images, the pool and decision points.
  static let operation = ##"""
    "PolicyRequest": {
      "type": "object", "additionalProperties": false, "required": ["services", "files"],
      "properties": {
        "services": { "type": "array", "items": { "type": "string" } }, "requirement": { "type": ["string", "null"] },
        "files": { "type": "array", "items": {
          "type": "object", "additionalProperties": false, "required": ["file", "text"],
          "properties": { "file": { "type": "string" }, "text": { "type": "string" } } } }
      }
    },
    "RollbackRequest": {
      "type": "object", "additionalProperties": false,
      "properties": { "to": { "type": ["integer", "null"], "description": "`null` for the version before the present." } }
    },
    "PolicyVersions": {
      "type": "array", "items": {
        "type": "object",
        "required": ["tenant", "number", "created", "reason", "digest", "isDue", "converged", "points"],
        "properties": {
          "tenant": { "type": "string" }, "number": { "type": "integer" }, "created": { "type": "string" },
          "reason": { "type": "string" }, "digest": { "type": "string" }, "isDue": { "type": "boolean" },
          "converged": { "type": "integer" }, "points": { "type": "integer" } }
      }
    },
    "PolicyAcknowledgements": {
      "type": "array", "items": {
        "type": "object", "required": ["service", "resource", "instance", "version", "due", "converged"],
        "properties": {
          "tenant": { "type": "string" }, "service": { "type": "string" }, "resource": { "type": "string" },
          "instance": { "type": "string" }, "version": { "type": "integer" }, "due": { "type": "integer" },
          "converged": { "type": "boolean" }, "acknowledged": { "type": "string" },
          "confirmed": { "type": "string" }, "digest": { "type": "string" }
        }
      }
    },
    "SignedEnvelope": {
      "type": "object", "required": ["payloadType", "payload", "signatures"], "description": "DSSE, version 1.0.",
      "properties": {
        "payloadType": { "type": "string" }, "payload": { "type": "string" },
        "signatures": { "type": "array", "items": {
          "type": "object", "required": ["keyid", "sig"],
          "properties": { "keyid": { "type": "string" }, "sig": { "type": "string" } } } }
      }
    },
    "Event": {
      "type": "object", "required": ["number", "time", "severity", "tenant", "service", "kind", "message", "details"],
      "properties": {
        "number": { "type": "integer" }, "time": { "$ref": "#/components/schemas/Time" },
        "severity": { "type": "string" }, "tenant": { "type": "string" }, "service": { "type": "string" },
        "resource": { "type": "string" }, "instance": { "type": "string" }, "kind": { "type": "string" },
        "message": { "type": "string" }, "details": { "type": "object", "additionalProperties": { "type": "string" } },
        "correlation": { "type": "string", "description": "What it has in common with all that came of the same cause." }
      }
    },
    "Events": { "type": "array", "items": { "$ref": "#/components/schemas/Event" } },
    "Image": {
      "type": "object",
      "required": ["digest", "bytes", "target", "application", "modules", "mechanisms", "createdFrom", "recipe"],
      "properties": {
        "digest": { "$ref": "#/components/schemas/Digest" }, "bytes": { "type": "integer" },
        "target": { "enum": ["process", "microvm"] }, "application": { "type": "string" },
        "modules": { "type": "array", "items": {
          "type": "object", "required": ["name", "version", "reasons"],
          "properties": {
            "name": { "type": "string" }, "version": { "type": "string" },
            "reasons": { "type": "array", "items": {
              "type": "object", "required": ["kind", "name"],
              "properties": { "kind": { "enum": ["requirement", "application", "target", "dependency"] }, "name": { "type": "string" } } } } } } },
        "mechanisms": { "type": "array", "items": { "type": "string" } },
        "createdFrom": { "type": "array", "items": {
          "type": "object", "required": ["service", "resource", "level", "listeners"],
          "properties": {
            "service": { "type": "string" }, "resource": { "type": "string" }, "level": { "type": "string" },
            "listeners": { "$ref": "#/components/schemas/Listeners" } } } },
        "recipe": { "type": "string" },
        "signature": {
          "type": "object", "required": ["algorithm", "key", "value"],
          "properties": { "algorithm": { "type": "string" }, "key": { "type": "string" }, "value": { "type": "string" } } }
      }
    },
    "Images": { "type": "array", "items": { "$ref": "#/components/schemas/Image" } },
    "Listeners": { "type": "array", "items": {
      "type": "object", "required": ["protocol", "port"],
      "properties": { "protocol": { "type": "string" }, "port": { "type": "integer" } } } },
    "AttackSurfaceReport": {
      "type": "object",
      "required": ["executableBytes", "writableExecutableSegments", "systemCalls", "listeners", "modulesLeftOut"],
      "properties": {
        "executableBytes": { "type": "integer" }, "writableExecutableSegments": { "type": "integer" },
        "systemCalls": { "type": "array", "items": { "type": "string" } },
        "listeners": { "$ref": "#/components/schemas/Listeners" },
        "modulesLeftOut": { "type": "array", "items": { "type": "string" } }, "gadgets": { "type": "integer" }
      }
    },
    "PoolMemory": {
      "type": "object", "additionalProperties": false, "required": ["bytes"],
      "properties": { "bytes": { "type": "integer", "minimum": 0, "maximum": 1099511627776 } }
    },
    "Pool": {
      "type": "object",
      "required": [
        "images", "bytes", "budgetBytes", "hits", "misses", "instances", "instanceBytes", "instanceBudgetBytes",
        "instanceHits", "instanceMisses"
      ],
      "properties": {
        "instances": { "type": "array", "items": {
          "type": "object",
          "required": ["tenant", "service", "resource", "level", "instance", "bytes", "started", "ageSeconds"],
          "properties": {
            "tenant": { "type": "string" }, "service": { "type": "string" }, "resource": { "type": "string" },
            "level": { "type": "string" }, "instance": { "type": "string" }, "bytes": { "type": "integer" },
            "started": { "type": "string" }, "ageSeconds": { "type": "number" } } } },
        "instanceBytes": { "type": "integer" }, "instanceBudgetBytes": { "type": "integer" },
        "instanceHits": { "type": "integer" }, "instanceMisses": { "type": "integer" },
        "images": { "type": "array", "items": {
          "type": "object", "required": ["tenant", "service", "resource", "level", "recipe", "bytes", "isInUse"],
          "properties": {
            "tenant": { "type": "string" }, "service": { "type": "string" }, "resource": { "type": "string" },
            "level": { "type": "string" }, "recipe": { "type": "string" }, "image": { "type": "string" },
            "bytes": { "type": "integer" }, "isInUse": { "type": "boolean" }, "made": { "type": "string" } } } },
        "bytes": { "type": "integer" }, "budgetBytes": { "type": "integer" }, "hits": { "type": "integer" },
        "misses": { "type": "integer" }
      }
    },
    "DecisionPoint": {
      "type": "object", "required": ["tenant", "version", "changed", "policies", "entities", "schema"],
      "properties": {
        "tenant": { "type": "string" }, "version": { "type": "integer" }, "changed": { "type": "string" },
        "policies": { "type": "integer" }, "entities": { "type": "integer" }, "schema": { "type": "boolean" }
      }
    },
    "DecisionPoints": { "type": "array", "items": { "$ref": "#/components/schemas/DecisionPoint" } },
    "DecisionParts": {
      "type": "object", "minProperties": 1, "additionalProperties": false,
      "description": "Texts to put in the place of those before; `null` takes a part away.",
      "properties": {
        "policies": { "type": ["string", "null"] }, "schema": { "type": ["string", "null"] },
        "entities": { "type": ["string", "null"] }
      }
    }
    """##
}
