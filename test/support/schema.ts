import type pg from 'pg';

/** Every relation, constraint, index, sequence and function of the public schema, each as one line of SQL's own words. */
const STATEMENTS = [
  `SELECT format('TABLE %s%s', relname, CASE relkind WHEN 'p' THEN ' PARTITION BY ' || pg_get_partkeydef(class.oid) ELSE '' END) AS head,
    relname AS name, 0 AS place,
    coalesce((
      SELECT string_agg(format(E'\n  %s %s%s%s', attname, format_type(atttypid, atttypmod),
        CASE WHEN attnotnull THEN ' NOT NULL' ELSE '' END,
        CASE WHEN attidentity <> '' THEN ' GENERATED ALWAYS AS IDENTITY'
          ELSE coalesce(' DEFAULT ' || pg_get_expr(adbin, adrelid), '') END), ',' ORDER BY attnum)
      FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
      WHERE attrelid = class.oid AND attnum > 0 AND NOT attisdropped), '')
    || coalesce(E'\n  WITH ' || array_to_string(reloptions, ', '), '') AS body
  FROM pg_class AS class
  WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition`,
  `SELECT '  CONSTRAINT ' || conname AS head, conrelid::regclass::text AS name, 1 AS place, ' ' || pg_get_constraintdef(pg_constraint.oid) AS body
  FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid
  WHERE connamespace = 'public'::regnamespace AND contype IN ('p', 'u', 'f', 'c', 'x') AND NOT relispartition`,
  `SELECT '  INDEX ' || relname AS head, indrelid::regclass::text AS name, 2 AS place,
    ' ' || regexp_replace(pg_get_indexdef(indexrelid), '^CREATE (UNIQUE )?INDEX .* ON (ONLY )?', '\\1') AS body
  FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
  WHERE relnamespace = 'public'::regnamespace AND NOT relispartition AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)`,
  `SELECT 'SEQUENCE ' || sequencename AS head, '~' || sequencename AS name, 3 AS place,
    format(' FROM %s TO %s START %s%s', min_value, max_value, start_value, CASE WHEN cycle THEN ' CYCLE' ELSE '' END) AS body
  FROM pg_sequences
  WHERE schemaname = 'public'
    AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = quote_ident(sequencename)::regclass AND deptype = 'i')`,
  `SELECT 'FUNCTION ' || oid::regprocedure::text AS head, '~~' || proname AS name, 4 AS place,
    E'\n' || btrim(coalesce(pg_get_function_sqlbody(oid), prosrc)) AS body
  FROM pg_proc
  WHERE pronamespace = 'public'::regnamespace`,
];

/** The public schema of a database as text, without its partitions: tables with their columns, constraints and indexes, then sequences and functions. */
export async function schemaOf(client: pg.Client): Promise<string> {
  const lines: { name: string; place: number; text: string }[] = [];
  for (const statement of STATEMENTS) {
    const { rows } = await client.query<{ head: string; name: string; place: number; body: string }>(statement);
    lines.push(...rows.map(({ head, name, place, body }) => ({ name, place, text: head + body })));
  }
  const order = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
  lines.sort((a, b) => order(a.name, b.name) || a.place - b.place || order(a.text, b.text));
  return `${lines.map(({ text }) => text).join('\n')}\n`;
}
