-- The table of the database endpoints: a million rows, each of which follows from its id, as targets/shared/database/rows.py says.
-- For a PostgreSQL of your own (`--postgres DSN`): psql DSN -f targets/backends/rows.sql
CREATE TABLE test AS
SELECT
    id::integer AS id,
    lpad(id::text, 10, '0') AS a,
    translate(left(md5(id::text), 20), '0123456789abcdef', 'abcdefghijklmnop') AS b
FROM generate_series(1, 1000000) AS id;
ALTER TABLE test ADD PRIMARY KEY (id);
-- So that reading writes nothing: the hints are there, and every page is known to be visible to all.
VACUUM (FREEZE, ANALYZE) test;
