BEGIN TRANSACTION;
CREATE TABLE context (
    -- A row per context measured.
    id integer primary key,
    context text,
    unique (context)
);
INSERT INTO "context" VALUES(1,'');
CREATE TABLE coverage_schema (
    -- One row, to record the version of the schema in this db.
    version integer
);
INSERT INTO "coverage_schema" VALUES(7);
CREATE TABLE file (
    -- A row per file measured.
    id integer primary key,
    path text,
    unique (path)
);
INSERT INTO "file" VALUES(1,'/app/main.py');
INSERT INTO "file" VALUES(2,'/app/acme/__init__.py');
INSERT INTO "file" VALUES(3,'/app/acme/till.py');
CREATE TABLE line_bits (
    -- If recording lines, a row per context per file executed.
    -- All of the line numbers for that file/context are in one numbits.
    file_id integer,            -- foreign key to `file`.
    context_id integer,         -- foreign key to `context`.
    numbits blob,               -- see the numbits functions in coverage.numbits
    foreign key (file_id) references file (id),
    foreign key (context_id) references context (id),
    unique (file_id, context_id)
);
INSERT INTO "line_bits" VALUES(1,1,X'3E');
INSERT INTO "line_bits" VALUES(2,1,X'01');
INSERT INTO "line_bits" VALUES(3,1,X'02');
CREATE TABLE meta (
    -- Key-value pairs, to record metadata about the data
    key text,
    value text,
    unique (key)
    -- Possible keys:
    --  'has_arcs' boolean      -- Is this data recording branches?
    --  'sys_argv' text         -- The coverage command line that recorded the data.
    --  'version' text          -- The version of coverage.py that made the file.
    --  'when' text             -- Datetime when the file was created.
    --  'hash' text             -- Hash of the data.
);
INSERT INTO "meta" VALUES('version','7.17.5');
INSERT INTO "meta" VALUES('has_arcs','0');
CREATE TABLE tracer (
    -- A row per file indicating the tracer used for that file.
    file_id integer primary key,
    tracer text,
    foreign key (file_id) references file (id)
);
COMMIT;
