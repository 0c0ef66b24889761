-- A fact's body is read whole and never searched: as text it is written without being parsed again.
ALTER TABLE fact ALTER COLUMN body TYPE text;
-- To squeeze bodies of two or three kilobytes took longer than all the rest of writing them.
ALTER TABLE fact SET (toast_tuple_target = 8160);

-- What a conditional update finds the resource by, `system|value`: worked out once, when the version is written, and not at each delivery.
ALTER TABLE resource_version ADD COLUMN identifier text;
UPDATE resource_version SET identifier = (
  SELECT concat_ws('|', one ->> 'system', one ->> 'value')
  FROM jsonb_array_elements(
    CASE jsonb_typeof(body::jsonb -> 'identifier')
      WHEN 'array' THEN body::jsonb -> 'identifier'
      WHEN 'object' THEN jsonb_build_array(body::jsonb -> 'identifier')
      ELSE '[]'
    END) WITH ORDINALITY AS listed (one, position)
  WHERE one ->> 'value' <> ''
  ORDER BY one ->> 'use' = 'usual' DESC NULLS LAST, position
  LIMIT 1)
WHERE NOT removed;

-- A delivery is changed twice, when it is claimed and when it ended: with room in its page the first leaves the indexes alone.
ALTER TABLE delivery SET (fillfactor = 60);

-- The order in which receipts were written, for the operator's list. For a while 0003 made it: there it is already.
ALTER TABLE receipt ADD COLUMN IF NOT EXISTS number bigint GENERATED ALWAYS AS IDENTITY;
CREATE INDEX IF NOT EXISTS receipt_number ON receipt (number);
