CREATE TABLE event (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  patient text NOT NULL,
  -- Gapless per patient: written under the patient's lock.
  number int NOT NULL,
  kind text NOT NULL,
  message_id bigint NOT NULL,
  stay text NOT NULL,
  movement text NOT NULL,
  effective_at timestamptz NOT NULL,
  effective_text text NOT NULL,
  UNIQUE (patient, number)
);
CREATE INDEX event_message ON event (message_id);

CREATE TABLE receipt (
  id uuid PRIMARY KEY,
  message_id bigint NOT NULL,
  patient text NOT NULL,
  stay text NOT NULL,
  movement text NOT NULL,
  event_kind text NOT NULL,
  effective_text text NOT NULL,
  member text NOT NULL,
  label text NOT NULL,
  role text NOT NULL,
  decision text NOT NULL CHECK (decision IN ('told', 'not-told')),
  reason text NOT NULL,
  rule text,
  member_from text,
  member_to text,
  written_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX receipt_message ON receipt (message_id);
CREATE INDEX receipt_stay_told ON receipt (stay) WHERE decision = 'told';

CREATE TABLE delivery (
  id uuid PRIMARY KEY,
  receipt_id uuid NOT NULL REFERENCES receipt (id),
  message_id bigint NOT NULL,
  -- Position in its lane: ids of one lane grow in the order of commit.
  number bigint GENERATED ALWAYS AS IDENTITY,
  endpoint text NOT NULL,
  lane text NOT NULL,
  kind text NOT NULL,
  state text NOT NULL DEFAULT 'due' CHECK (state IN ('due', 'delivered', 'dead')),
  attempts int NOT NULL DEFAULT 0,
  due_at timestamptz NOT NULL DEFAULT now(),
  leased_until timestamptz,
  code text,
  -- `Type/id/_history/version`
  pinned text[] NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  ended_at timestamptz
);
CREATE INDEX delivery_due ON delivery (endpoint, due_at) WHERE state = 'due';
CREATE INDEX delivery_lane ON delivery (lane, number) WHERE state = 'due';
CREATE INDEX delivery_message ON delivery (message_id);
CREATE INDEX delivery_receipt ON delivery (receipt_id);
CREATE INDEX delivery_state ON delivery (state, number);

CREATE TABLE attempt (
  delivery_id uuid NOT NULL REFERENCES delivery (id),
  number int NOT NULL,
  started_at timestamptz NOT NULL,
  duration_ms int NOT NULL,
  ok boolean NOT NULL,
  status int,
  code text,
  detail text NOT NULL,
  sha256 bytea NOT NULL,
  sent text[] NOT NULL,
  PRIMARY KEY (delivery_id, number)
);
