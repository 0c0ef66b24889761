-- An identifier belongs to one cluster of patients: by constraint, not by hope.
CREATE SEQUENCE cluster_id;
CREATE TABLE identifier (
  system text NOT NULL,
  value text NOT NULL,
  type text NOT NULL,
  cluster bigint NOT NULL,
  PRIMARY KEY (system, value, type)
);
CREATE INDEX identifier_cluster ON identifier (cluster);
-- Facts name their patient by `system|value`.
CREATE INDEX identifier_key ON identifier ((system || '|' || value));

CREATE TABLE fact (
  message_id bigint NOT NULL,
  position int NOT NULL,
  patient text NOT NULL,
  stay text,
  kind text NOT NULL,
  body json NOT NULL,
  effective_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL,
  -- The sender's own writing of both, offset included.
  effective_text text NOT NULL,
  recorded_text text NOT NULL,
  mapping text NOT NULL,
  -- From when to when the gateway read the message so: a replay under other mappings replaces what was read before, and forgets nothing.
  known_at timestamptz NOT NULL DEFAULT now(),
  superseded_at timestamptz,
  PRIMARY KEY (message_id, position, known_at)
);
CREATE INDEX fact_patient ON fact (patient) WHERE superseded_at IS NULL;
CREATE INDEX fact_stay ON fact (stay) WHERE stay IS NOT NULL AND superseded_at IS NULL;

-- The current version of each resource, and what searches find it by. The body stands in resource_version alone.
CREATE TABLE resource (
  type text NOT NULL,
  id text NOT NULL,
  version int NOT NULL,
  updated_at timestamptz NOT NULL,
  removed boolean NOT NULL DEFAULT false,
  -- For mentions: when the winning one was recorded.
  as_of timestamptz,
  tokens text[] NOT NULL,
  -- Range of the type's `date` parameter: an open end is infinite, a resource without date has neither.
  date_from timestamptz,
  date_to timestamptz,
  PRIMARY KEY (type, id)
);
CREATE INDEX resource_tokens ON resource USING gin (tokens);
CREATE INDEX resource_updated ON resource (type, updated_at);
CREATE INDEX resource_begins ON resource (type, date_from) WHERE date_from IS NOT NULL;
CREATE INDEX resource_ends ON resource (type, date_to) WHERE date_to IS NOT NULL;

-- Every version there ever was. Where each value comes from is not kept here: the facts say it, and the folds work it out again.
CREATE TABLE resource_version (
  type text NOT NULL,
  id text NOT NULL,
  version int NOT NULL,
  body text NOT NULL,
  updated_at timestamptz NOT NULL,
  removed boolean NOT NULL,
  message_id bigint,
  PRIMARY KEY (type, id, version)
);
