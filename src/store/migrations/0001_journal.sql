-- The journal: every message as it came, its answer, its state. Append-only but for the state.
-- Ids are time-ordered, so a day is a range of ids: partitions by id are partitions by day (retention drops them whole).
CREATE TABLE journal (
  id bigint NOT NULL,
  source text NOT NULL,
  door text NOT NULL,
  received_at timestamptz NOT NULL,
  sender text NOT NULL,
  control_id text NOT NULL,
  type text NOT NULL,
  charset text NOT NULL,
  sha256 bytea NOT NULL,
  bytes bytea NOT NULL,
  answer_code text NOT NULL,
  answer bytea NOT NULL,
  issues jsonb NOT NULL,
  state text NOT NULL CHECK (state IN ('received', 'refused', 'parked', 'translated')),
  PRIMARY KEY (id)
) PARTITION BY RANGE (id);
CREATE TABLE journal_default PARTITION OF journal DEFAULT;

CREATE INDEX journal_control_id ON journal (control_id);
-- What the sweep looks for: kept, not yet translated. Empty when all is well.
CREATE INDEX journal_untranslated ON journal (id) WHERE state = 'received';
-- Most messages are translated: an index over all states would cost every message an entry for lists nobody asks for.
CREATE INDEX journal_exits ON journal (state, id) WHERE state IN ('refused', 'parked');
CREATE INDEX journal_refused ON journal (source, sender, control_id, sha256) WHERE state = 'refused';

-- A control id is taken once per source and sender (docs/design.md#answers-and-control-ids); refused messages take none.
CREATE TABLE control_id (
  source text NOT NULL,
  sender text NOT NULL,
  control_id text NOT NULL,
  message_id bigint NOT NULL,
  sha256 bytea NOT NULL,
  PRIMARY KEY (source, sender, control_id)
);

CREATE TABLE work_item (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  key text,
  message_id bigint,
  control_id text,
  reason text NOT NULL,
  field text,
  text text NOT NULL,
  state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'done')),
  opened_at timestamptz NOT NULL DEFAULT now(),
  closed_at timestamptz,
  closed_by text
);
CREATE UNIQUE INDEX work_item_open_key ON work_item (key) WHERE state = 'open';
CREATE INDEX work_item_control_id ON work_item (control_id);
CREATE INDEX work_item_message ON work_item (message_id);
CREATE INDEX work_item_state ON work_item (state, id);

-- Each process that receives takes a number for its message ids, so that two never give the same.
CREATE SEQUENCE gateway_node MINVALUE 0 MAXVALUE 255 START 0 CYCLE;
