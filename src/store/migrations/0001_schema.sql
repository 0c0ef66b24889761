-- Everything that the gateway keeps. An instant that the folds read stands twice: as timestamptz for conditions and order, and as `…_text`
-- in the sender's own writing, offset included, which is what resources show.

-- The journal: whatever came, by whatever door, and the answer given. Append-only, never updated.
-- Ids are time-ordered, so a day is a range of ids: partitions by id are partitions by day (retention drops them whole).
CREATE TABLE journal (
  id bigint NOT NULL,
  source text NOT NULL,
  door text NOT NULL,
  format text NOT NULL CHECK (format IN ('hl7v2', 'cda', 'xdm', 'mail', 'fhir')),
  -- The batch or the mail that it came in.
  parent bigint,
  -- What it is called where it comes from: a Message-ID, the name of a file.
  external_id text,
  received_at timestamptz NOT NULL,
  sender text NOT NULL,
  control_id text NOT NULL,
  type text NOT NULL,
  charset text NOT NULL,
  -- Of the whole message, whatever is kept of it.
  sha256 bytea NOT NULL,
  length int NOT NULL,
  -- Empty where they stand in journal_chunk; the first of them of a refused message for which its source's quota had no more room.
  bytes bytea NOT NULL,
  -- Null where the door gives no acknowledgement.
  answer_code text,
  answer bytea,
  issues jsonb NOT NULL,
  -- Answered AE or AR, and never translated.
  refused boolean NOT NULL,
  PRIMARY KEY (id)
) PARTITION BY RANGE (id);
CREATE TABLE journal_default PARTITION OF journal DEFAULT;
CREATE INDEX journal_refused ON journal (control_id, sender, source, sha256) WHERE refused;
CREATE INDEX journal_refused_id ON journal (id) WHERE refused;

-- The bytes of messages over 1 MiB, in pieces of that size, so that they are written and read piece by piece and their row stays small.
CREATE TABLE journal_chunk (
  message_id bigint NOT NULL,
  number int NOT NULL,
  bytes bytea NOT NULL,
  PRIMARY KEY (message_id, number)
) PARTITION BY RANGE (message_id);
-- Compressing a piece takes longer than writing it.
ALTER TABLE journal_chunk ALTER COLUMN bytes SET STORAGE EXTERNAL;
CREATE TABLE journal_chunk_default PARTITION OF journal_chunk DEFAULT;

-- The messages that are to be translated, or translated again. The translation deletes them.
CREATE TABLE waiting (
  message_id bigint PRIMARY KEY,
  -- Bytes of the message.
  size int NOT NULL
);
-- It is filled and emptied all day: vacuumed by the number of rows that went, whatever its size.
ALTER TABLE waiting SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);

-- The messages that wait for somebody to mend what hinders them.
CREATE TABLE parked (message_id bigint PRIMARY KEY);

-- Batches under translation. The translation deletes its row; one that stands although nobody holds its messages tells of a process that died.
CREATE TABLE translation_claim (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  messages bigint[] NOT NULL,
  -- One message with nothing else under way in its process.
  alone boolean NOT NULL,
  -- The worker whose process wrote it: started again, it is the same one.
  worker uuid NOT NULL,
  -- Its process died of itself, not with its gateway.
  died boolean NOT NULL DEFAULT false,
  claimed_at timestamptz NOT NULL DEFAULT now()
);

-- The journal with the state of each message, looked up for each message that is shown.
CREATE VIEW message AS
  SELECT journal.*,
    CASE WHEN refused THEN 'refused' ELSE coalesce(
      (SELECT 'received' FROM waiting WHERE waiting.message_id = journal.id),
      (SELECT 'parked' FROM parked WHERE parked.message_id = journal.id),
      'translated') END AS state
  FROM journal;

