extension APISchemas {
  /// Of callers, tenants, signals, commands, and AuthZEN.
  static let access = ##"""
    "Role": { "enum": ["decision-caller", "viewer", "operator", "security-officer", "administrator"] },
    "TokenRequest": {
      "type": "object", "additionalProperties": false, "required": ["name", "role"],
      "properties": {
        "name": { "type": "string", "minLength": 1, "maxLength": 64 }, "role": { "$ref": "#/components/schemas/Role" },
        "lifetime": { "type": ["integer", "null"], "minimum": 1, "maximum": 316224000, "description": "In seconds." }
      }
    },
    "Token": {
      "type": "object", "required": ["id", "name", "role", "created"],
      "properties": {
        "id": { "type": "string" }, "name": { "type": "string" }, "tenant": { "type": "string" },
        "role": { "$ref": "#/components/schemas/Role" }, "created": { "$ref": "#/components/schemas/Time" },
        "expires": { "$ref": "#/components/schemas/Time" }
      }
    },
    "OpenC2Message": {
      "type": "object", "description": "A command, with headers around it (transfer 1.1: body.openc2.request) or bare (1.0)."
    },
    "OpenC2Answer": {
      "type": "object", "description": "An answer, in the form that the command came in: bare, or as body.openc2.response.",
      "properties": {
        "status": { "enum": [102, 200, 400, 500, 501] }, "status_text": { "type": "string" },
        "results": { "type": "object" }, "headers": { "type": "object" }, "body": { "type": "object" }
      }
    },
    "PacketRules": { "type": "array", "items": {
      "type": "object", "required": ["number", "permits", "rule", "isPersistent"],
      "properties": {
        "number": { "type": "integer" }, "permits": { "type": "boolean" }, "rule": { "type": "string" },
        "service": { "type": "string" }, "resource": { "type": "string" },
        "start": { "$ref": "#/components/schemas/Time" }, "stop": { "$ref": "#/components/schemas/Time" },
        "isPersistent": { "type": "boolean" }, "holds": { "type": "boolean" }
      } }
    },
    "SignalRefusal": {
      "type": "object", "description": "Why a token was not accepted (RFC 8935, 2.3).", "required": ["err", "description"],
      "properties": {
        "err": { "enum": ["invalid_request", "invalid_key", "invalid_issuer", "invalid_audience", "authentication_failed"] },
        "description": { "type": "string" }
      }
    },
    "Transmitter": {
      "type": "object", "additionalProperties": false, "required": ["name", "issuer", "audience", "tenant", "keys"],
      "properties": {
        "name": { "$ref": "#/components/schemas/TenantName" },
        "issuer": { "type": "string", "minLength": 1, "maxLength": 128 },
        "audience": { "type": "string", "minLength": 1, "maxLength": 128 },
        "tenant": { "$ref": "#/components/schemas/TenantName" }, "service": { "type": ["string", "null"] },
        "keys": { "type": "string", "description": "A JWK set, as text." }
      }
    },
    "Transmitters": { "type": "array", "items": { "$ref": "#/components/schemas/Transmitter" } },
    "Tokens": { "type": "array", "items": { "$ref": "#/components/schemas/Token" } },
    "NewToken": {
      "type": "object", "required": ["token", "text"],
      "properties": { "token": { "$ref": "#/components/schemas/Token" }, "text": { "type": "string" } }
    },
    "Properties": { "type": "object", "description": "Any JSON. Where a number is none of Cedar's, the answer is a denial, or 400 for a search." },
    "TenantQuota": {
      "type": "object", "additionalProperties": false, "description": "What is left out or `null` is not bounded.",
      "properties": {
        "services": { "type": ["integer", "null"], "minimum": 0, "maximum": 1000000 },
        "instances": { "type": ["integer", "null"], "minimum": 0, "maximum": 1000000 },
        "memoryBytes": { "type": ["integer", "null"], "minimum": 0, "maximum": 1125899906842624 },
        "addresses": { "type": ["integer", "null"], "minimum": 0, "maximum": 1000000 },
        "processorPercent": { "type": ["integer", "null"], "minimum": 1, "maximum": 100000 }
      }
    },
    "TenantRequest": {
      "type": "object", "additionalProperties": false, "required": ["tenant"],
      "properties": { "tenant": { "$ref": "#/components/schemas/TenantName" }, "quota": { "anyOf": [{ "$ref": "#/components/schemas/TenantQuota" }, { "type": "null" }] } }
    },
    "Tenant": {
      "type": "object", "required": ["tenant", "quota", "usage"],
      "properties": {
        "tenant": { "$ref": "#/components/schemas/TenantName" }, "created": { "$ref": "#/components/schemas/Time" },
        "quota": { "$ref": "#/components/schemas/TenantQuota" },
        "usage": {
          "type": "object", "required": ["services", "instances", "memoryBytes", "addresses"],
          "properties": {
            "services": { "type": "integer" }, "instances": { "type": "integer" },
            "memoryBytes": { "type": "integer" }, "addresses": { "type": "integer" } } }
      }
    },
    "Tenants": { "type": "array", "items": { "$ref": "#/components/schemas/Tenant" } },
    "Subject": {
      "type": "object", "required": ["type", "id"],
      "properties": { "type": { "type": "string" }, "id": { "type": "string" }, "properties": { "$ref": "#/components/schemas/Properties" } }
    },
    "Sought": { "type": "object", "required": ["type"], "properties": { "type": { "type": "string" } } },
    "Action": {
      "type": "object", "required": ["name"],
      "properties": { "name": { "type": "string" }, "properties": { "$ref": "#/components/schemas/Properties" } }
    },
    "Evaluation": {
      "type": "object", "required": ["subject", "action", "resource"],
      "properties": {
        "subject": { "$ref": "#/components/schemas/Subject" }, "action": { "$ref": "#/components/schemas/Action" },
        "resource": { "$ref": "#/components/schemas/Subject" }, "context": { "$ref": "#/components/schemas/Properties" }
      }
    },
    "Evaluations": {
      "description": "Several questions with what they have in common, or one.",
      "anyOf": [
        { "$ref": "#/components/schemas/Evaluation" },
        {
          "type": "object", "required": ["evaluations"],
          "properties": {
            "subject": { "type": "object" }, "action": { "type": "object" }, "resource": { "type": "object" },
            "context": { "$ref": "#/components/schemas/Properties" },
            "evaluations": { "type": "array", "minItems": 1, "maxItems": 1000, "description": "One that is wrong is denied, and does not spoil the others." },
            "options": { "type": "object", "properties": {
              "evaluations_semantic": { "enum": ["execute_all", "deny_on_first_deny", "permit_on_first_permit"] } } }
          }
        }
      ]
    },
    "Decision": {
      "type": "object", "required": ["decision"],
      "properties": { "decision": { "type": "boolean" }, "context": { "type": "object" } }
    },
    "Decisions": {
      "anyOf": [
        { "$ref": "#/components/schemas/Decision" },
        {
          "type": "object", "required": ["evaluations"],
          "properties": { "evaluations": { "type": "array", "items": { "$ref": "#/components/schemas/Decision" } } }
        }
      ]
    },
    "Page": {
      "type": "object",
      "properties": { "token": { "const": "", "type": "string" }, "limit": { "type": "integer", "minimum": 0 } }
    },
    "SubjectSearch": {
      "type": "object", "required": ["subject", "action", "resource"],
      "properties": {
        "subject": { "$ref": "#/components/schemas/Sought" }, "action": { "$ref": "#/components/schemas/Action" },
        "resource": { "$ref": "#/components/schemas/Subject" }, "context": { "$ref": "#/components/schemas/Properties" },
        "page": { "$ref": "#/components/schemas/Page" }
      }
    },
    "ResourceSearch": {
      "type": "object", "required": ["subject", "action", "resource"],
      "properties": {
        "subject": { "$ref": "#/components/schemas/Subject" }, "action": { "$ref": "#/components/schemas/Action" },
        "resource": { "$ref": "#/components/schemas/Sought" }, "context": { "$ref": "#/components/schemas/Properties" },
        "page": { "$ref": "#/components/schemas/Page" }
      }
    },
    "ActionSearch": {
      "type": "object", "required": ["subject", "resource"],
      "properties": {
        "subject": { "$ref": "#/components/schemas/Subject" }, "resource": { "$ref": "#/components/schemas/Subject" },
        "context": { "$ref": "#/components/schemas/Properties" }, "page": { "$ref": "#/components/schemas/Page" }
      }
    },
    "SearchResults": {
      "type": "object", "required": ["results"],
      "properties": { "results": { "type": "array", "items": { "type": "object" } }, "page": { "type": "object" } }
    },
    "DecisionMetadata": {
      "type": "object", "required": ["policy_decision_point"],
      "properties": { "policy_decision_point": { "type": "string" } }
    }
    """##
}
