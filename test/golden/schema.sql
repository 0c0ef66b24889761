TABLE attempt
  delivery_id uuid NOT NULL,
  number integer NOT NULL,
  started_at timestamp with time zone NOT NULL,
  duration_ms integer NOT NULL,
  ok boolean NOT NULL,
  status integer,
  code text,
  detail text NOT NULL,
  sha256 bytea NOT NULL,
  sent text[] NOT NULL
  CONSTRAINT attempt_pkey PRIMARY KEY (delivery_id, number)
TABLE circle_due
  patient text NOT NULL,
  anchor text NOT NULL,
  at timestamp with time zone NOT NULL
  CONSTRAINT circle_due_pkey PRIMARY KEY (patient)
  INDEX circle_due_anchor public.circle_due USING btree (anchor)
  INDEX circle_due_at public.circle_due USING btree (at)
TABLE control_id
  source text NOT NULL,
  sender text NOT NULL,
  control_id text NOT NULL,
  message_id bigint NOT NULL,
  sha256 bytea NOT NULL
  CONSTRAINT control_id_pkey PRIMARY KEY (control_id, sender, source)
TABLE delivery
  id uuid NOT NULL,
  receipt_id uuid NOT NULL,
  message_id bigint NOT NULL,
  number bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  endpoint text NOT NULL,
  lane text NOT NULL,
  kind text NOT NULL,
  state text NOT NULL DEFAULT 'due'::text,
  reason text,
  event_number integer NOT NULL,
  supersedes uuid,
  notification uuid,
  responds_to uuid,
  attempts integer NOT NULL DEFAULT 0,
  claims integer NOT NULL DEFAULT 0,
  reached boolean NOT NULL DEFAULT false,
  due_at timestamp with time zone NOT NULL DEFAULT now(),
  leased_until timestamp with time zone,
  code text,
  pinned text[] NOT NULL,
  patient text NOT NULL,
  sent_at timestamp with time zone NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  revived_at timestamp with time zone,
  ended_at timestamp with time zone
  WITH fillfactor=45
  CONSTRAINT delivery_pkey PRIMARY KEY (id)
  CONSTRAINT delivery_receipt_id_fkey FOREIGN KEY (receipt_id) REFERENCES receipt(id)
  CONSTRAINT delivery_state_check CHECK ((state = ANY (ARRAY['due'::text, 'delivered'::text, 'dead'::text, 'superseded'::text])))
  INDEX delivery_dead public.delivery USING btree (number) WHERE (state = 'dead'::text)
  INDEX delivery_due public.delivery USING btree (endpoint, due_at) WHERE (state = 'due'::text)
  INDEX delivery_lane public.delivery USING btree (lane, number) WHERE (state = 'due'::text)
  INDEX delivery_notification public.delivery USING btree (notification) WHERE (notification IS NOT NULL)
  INDEX delivery_number public.delivery USING btree (number)
  INDEX delivery_patient public.delivery USING btree (patient, number)
  INDEX delivery_reached public.delivery USING btree (lane, number) WHERE reached
  INDEX delivery_receipt public.delivery USING btree (receipt_id)
  INDEX delivery_sent public.delivery USING btree (sent_at)
TABLE document
  message_id bigint NOT NULL,
  part integer NOT NULL,
  key text NOT NULL,
  set_key text,
  version integer,
  request text NOT NULL,
  sha1 bytea NOT NULL,
  parties text[] NOT NULL
  CONSTRAINT document_pkey PRIMARY KEY (message_id, part)
  CONSTRAINT document_request_check CHECK ((request = ANY (ARRAY['new'::text, 'replace'::text, 'delete'::text])))
  INDEX document_key public.document USING btree (key, message_id)
  INDEX document_set public.document USING btree (set_key, version DESC NULLS LAST) WHERE (set_key IS NOT NULL)
TABLE document_content
  key text NOT NULL,
  sha1 bytea NOT NULL
  CONSTRAINT document_content_pkey PRIMARY KEY (key)
TABLE event
  id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  patient text NOT NULL,
  number integer NOT NULL,
  kind text NOT NULL,
  message_id bigint NOT NULL,
  about_type text NOT NULL,
  about_key text NOT NULL,
  thread text NOT NULL,
  effective_at timestamp with time zone NOT NULL,
  effective_text text NOT NULL,
  attributes json NOT NULL
  CONSTRAINT event_patient_number_key UNIQUE (patient, number)
  CONSTRAINT event_pkey PRIMARY KEY (id)