-- A control id is taken once per source and sender; refused messages take none. Operators find messages by it.
CREATE TABLE control_id (
  source text NOT NULL,
  sender text NOT NULL,
  control_id text NOT NULL,
  message_id bigint NOT NULL,
  sha256 bytea NOT NULL,
  PRIMARY KEY (control_id, sender, source)
);

-- The documents of the messages that were accepted: later ones are checked against them before their answer.
CREATE TABLE document (
  message_id bigint NOT NULL,
  -- Which of its message it is, from 0.
  part int NOT NULL,
  -- Its id and its set, each as `system|value`.
  key text NOT NULL,
  set_key text,
  version int,
  request text NOT NULL CHECK (request IN ('new', 'replace', 'delete')),
  sha1 bytea NOT NULL,
  -- Numbers of those who wrote it, and of their organisations.
  parties text[] NOT NULL,
  PRIMARY KEY (message_id, part)
);
CREATE INDEX document_key ON document (key, message_id);
CREATE INDEX document_set ON document (set_key, version DESC NULLS LAST) WHERE set_key IS NOT NULL;

-- The content that the id of a document stands for, by constraint and not by hope.
CREATE TABLE document_content (
  key text PRIMARY KEY,
  sha1 bytea NOT NULL
);

-- What somebody must look at, once for each problem. Of one key one is open at a time.
CREATE TABLE work_item (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  key text NOT NULL,
  -- Source, message and control id of the first that brought it up; null where no message did.
  source text,
  message_id bigint,
  control_id text,
  reason text NOT NULL,
  field text,
  text text NOT NULL,
  -- The code at fault, where it has the form of a code.
  code text,
  -- It is about what the facts of several messages say together: it closes when they no longer do, not when one message is read again.
  standing boolean NOT NULL DEFAULT false,
  -- Messages that brought it up, and those of them that still stand behind it: both are counted in `work_item_message`, under the item's lock.
  count int NOT NULL DEFAULT 0,
  waiting int NOT NULL DEFAULT 0,
  state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'done')),
  opened_at timestamptz NOT NULL DEFAULT now(),
  last_seen_at timestamptz NOT NULL DEFAULT now(),
  closed_at timestamptz,
  closed_by text
);
CREATE UNIQUE INDEX work_item_open_key ON work_item (key) WHERE state = 'open';
CREATE INDEX work_item_state ON work_item (state, id);

-- The messages behind a work item: parked, refused, or translated with what it warns of. One that no longer says so leaves it.
CREATE TABLE work_item_message (
  work_item_id bigint NOT NULL,
  message_id bigint NOT NULL,
  seen_at timestamptz NOT NULL DEFAULT now(),
  left_at timestamptz,
  PRIMARY KEY (work_item_id, message_id)
);
CREATE INDEX work_item_message_message ON work_item_message (message_id);

-- The mapping files and source settings behind each hash that a fact names.
CREATE TABLE mapping_version (
  hash text PRIMARY KEY,
  files json NOT NULL,
  used_since timestamptz NOT NULL DEFAULT now()
);

-- Whose number it is: a number with its authority belongs to one cluster of patients, by constraint and not by hope. Facts name their
-- patient by `key`, so every anchor of a fact is a row here.
CREATE TABLE identifier (
  key text PRIMARY KEY,
  system text NOT NULL,
  value text NOT NULL,
  -- HL7 v2 CX-5 as it was first given.
  type text NOT NULL,
  cluster bigint NOT NULL,
  -- When the number that anchors facts was first recorded; null for one that anchors none.
  recorded_at timestamptz
);
CREATE INDEX identifier_cluster ON identifier (cluster);
CREATE SEQUENCE cluster_id;

