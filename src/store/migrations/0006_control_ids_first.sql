-- Operators look for messages by their control id. Those that claimed theirs are found by the claim, and only the refused in the journal:
-- an index over the whole journal was one entry more when a message is kept, and another when it is translated.
ALTER TABLE control_id DROP CONSTRAINT control_id_pkey, ADD PRIMARY KEY (control_id, sender, source);
DROP INDEX journal_control_id;
DROP INDEX journal_refused;
CREATE INDEX journal_refused ON journal (control_id, sender, source, sha256) WHERE state = 'refused';