TABLE fact
  message_id bigint NOT NULL,
  position integer NOT NULL,
  source text NOT NULL,
  patient text NOT NULL,
  stay text,
  account text,
  kind text NOT NULL,
  body text NOT NULL,
  effective_at timestamp with time zone NOT NULL,
  recorded_at timestamp with time zone NOT NULL,
  sent_at timestamp with time zone NOT NULL,
  effective_text text NOT NULL,
  recorded_text text NOT NULL,
  sent_text text NOT NULL,
  mapping text NOT NULL,
  known_from timestamp with time zone NOT NULL DEFAULT now(),
  known_until timestamp with time zone,
  in_force boolean NOT NULL DEFAULT true,
  documents text[],
  stay_patient text,
  stay_at timestamp with time zone
  WITH toast_tuple_target=8160
  CONSTRAINT fact_pkey PRIMARY KEY (message_id, "position", known_from)
  INDEX fact_account public.fact USING btree (account) WHERE ((known_until IS NULL) AND (kind = 'movement'::text) AND (stay IS NOT NULL))
  INDEX fact_in_force public.fact USING btree (patient) WHERE ((known_until IS NULL) AND (stay IS NULL) AND (documents IS NULL) AND in_force)
  INDEX fact_outdated public.fact USING btree (patient, recorded_at) WHERE ((known_until IS NULL) AND (stay IS NULL) AND (documents IS NULL) AND (NOT in_force))
  INDEX fact_patient public.fact USING btree (patient) WHERE (known_until IS NULL)
  INDEX fact_stay public.fact USING btree (stay) WHERE ((known_until IS NULL) AND (stay IS NOT NULL))
  INDEX fact_stay_at public.fact USING btree (stay_patient, stay_at) WHERE ((known_until IS NULL) AND (stay_patient IS NOT NULL) AND in_force)
  INDEX fact_superseded public.fact USING btree (patient, known_until) WHERE (known_until IS NOT NULL)
TABLE fact_document
  key text NOT NULL,
  message_id bigint NOT NULL,
  position integer NOT NULL
  CONSTRAINT fact_document_pkey PRIMARY KEY (key, message_id, "position")
TABLE heartbeat
  name text NOT NULL,
  at timestamp with time zone NOT NULL
  CONSTRAINT heartbeat_pkey PRIMARY KEY (name)
TABLE holding
  endpoint text NOT NULL,
  type text NOT NULL,
  id text NOT NULL,
  version integer NOT NULL
  CONSTRAINT holding_pkey PRIMARY KEY (endpoint, type, id)
TABLE identifier
  key text NOT NULL,
  system text NOT NULL,
  value text NOT NULL,
  type text NOT NULL,
  cluster bigint NOT NULL,
  recorded_at timestamp with time zone
  CONSTRAINT identifier_pkey PRIMARY KEY (key)
  INDEX identifier_cluster public.identifier USING btree (cluster)
TABLE journal PARTITION BY RANGE (id)
  id bigint NOT NULL,
  source text NOT NULL,
  door text NOT NULL,
  format text NOT NULL,
  parent bigint,
  external_id text,
  received_at timestamp with time zone NOT NULL,
  sender text NOT NULL,
  control_id text NOT NULL,
  type text NOT NULL,
  charset text NOT NULL,
  sha256 bytea NOT NULL,
  length integer NOT NULL,
  bytes bytea NOT NULL,
  answer_code text,
  answer bytea,
  issues jsonb NOT NULL,
  refused boolean NOT NULL
  CONSTRAINT journal_format_check CHECK ((format = ANY (ARRAY['hl7v2'::text, 'cda'::text, 'xdm'::text, 'mail'::text, 'fhir'::text])))
  CONSTRAINT journal_pkey PRIMARY KEY (id)
  INDEX journal_refused public.journal USING btree (control_id, sender, source, sha256) WHERE refused
  INDEX journal_refused_id public.journal USING btree (id) WHERE refused
TABLE journal_chunk PARTITION BY RANGE (message_id)
  message_id bigint NOT NULL,
  number integer NOT NULL,
  bytes bytea NOT NULL
  CONSTRAINT journal_chunk_pkey PRIMARY KEY (message_id, number)
TABLE mapping_version
  hash text NOT NULL,
  files json NOT NULL,
  used_since timestamp with time zone NOT NULL DEFAULT now()
  CONSTRAINT mapping_version_pkey PRIMARY KEY (hash)
TABLE membership
  patient text NOT NULL,
  stay text,
  person text NOT NULL,
  role json NOT NULL,
  label text NOT NULL,
  from_at timestamp with time zone NOT NULL,
  from_text text NOT NULL,
  to_at timestamp with time zone,
  to_text text,
  from_derived boolean NOT NULL,
  to_derived boolean NOT NULL,
  scope text NOT NULL,
  source text NOT NULL,
  basis text NOT NULL,
  hidden boolean NOT NULL,
  restricted boolean NOT NULL,
  identifier text,
  family text,
  origin json NOT NULL,
  ended json
  CONSTRAINT membership_scope_check CHECK ((scope = ANY (ARRAY['patient'::text, 'stay'::text])))
  INDEX membership_first public.membership USING btree (patient, from_at, from_text) WHERE ((stay IS NOT NULL) AND (NOT hidden))
  INDEX membership_list public.membership USING btree ((((patient || '|'::text) || COALESCE(stay, ''::text))))
  INDEX membership_to public.membership USING btree (patient, COALESCE(to_at, 'infinity'::timestamp with time zone))