-- What messages say, never changed. A replay under other mappings ends what the message gave before (`known_until`) and forgets nothing.
CREATE TABLE fact (
  message_id bigint NOT NULL,
  position int NOT NULL,
  source text NOT NULL,
  patient text NOT NULL,
  stay text,
  account text,
  kind text NOT NULL,
  -- Read whole and never searched.
  body text NOT NULL,
  effective_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL,
  sent_at timestamptz NOT NULL,
  effective_text text NOT NULL,
  recorded_text text NOT NULL,
  sent_text text NOT NULL,
  mapping text NOT NULL,
  -- From when to when the gateway read the message so.
  known_from timestamptz NOT NULL DEFAULT now(),
  known_until timestamptz,
  -- False for a fact of no stay all of which was said again later, and for what a version of a document says of a stay that is not in force
  -- any more: no fold depends on it.
  in_force boolean NOT NULL DEFAULT true,
  -- Of what a document says: the keys that its versions share.
  documents text[],
  -- Of a movement, and of what a document says of a stay: the patient again, and when it takes effect or the stay begins. What is about a time
  -- is looked for by these alone.
  stay_patient text,
  stay_at timestamptz,
  PRIMARY KEY (message_id, position, known_from)
);
-- Bodies of two or three kilobytes stay in their row as they are.
ALTER TABLE fact SET (toast_tuple_target = 8160);
CREATE INDEX fact_patient ON fact (patient) WHERE known_until IS NULL;
CREATE INDEX fact_in_force ON fact (patient) WHERE known_until IS NULL AND stay IS NULL AND documents IS NULL AND in_force;
CREATE INDEX fact_outdated ON fact (patient, recorded_at) WHERE known_until IS NULL AND stay IS NULL AND documents IS NULL AND NOT in_force;
-- What tells of the stays of a time: a document tells of one that began about then.
CREATE INDEX fact_stay_at ON fact (stay_patient, stay_at) WHERE known_until IS NULL AND stay_patient IS NOT NULL AND in_force;
CREATE INDEX fact_stay ON fact (stay) WHERE known_until IS NULL AND stay IS NOT NULL;
-- The stays of an account: each of them has a movement.
CREATE INDEX fact_account ON fact (account) WHERE known_until IS NULL AND kind = 'movement' AND stay IS NOT NULL;
-- What a question about earlier knowledge reads besides.
CREATE INDEX fact_superseded ON fact (patient, known_until) WHERE known_until IS NOT NULL;

-- The facts that documents gave, by each of the keys that the versions of one share.
CREATE TABLE fact_document (
  key text NOT NULL,
  message_id bigint NOT NULL,
  position int NOT NULL,
  PRIMARY KEY (key, message_id, position)
);

-- What each source says of a place, an organisation or a professional, once for each wording. The winner is a fold over the rows of one
-- resource; the others are kept.
CREATE TABLE mention (
  type text NOT NULL,
  id text NOT NULL,
  source text NOT NULL,
  sha256 bytea NOT NULL,
  rank text NOT NULL CHECK (rank IN ('document', 'number', 'name')),
  -- When the source last said so, and first.
  recorded_at timestamptz NOT NULL,
  first_recorded_at timestamptz NOT NULL,
  -- The message that said so last; null where a replay took that one back.
  message_id bigint,
  -- Of a Practitioner: `system|value` of his number, and the family name under it.
  number text,
  family text,
  body text NOT NULL,
  PRIMARY KEY (type, id, source, sha256)
);
CREATE INDEX mention_number ON mention (number) WHERE number IS NOT NULL;

-- The circle as folded: one row for each time that somebody spends in it in one role. The rows of one patient and one stay (or of no stay)
-- are replaced together.
CREATE TABLE membership (
  -- Id of the Patient resource.
  patient text NOT NULL,
  stay text,
  person text NOT NULL,
  role json NOT NULL,
  label text NOT NULL,
  from_at timestamptz NOT NULL,
  from_text text NOT NULL,
  -- Null while it lasts.
  to_at timestamptz,
  to_text text,
  -- No source gives that instant.
  from_derived boolean NOT NULL,
  to_derived boolean NOT NULL,
  scope text NOT NULL CHECK (scope IN ('patient', 'stay')),
  source text NOT NULL,
  basis text NOT NULL,
  hidden boolean NOT NULL,
  restricted boolean NOT NULL,
  identifier text,
  family text,
  origin json NOT NULL,
  ended json
);
CREATE INDEX membership_list ON membership ((patient || '|' || coalesce(stay, '')));
CREATE INDEX membership_to ON membership (patient, coalesce(to_at, 'infinity'));
CREATE INDEX membership_first ON membership (patient, from_at, from_text) WHERE stay IS NOT NULL AND NOT hidden;

