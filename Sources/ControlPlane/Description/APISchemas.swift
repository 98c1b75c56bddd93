/// What bodies are, as JSON Schemas (2020-12). `schemathesis` holds what the server takes and gives against them.
enum APISchemas {
  /// `components/schemas` of the description.
  static let text = ##"""
    {
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
      },
      "ServiceRequest": {
        "type": "object", "additionalProperties": false, "required": ["path"],
        "properties": {
          "path": { "type": "string", "description": "A template, a folder with one, or an archive; absolute, of the control plane's host." },
          "name": { "type": ["string", "null"] }, "tenant": { "type": "string", "default": "default" },
          "level": { "type": ["string", "null"] }, "target": { "enum": ["process", "microvm"], "default": "process" },
          "inputs": { "type": "object", "additionalProperties": { "type": "string" } },
          "tolerances": { "type": ["array", "null"], "items": { "type": "string" } },
          "strict": { "type": ["boolean", "null"] },
          "sources": {
            "type": ["object", "null"], "additionalProperties": false, "required": ["folders", "profiles", "repositories"],
            "properties": {
              "folders": { "type": "array", "items": { "type": "string" } },
              "profiles": { "type": "array", "items": { "type": "string" } },
              "repositories": { "type": "object", "additionalProperties": { "type": "string" } }
            }
          }
        }
      },
      "Unikernel": {
        "type": "object",
        "required": ["service", "resource", "tenant", "host", "level", "target", "state", "image", "imageBytes", "address", "urls", "policyVersion", "mechanisms", "since", "instance"],
        "properties": {
          "service": { "type": "string" }, "resource": { "type": "string" }, "tenant": { "type": "string" },
          "host": { "type": "string" }, "level": { "type": "string" }, "target": { "enum": ["process", "microvm"] },
          "state": { "enum": ["starting", "ready", "draining", "failed", "stopped", "quarantined"] },
          "image": { "type": "string" }, "imageBytes": { "type": "integer" }, "address": { "type": "string" },
          "urls": { "type": "array", "items": { "type": "string" } }, "pid": { "type": "integer" },
          "policyVersion": { "type": "integer" }, "mechanisms": { "type": "array", "items": { "type": "string" } },
          "since": { "type": "string" }, "instance": { "type": "string" },
          "withdrawn": { "type": "string", "description": "Why it must give its place to a fresh one, if it must." },
          "probes": { "type": "array", "items": {
            "type": "object", "required": ["probe", "expected", "seen", "passed"],
            "properties": {
              "probe": { "type": "string" }, "expected": { "type": "string" }, "seen": { "type": "string" },
              "passed": { "type": "boolean" } } } },
          "integrity": {
            "type": "object", "required": ["outcome", "checked", "checks", "interval"],
            "properties": {
              "outcome": { "enum": ["intact", "violated", "unchecked"] }, "finding": { "type": "string" },
              "checked": { "$ref": "#/components/schemas/Time" }, "checks": { "type": "integer" },
              "interval": { "type": "integer", "description": "In seconds." }
            }
          }
        }
      },
      "QuarantineRequest": {
        "type": "object", "additionalProperties": false, "required": ["resource"],
        "properties": {
          "resource": { "type": "string" },
          "instance": { "type": ["string", "null"], "description": "The beginning of an identifier; all of the resource unless given." },
          "cause": { "type": ["string", "null"], "minLength": 1, "maxLength": 200 }
        }
      },
      "QuarantinedInstance": {
        "type": "object", "required": ["tenant", "service", "resource", "instance", "image", "address", "started", "record"],
        "properties": {
          "tenant": { "type": "string" }, "service": { "type": "string" }, "resource": { "type": "string" },
          "instance": { "type": "string" }, "image": { "$ref": "#/components/schemas/Digest" },
          "address": { "type": "string" }, "pid": { "type": "integer" }, "started": { "$ref": "#/components/schemas/Time" },
          "dump": { "type": "string" },
          "record": {
            "type": "object", "required": ["since", "cause", "forwardedConnections", "clients", "backends"],
            "properties": {
              "since": { "$ref": "#/components/schemas/Time" }, "cause": { "type": "string" },
              "forwardedConnections": { "type": "integer" },
              "clients": { "type": "array", "items": { "type": "string" } },
              "backends": { "type": "array", "items": { "type": "string" } }, "traffic": { "type": "object" }
            }
          }
        }
      },
      "Revocation": {
        "type": "object", "required": ["id", "subject", "since", "cause"],
        "properties": {
          "id": { "type": "string" }, "subject": { "type": "object", "description": "What is revoked, by its kind." },
          "since": { "type": "integer", "description": "In seconds since 1970-01-01 UTC." },
          "until": { "type": "integer", "description": "Likewise; absent: until somebody lifts it." },
          "cause": { "type": "string" }
        }
      },
      "Revocations": { "type": "array", "items": { "$ref": "#/components/schemas/Revocation" } },
      "QuarantinedInstances": { "type": "array", "items": { "$ref": "#/components/schemas/QuarantinedInstance" } },
      "MemoryDump": {
        "type": "object", "required": ["path", "bytes", "unreadableBytes"],
        "properties": { "path": { "type": "string" }, "bytes": { "type": "integer" }, "unreadableBytes": { "type": "integer" } }
      },
      "Unikernels": { "type": "array", "items": { "$ref": "#/components/schemas/Unikernel" } },
      "Service": {
        "type": "object",
        "required": ["tenant", "name", "source", "level", "levels", "policyVersion", "urls", "unikernels"],
        "properties": {
          "tenant": { "$ref": "#/components/schemas/TenantName" }, "name": { "type": "string" },
          "source": { "type": "string" }, "level": { "type": "string" }, "levelSetByHand": { "type": "string" },
          "levels": { "type": "array", "items": { "type": "string" } }, "policyVersion": { "type": "integer" },
          "urls": { "type": "array", "items": { "type": "string" } },
          "unikernels": { "$ref": "#/components/schemas/Unikernels" }
        }
      },
      "Services": { "type": "array", "items": { "$ref": "#/components/schemas/Service" } },
      "Actions": {
        "type": "array", "items": {
          "type": "object", "required": ["step", "reason"],
          "properties": {
            "step": { "type": "object", "description": "One property, named by the step.", "minProperties": 1, "maxProperties": 1 },
            "reason": { "type": "string" }, "probes": { "type": "array", "items": { "type": "string" } }
          }
        }
      },
      "LevelRequest": {
        "type": "object", "additionalProperties": false, "required": ["level"],
        "properties": { "level": { "type": ["string", "null"], "description": "`null` leaves it to triggers." } }
      },
      "PhaseRequest": {
        "type": "object", "additionalProperties": false, "required": ["phase"],
        "properties": { "phase": { "enum": ["build", "deploy", "run", "maintenance", "retire"] } }
      },
      "LevelChange": {
        "type": "object", "required": ["tenant", "service", "from", "to", "cause", "milliseconds"],
        "properties": {
          "tenant": { "type": "string" }, "service": { "type": "string" }, "from": { "type": "string" },
          "to": { "type": "string" }, "cause": { "type": "string" }, "milliseconds": { "type": "number" },
          "enforcedMilliseconds": { "type": "number" }, "failure": { "type": "string" }, "correlation": { "type": "string" }
        }
      },
      "LevelChanges": { "type": "array", "items": { "$ref": "#/components/schemas/LevelChange" } },
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
      },
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
    }
    """##
}