TABLE mention
  type text NOT NULL,
  id text NOT NULL,
  source text NOT NULL,
  sha256 bytea NOT NULL,
  rank text NOT NULL,
  recorded_at timestamp with time zone NOT NULL,
  first_recorded_at timestamp with time zone NOT NULL,
  message_id bigint,
  number text,
  family text,
  body text NOT NULL
  CONSTRAINT mention_pkey PRIMARY KEY (type, id, source, sha256)
  CONSTRAINT mention_rank_check CHECK ((rank = ANY (ARRAY['document'::text, 'number'::text, 'name'::text])))
  INDEX mention_number public.mention USING btree (number) WHERE (number IS NOT NULL)
TABLE migration
  number integer NOT NULL,
  checksum text NOT NULL,
  applied_at timestamp with time zone NOT NULL DEFAULT now()
  CONSTRAINT migration_pkey PRIMARY KEY (number)
TABLE parked
  message_id bigint NOT NULL
  CONSTRAINT parked_pkey PRIMARY KEY (message_id)
TABLE receipt
  id uuid NOT NULL,
  number bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
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
  decision text NOT NULL,
  reason text NOT NULL,
  rule text,
  member_from text,
  member_to text,
  carrier uuid,
  written_at timestamp with time zone NOT NULL DEFAULT now()
  CONSTRAINT receipt_decision_check CHECK ((decision = ANY (ARRAY['told'::text, 'not-told'::text])))
  CONSTRAINT receipt_pkey PRIMARY KEY (id)
  INDEX receipt_about public.receipt USING btree (about_key)
  INDEX receipt_message public.receipt USING btree (message_id)
  INDEX receipt_number public.receipt USING btree (number)
  INDEX receipt_patient_told public.receipt USING btree (patient) WHERE (decision = 'told'::text)
TABLE resource
  type text NOT NULL,
  id text NOT NULL,
  version integer NOT NULL,
  updated_at timestamp with time zone NOT NULL,
  removed boolean NOT NULL DEFAULT false,
  tokens bigint[] NOT NULL,
  date_from timestamp with time zone,
  date_to timestamp with time zone
  CONSTRAINT resource_pkey PRIMARY KEY (type, id)
  INDEX resource_begins public.resource USING btree (type, date_from) WHERE (date_from IS NOT NULL)
  INDEX resource_ends public.resource USING btree (type, date_to) WHERE (date_to IS NOT NULL)
  INDEX resource_tokens public.resource USING gin (tokens)
  INDEX resource_updated public.resource USING btree (type, updated_at)
TABLE resource_version
  type text NOT NULL,
  id text NOT NULL,
  version integer NOT NULL,
  body text NOT NULL,
  identifier text,
  updated_at timestamp with time zone NOT NULL,
  removed boolean NOT NULL,
  message_id bigint,
  number bigint NOT NULL GENERATED ALWAYS AS IDENTITY
  CONSTRAINT resource_version_pkey PRIMARY KEY (type, id, version)
  INDEX resource_version_feed public.resource_version USING btree (type, updated_at, number)
TABLE translation_claim
  id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  messages bigint[] NOT NULL,
  alone boolean NOT NULL,
  worker uuid NOT NULL,
  died boolean NOT NULL DEFAULT false,
  claimed_at timestamp with time zone NOT NULL DEFAULT now()
  CONSTRAINT translation_claim_pkey PRIMARY KEY (id)
TABLE waiting
  message_id bigint NOT NULL,
  size integer NOT NULL
  WITH autovacuum_vacuum_scale_factor=0, autovacuum_vacuum_threshold=20000
  CONSTRAINT waiting_pkey PRIMARY KEY (message_id)
TABLE work_item
  id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  key text NOT NULL,
  source text,
  message_id bigint,
  control_id text,
  reason text NOT NULL,
  field text,
  text text NOT NULL,
  code text,
  standing boolean NOT NULL DEFAULT false,
  count integer NOT NULL DEFAULT 0,
  waiting integer NOT NULL DEFAULT 0,
  state text NOT NULL DEFAULT 'open'::text,
  opened_at timestamp with time zone NOT NULL DEFAULT now(),
  last_seen_at timestamp with time zone NOT NULL DEFAULT now(),
  closed_at timestamp with time zone,
  closed_by text
  CONSTRAINT work_item_pkey PRIMARY KEY (id)
  CONSTRAINT work_item_state_check CHECK ((state = ANY (ARRAY['open'::text, 'done'::text])))
  INDEX work_item_open_key UNIQUE public.work_item USING btree (key) WHERE (state = 'open'::text)
  INDEX work_item_state public.work_item USING btree (state, id)
TABLE work_item_message
  work_item_id bigint NOT NULL,
  message_id bigint NOT NULL,
  seen_at timestamp with time zone NOT NULL DEFAULT now(),
  left_at timestamp with time zone
  CONSTRAINT work_item_message_pkey PRIMARY KEY (work_item_id, message_id)
  INDEX work_item_message_message public.work_item_message USING btree (message_id)
SEQUENCE cluster_id FROM 1 TO 9223372036854775807 START 1
SEQUENCE gateway_node FROM 0 TO 255 START 0 CYCLE
FUNCTION numbers_of(text[])
RETURN ARRAY(SELECT hashtextextended(word.word, (0)::bigint) AS hashtextextended FROM unnest(numbers_of.words) word(word))