-- When the CareTeam of a patient next changes by itself, and the anchor to find him by.
CREATE TABLE circle_due (
  patient text PRIMARY KEY,
  anchor text NOT NULL,
  at timestamptz NOT NULL
);
CREATE INDEX circle_due_at ON circle_due (at);
CREATE INDEX circle_due_anchor ON circle_due (anchor);

-- The current version of each resource, and what searches find it by. The body stands in resource_version alone.
CREATE TABLE resource (
  type text NOT NULL,
  id text NOT NULL,
  version int NOT NULL,
  updated_at timestamptz NOT NULL,
  removed boolean NOT NULL DEFAULT false,
  -- The words that searches find it by, as numbers (see `numbers_of`).
  tokens bigint[] NOT NULL,
  -- Range of the type's `date` parameter: an open end is infinite, a resource without date has neither.
  date_from timestamptz,
  date_to timestamptz,
  PRIMARY KEY (type, id)
);
CREATE INDEX resource_tokens ON resource USING gin (tokens);
CREATE INDEX resource_updated ON resource (type, updated_at);
CREATE INDEX resource_begins ON resource (type, date_from) WHERE date_from IS NOT NULL;
CREATE INDEX resource_ends ON resource (type, date_to) WHERE date_to IS NOT NULL;

-- An index of the words themselves was twice the work of writing a resource. Of ten million words it is one chance in four hundred thousand
-- that any two have one number.
CREATE FUNCTION numbers_of(words text[]) RETURNS bigint[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  RETURN ARRAY (SELECT hashtextextended(word, 0) FROM unnest(words) AS word);

-- Every version there ever was. Where each value comes from is not kept here: the facts say it, and the folds work it out again.
CREATE TABLE resource_version (
  type text NOT NULL,
  id text NOT NULL,
  version int NOT NULL,
  body text NOT NULL,
  -- What a conditional update finds the resource by, `system|value`.
  identifier text,
  updated_at timestamptz NOT NULL,
  removed boolean NOT NULL,
  -- Null where no message but the passing of time changed it.
  message_id bigint,
  -- Which of the versions of one instant comes first.
  number bigint GENERATED ALWAYS AS IDENTITY,
  PRIMARY KEY (type, id, version)
);
-- The change feed: what is written later has a later instant (see src/store/horizon.ts).
CREATE INDEX resource_version_feed ON resource_version (type, updated_at, number);

-- What happened, as people are told it. Numbers are gapless per patient: written under the patient's lock.
CREATE TABLE event (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  patient text NOT NULL,
  number int NOT NULL,
  kind text NOT NULL,
  message_id bigint NOT NULL,
  about_type text NOT NULL,
  about_key text NOT NULL,
  -- What a later correction follows: the movement, for a patient that is replaced his anchor.
  thread text NOT NULL,
  effective_at timestamptz NOT NULL,
  effective_text text NOT NULL,
  attributes json NOT NULL,
  UNIQUE (patient, number)
);

-- Every person considered for an event, and why he was or was not told.
CREATE TABLE receipt (
  id uuid PRIMARY KEY,
  -- The order in which receipts were written, for the operator's list.
  number bigint GENERATED ALWAYS AS IDENTITY,
  message_id bigint NOT NULL,
  patient text NOT NULL,
  about_type text NOT NULL,
  about_key text NOT NULL,
  thread text NOT NULL,
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
  -- The receipt whose deliveries carry what this one is about, where it has none of its own.
  carrier uuid,
  written_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX receipt_number ON receipt (number);
CREATE INDEX receipt_message ON receipt (message_id);
CREATE INDEX receipt_about ON receipt (about_key);
CREATE INDEX receipt_patient_told ON receipt (patient) WHERE decision = 'told';

-- What is to be sent, bound to one endpoint for ever, its content pinned to resource versions.
CREATE TABLE delivery (
  id uuid PRIMARY KEY,
  receipt_id uuid NOT NULL REFERENCES receipt (id),
  message_id bigint NOT NULL,
  -- Position in its lane: ids of one lane grow in the order of commit.
  number bigint GENERATED ALWAYS AS IDENTITY,
  endpoint text NOT NULL,
  lane text NOT NULL,
  kind text NOT NULL,
  state text NOT NULL DEFAULT 'due' CHECK (state IN ('due', 'delivered', 'dead', 'superseded')),
  -- Why it was superseded.
  reason text,
  -- Number of the event among those of its patient: of the last one whose state is sent.
  event_number int NOT NULL,
  -- The delivery in whose place this one goes, and the id of the Communication that it has from there; null where that is its own id.
  supersedes uuid,
  notification uuid,
  -- The delivery that told what this one cancels or corrects.
  responds_to uuid,
  -- Outcomes counted, and how often it was claimed: the number of a claim is that of its attempt, and what an earlier claim brings in late is
  -- not counted. A claim without outcome may have reached the endpoint.
  attempts int NOT NULL DEFAULT 0,
  claims int NOT NULL DEFAULT 0,
  -- The endpoint may hold it: it was delivered, or an attempt ended without telling whether it was carried out.
  reached boolean NOT NULL DEFAULT false,
  due_at timestamptz NOT NULL DEFAULT now(),
  leased_until timestamptz,
  code text,
  -- `Type/id/_history/version`
  pinned text[] NOT NULL,
  -- Id of the Patient that is pinned, and the instant of the event: what its Communication is found by.
  patient text NOT NULL,
  sent_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  -- From when it expires, where an operator revived it.
  revived_at timestamptz,
  ended_at timestamptz
);
-- A delivery is changed twice, when it is claimed and when it ended: with room in its page the first leaves the indexes alone.
ALTER TABLE delivery SET (fillfactor = 45);
CREATE INDEX delivery_due ON delivery (endpoint, due_at) WHERE state = 'due';
CREATE INDEX delivery_lane ON delivery (lane, number) WHERE state = 'due';
-- What may have passed others of its lane.
CREATE INDEX delivery_reached ON delivery (lane, number) WHERE reached;
CREATE INDEX delivery_receipt ON delivery (receipt_id);
CREATE INDEX delivery_number ON delivery (number);
CREATE INDEX delivery_notification ON delivery (notification) WHERE notification IS NOT NULL;
CREATE INDEX delivery_patient ON delivery (patient, number);
CREATE INDEX delivery_sent ON delivery (sent_at);
CREATE INDEX delivery_dead ON delivery (number) WHERE state = 'dead';

-- Each try of a delivery, by the number of its claim. It is written from the row of its delivery, so no constraint looks that up once more.
CREATE TABLE attempt (
  delivery_id uuid NOT NULL,
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

-- What each endpoint holds for sure: of each resource the version that it took last.
CREATE TABLE holding (
  endpoint text NOT NULL,
  type text NOT NULL,
  id text NOT NULL,
  version int NOT NULL,
  PRIMARY KEY (endpoint, type, id)
);

-- Each process that receives takes a number for its message ids, so that two never give the same.
CREATE SEQUENCE gateway_node MINVALUE 0 MAXVALUE 255 START 0 CYCLE;

-- When what ought to happen again and again last happened, at whichever gateway: a sweep that stands still is seen by all.
CREATE TABLE heartbeat (
  name text PRIMARY KEY,
  at timestamptz NOT NULL
);
