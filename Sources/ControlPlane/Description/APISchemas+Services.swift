extension APISchemas {
  /// Of services, what runs of them, and their levels.
  static let services = ##"""
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
    "LevelChanges": { "type": "array", "items": { "$ref": "#/components/schemas/LevelChange" } }
    """##
}
